//! Changes of the catalog under an Idempotency-Key.

use std::future::Future;

use commerce_api::Route;
use commerce_auth::Principal;
use commerce_domain::{Product, ProductId};

use super::WriteProductError;
use crate::{
    Backend, StoreError,
    catalog::ports::{StoredProduct, WriteCatalog as _},
    customers::known_customer,
    idempotency::{Answer, Ended, Hash, HeldClaim, IdempotencyKey, KeyedRequest, StoredAnswer, once_holding},
};

/// A request to create, change or delete a product.
#[derive(Debug, Clone, Copy)]
pub struct ProductRequest<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The route.
    pub route: Route,
    /// The key that the client gave to the request.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
}

/// Runs a change unless an earlier request with the key was answered. The change is given the claim, so that it has its effect
/// once even where a process dies between the effect and the answer.
///
/// # Errors
/// [`WriteProductError`].
pub async fn write_once<B, F>(
    backend: &B,
    request: &ProductRequest<'_>,
    change: impl FnOnce(Option<HeldClaim>) -> F + Send,
) -> Result<Answer, WriteProductError>
where
    B: Backend,
    F: Future<Output = Result<StoredAnswer, WriteProductError>> + Send,
{
    let customer = known_customer(backend, request.principal).await?;
    let ProductRequest { route, key, request_hash, .. } = *request;
    let keyed = KeyedRequest { customer, route, key, request_hash };
    once_holding(backend, &keyed, |claim| async {
        let answer = change(claim).await?;
        Ok(Ended { answer, kept: true })
    })
    .await
}

/// What an earlier owner of the claim has made or changed.
pub(super) fn done_before(claim: Option<&HeldClaim>) -> Option<ProductId> {
    claim.and_then(|claim| claim.product)
}

/// The product as the store has it.
pub(super) async fn load<B: Backend>(backend: &B, id: ProductId) -> Result<Option<StoredProduct>, StoreError> {
    backend.database().load_product(id).await
}

/// The product, if it is there.
pub(super) async fn load_whole<B: Backend>(backend: &B, id: ProductId) -> Result<Product, WriteProductError> {
    load(backend, id).await?.map(Product::from).ok_or(WriteProductError::NotFound)
}
