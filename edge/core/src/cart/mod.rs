//! The cart calls. A mutation is one round trip to DynamoDB; nothing is read before it is written.

mod condition;
mod destination;
mod expression;
mod idempotency;
mod line;
mod refusal;
mod store;
mod trim;

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    cart::{AddItemRequest, CartChangedResponse, CartResponse, UpdateItemRequest},
    headers::IDEMPOTENT_REPLAYED,
    json::parse_body,
};
use commerce_aws::cart_table::StoredCart;
use commerce_domain::{Destination, MoneyError, PriceError, Quantity, VariantId};
use http::{HeaderValue, Response, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::{guard, platform::Platform, reply, request::Call};
use condition::IfMatch;
use expression::{Change, Mutation};
use idempotency::RequestKey;
use store::{CartStore, Outcome};

/// `GET /v1/cart`. Reads consistently; a shopper who never filled a cart has an empty one. The totals are those of the place
/// that the query names.
pub(crate) async fn get_cart<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let (owner, to) = (owner(call)?, destination::named_by(call)?);
    match CartStore::open(call).await?.load(owner).await? {
        Some(stored) => cart_response(call, stored, &to, |cart| cart),
        None => Ok(private(reply::json(StatusCode::OK, &CartResponse::empty(owner, &to, &call.config.pricing))?)),
    }
}

/// `POST /v1/cart/items`: adds to the line, and makes the cart if there is none.
pub(crate) async fn add_item<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let body: AddItemRequest = body(call)?;
    let quantity = quantity(body.quantity)?;
    let key = RequestKey::of(call)?;
    let if_match = IfMatch::of(call.headers())?;
    let store = CartStore::open(call).await?;
    let outcome = match line::for_sale(call, &body.product_id, body.variant_id.as_deref(), "productId").await {
        Ok(line) => store.apply(&mutation(call, Change::Add { line, quantity }, if_match, key)?).await?,
        // A request that was made before must not be refused for what has happened since.
        Err(problem) => store.replay_or(owner(call)?, key.as_ref(), problem).await?,
    };
    let is_replay = matches!(outcome, Outcome::Replayed(_));
    let mut response = changed(call, outcome.into_stored(), "Item added to cart")?;
    if is_replay {
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `PUT /v1/cart/items/{productId}`: sets the line.
pub(crate) async fn update_item<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let body: UpdateItemRequest = body(call)?;
    let quantity = quantity(body.quantity)?;
    let if_match = IfMatch::of(call.headers())?;
    let line = line::for_sale(call, call.parameter, body.variant_id.as_deref(), "variantId").await?;
    let change = Change::Set { line, quantity };
    let outcome = CartStore::open(call).await?.apply(&mutation(call, change, if_match, None)?).await?;
    changed(call, outcome.into_stored(), "Cart updated")
}

/// `DELETE /v1/cart/items/{productId}`: takes the line out.
pub(crate) async fn remove_item<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let if_match = IfMatch::of(call.headers())?;
    let store = CartStore::open(call).await?;
    let variant_id = match call.parameter.parse::<VariantId>() {
        Ok(variant_id) => variant_id,
        Err(_) => line::only_variant(call, &store, owner(call)?).await?,
    };
    let outcome = store.apply(&mutation(call, Change::Remove { variant_id }, if_match, None)?).await?;
    let mut response = private(reply::empty(StatusCode::NO_CONTENT));
    insert_etag(&mut response, &outcome.into_stored());
    Ok(response)
}

/// `DELETE /v1/cart`: ends this life of the cart. That there was none is no error, as `GET` has one for everybody
/// (`docs/decisions/0018`).
pub(crate) async fn delete_cart<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let if_match = IfMatch::of(call.headers())?;
    CartStore::open(call).await?.delete(owner(call)?, if_match.as_ref()).await?;
    Ok(private(reply::empty(StatusCode::NO_CONTENT)))
}

fn owner<'a, P>(call: &'a Call<'_, P>) -> Result<&'a str, Problem> {
    let caller = call.caller.as_ref().ok_or_else(|| Problem::internal("a cart route without a caller"))?;
    Ok(&caller.principal.subject)
}

fn body<P, T: DeserializeOwned>(call: &Call<'_, P>) -> Result<T, Problem> {
    guard::check_content_type(call.headers(), call.request.body())?;
    parse_body(call.request.body())
}

fn quantity(pieces: i64) -> Result<Quantity, Problem> {
    Quantity::new(pieces).map_err(|error| Problem::invalid("quantity", error.to_string()))
}

fn mutation<P: Platform>(
    call: &Call<'_, P>,
    change: Change,
    if_match: Option<IfMatch>,
    key: Option<RequestKey>,
) -> Result<Mutation, Problem> {
    Ok(Mutation { owner: owner(call)?.to_owned(), change, if_match, key, now: call.now })
}

fn changed<P: Platform>(call: &Call<'_, P>, stored: StoredCart, message: &str) -> Result<Response<Bytes>, Problem> {
    let to = call.config.pricing.default_destination();
    cart_response(call, stored, to, |cart| CartChangedResponse { cart, message: message.to_owned() })
}

fn cart_response<P: Platform, T: serde::Serialize>(
    call: &Call<'_, P>,
    stored: StoredCart,
    to: &Destination,
    body: impl FnOnce(CartResponse) -> T,
) -> Result<Response<Bytes>, Problem> {
    let etag = etag(&stored);
    let cart = stored.into_cart().map_err(Problem::internal)?;
    let cart = CartResponse::estimate(&cart, to, &call.config.pricing).map_err(unpriceable)?;
    let mut response = private(reply::json(StatusCode::OK, &body(cart))?);
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Additions keep a cart within what can be priced, until the shop begins to sell in another currency.
fn unpriceable(error: PriceError) -> Problem {
    match error {
        PriceError::Money(MoneyError::CurrencyMismatch) => {
            Problem::new(ProblemCode::Conflict, "The cart is in a currency that the shop no longer sells in: empty it")
        }
        PriceError::NotServed => {
            let code = ProblemCode::ShippingNotAvailable;
            Problem::new(code, code.title()).with_field("country", "nothing is shipped to this place")
        }
        other => Problem::internal(other),
    }
}

/// A cart is nobody else's business, and no proxy may rewrite it.
fn private(mut response: Response<Bytes>) -> Response<Bytes> {
    let value = HeaderValue::from_static("private, no-store, no-transform");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

fn insert_etag(response: &mut Response<Bytes>, stored: &StoredCart) {
    if let Some(etag) = etag(stored) {
        response.headers_mut().insert(header::ETAG, etag);
    }
}

/// The entity tag of this state of the cart, for If-Match only: `"<cart id>.<version>"`, quotes included.
fn etag(stored: &StoredCart) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{}.{}\"", stored.cart_id, stored.version)).ok()
}
