//! Where a cart is taken to go.

use commerce_api::{Problem, query::Query};
use commerce_domain::Destination;

use crate::request::Call;

/// The place that the query of `GET /cart` names by `country`, `state` and `zip`; the shop's default where it names none.
///
/// # Errors
/// A 400 where the country is no code, or missing beside the others.
pub(super) fn named_by<P>(call: &Call<'_, P>) -> Result<Destination, Problem> {
    let query = Query::parse(call.query())?;
    let (state, zip) = (query.one("state")?, query.one("zip")?);
    match query.one("country")? {
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Ok(Destination::new(code, state, zip))
        }
        Some(_) => Err(Problem::invalid("country", "must be two capital letters (ISO 3166-1)")),
        None if state.is_some() || zip.is_some() => {
            Err(Problem::invalid("country", "is required beside state and zip"))
        }
        None => Ok(call.config.pricing.default_destination().clone()),
    }
}
