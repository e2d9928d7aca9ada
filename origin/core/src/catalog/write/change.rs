//! Changing and deleting a product, by compare-and-swap on its version.

use commerce_api::{problem::FieldError, product::UpdateProductRequest};
use commerce_domain::{Clock as _, EventId, Product, ProductId, VariantId};

use super::{
    WriteProductError,
    once::{done_before, load, load_whole},
    validate,
};
use crate::{
    Backend, StoreError,
    catalog::ports::{ProductChange, SaveOutcome, StoredProduct, WriteCatalog as _},
    hooks::{HookPoint, Hooks as _},
    idempotency::{ClaimRefused, HeldClaim},
    inventory::{BackorderLimit, LimitOutcome, SetLimits, settle_limits},
};

/// A change that did not expect a version is tried again this often when others are faster.
const MAX_TRIES: u32 = 5;

/// What a caller says of the version it has seen (`If-Match`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Nothing: any version will do.
    Any,
    /// It is one of these.
    OneOf(Vec<u64>),
}

impl ExpectedVersion {
    fn allows(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

/// Changes what the request names and answers the product as it is then, whether shoppers see it or not; unless an earlier owner
/// of the request's claim has.
///
/// A limit of what may be sold beyond the stock is changed on the counter first, which refuses it where more is sold already;
/// then nothing changes. In the end counter and database say the same.
///
/// # Errors
/// [`WriteProductError`].
pub async fn change_product<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
    id: ProductId,
    expected: &ExpectedVersion,
    request: &UpdateProductRequest,
) -> Result<Product, WriteProductError> {
    if done_before(claim).is_some() {
        let product = load_whole(backend, id).await?;
        let variants: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
        settle_limits(backend.database(), backend.stock(), &variants).await?;
        return Ok(product);
    }
    let event = EventId::generate(backend.clock(), backend.entropy());
    for _ in 0..MAX_TRIES {
        match try_change(backend, claim, id, expected, request, event).await? {
            SaveOutcome::Saved => return load_whole(backend, id).await,
            SaveOutcome::UnknownCategory => return Err(WriteProductError::field("categoryId", "no such category")),
            SaveOutcome::ClaimLost => return Err(ClaimRefused::InProgress.into()),
            SaveOutcome::Overtaken => {}
        }
    }
    Err(StoreError::unavailable("others kept changing the product").into())
}

async fn try_change<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
    id: ProductId,
    expected: &ExpectedVersion,
    request: &UpdateProductRequest,
    event: EventId,
) -> Result<SaveOutcome, WriteProductError> {
    let (database, stock) = (backend.database(), backend.stock());
    let stored = known(backend, id, expected).await?;
    let change = validate::change(request, &stored)?;
    let saved = match set_limits(stock, &change).await {
        Ok(()) => {
            let now = backend.clock().now();
            let saved = database.save_product(id, stored.version, &change, claim, event, now).await;
            backend.hooks().reached(HookPoint::AfterProduct).await?;
            saved.map_err(WriteProductError::from)
        }
        Err(error) => Err(error),
    };
    // Also after a failure: a limit that was set by then goes back to what the database says.
    let limited = change.variants.iter().filter(|variant| variant.backorder_limit.is_some());
    let limited: Vec<VariantId> = limited.map(|variant| variant.id).collect();
    let settled = settle_limits(database, stock, &limited).await;
    let saved = saved?;
    if saved == SaveOutcome::Saved {
        settled?;
    }
    Ok(saved)
}

/// Takes the product out of the shop, unless an earlier owner of the request's claim has.
///
/// # Errors
/// [`WriteProductError`].
pub async fn delete_product<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<(), WriteProductError> {
    if done_before(claim).is_some() {
        return Ok(());
    }
    let event = EventId::generate(backend.clock(), backend.entropy());
    for _ in 0..MAX_TRIES {
        let version = known(backend, id, expected).await?.version;
        let now = backend.clock().now();
        match backend.database().delete_product(id, Some(version), claim, event, now).await? {
            SaveOutcome::Saved => {
                backend.hooks().reached(HookPoint::AfterProduct).await?;
                return Ok(());
            }
            SaveOutcome::ClaimLost => return Err(ClaimRefused::InProgress.into()),
            SaveOutcome::Overtaken | SaveOutcome::UnknownCategory => {}
        }
    }
    Err(StoreError::unavailable("others kept changing the product").into())
}

async fn known<B: Backend>(
    backend: &B,
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<StoredProduct, WriteProductError> {
    let stored = load(backend, id).await?.ok_or(WriteProductError::NotFound)?;
    if expected.allows(stored.version) { Ok(stored) } else { Err(WriteProductError::VersionMismatch) }
}

/// Gives the counters the limits that the change names.
async fn set_limits<S: SetLimits>(stock: &S, change: &ProductChange) -> Result<(), WriteProductError> {
    let named = change.variants.iter().enumerate().filter_map(|(place, variant)| {
        let limit = variant.backorder_limit?;
        Some((place, BackorderLimit { variant_id: variant.id, limit }))
    });
    let (places, limits): (Vec<usize>, Vec<BackorderLimit>) = named.unzip();
    if limits.is_empty() {
        return Ok(());
    }
    let outcomes = places.into_iter().zip(stock.set_limits(&limits).await?);
    let kept = outcomes.filter_map(|(place, outcome)| match outcome {
        LimitOutcome::Kept { sold_beyond, .. } => Some(FieldError {
            field: format!("variants[{place}].backorderLimit"),
            message: format!("is too low: {sold_beyond} are sold beyond the stock"),
        }),
        LimitOutcome::Set | LimitOutcome::NoCounter => None,
    });
    let kept: Vec<FieldError> = kept.collect();
    if kept.is_empty() { Ok(()) } else { Err(WriteProductError::SoldBeyond(kept)) }
}
