//! `If-Match` on a cart (RFC 9110, section 13.1.1): the state that a mutation may begin from.

use commerce_api::Problem;
use commerce_aws::cart_table::StoredCart;
use commerce_domain::CartId;
use http::{HeaderMap, header};

use crate::guard;

/// The most tags that one header may list.
const MAX_TAGS: usize = 8;

/// The states that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Any, as long as there is a cart.
    Any,
    /// One of these. Empty where the tags can be no cart's, so that none matches.
    States(Vec<(CartId, u64)>),
}

impl IfMatch {
    /// The header, if there is one. Weak tags never match, as the comparison is a strong one.
    ///
    /// # Errors
    /// A 400 where the header lists too many tags, or is not visible ASCII.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(list) = guard::list(headers, &header::IF_MATCH, "If-Match")? else { return Ok(None) };
        if list.trim() == "*" {
            return Ok(Some(Self::Any));
        }
        let tags: Vec<_> = list.split(',').map(str::trim).collect();
        if tags.len() > MAX_TAGS {
            return Err(Problem::invalid("If-Match", format!("may list {MAX_TAGS} tags")));
        }
        Ok(Some(Self::States(tags.into_iter().filter_map(state).collect())))
    }

    /// Whether the cart is in a state that the request names.
    pub(super) fn holds(&self, cart: &StoredCart) -> bool {
        match self {
            Self::Any => true,
            Self::States(states) => {
                states.iter().any(|(id, version)| *version == cart.version && id.to_string() == cart.cart_id)
            }
        }
    }
}

/// What `"<cart id>.<version>"` stands for.
fn state(tag: &str) -> Option<(CartId, u64)> {
    let (id, version) = tag.strip_prefix('"')?.strip_suffix('"')?.split_once('.')?;
    let number: u64 = version.parse().ok()?;
    // "07" and "+7" are other tags than "7".
    (number.to_string() == version).then_some((id.parse().ok()?, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "cart_01h4vjdvzefw18zfwz5dxw5y8g";

    fn parse(value: &str) -> Option<IfMatch> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, value.parse().unwrap());
        IfMatch::of(&headers).unwrap()
    }

    #[test]
    fn tags_of_carts_are_read_and_others_match_nothing() {
        assert_eq!(IfMatch::of(&HeaderMap::new()).unwrap(), None);
        assert_eq!(parse(" * "), Some(IfMatch::Any));
        let states = IfMatch::States(vec![(ID.parse().unwrap(), 7), (ID.parse().unwrap(), 8)]);
        assert_eq!(parse(&format!("\"{ID}.7\", \"other\" ,\"{ID}.8\"")), Some(states));
        for none in [&format!("W/\"{ID}.7\""), &format!("{ID}.7"), "\"x.7\"", &format!("\"{ID}.+7\""), ""] {
            assert_eq!(parse(none), Some(IfMatch::States(vec![])), "{none}");
        }
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, "\"a\",".repeat(9).parse().unwrap());
        assert!(IfMatch::of(&headers).is_err());
    }
}
