//! Changing and deleting a product, by compare-and-swap on its version.

use commerce_api::{problem::FieldError, product::UpdateProductRequest};
use commerce_domain::{Clock, Entropy, EventId, Product, ProductId, VariantId};

use super::{WriteProductError, validate};
use crate::{
    StoreError,
    catalog::ports::{ProductChange, SaveOutcome, StoredProduct, WriteCatalog},
    inventory::{BackorderLimit, KeepLimits, LimitOutcome, SetLimits, settle_limits},
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

/// Changes what the request names and answers the product as it is then, whether shoppers see it or not.
///
/// A limit of what may be sold beyond the stock is changed on the counter first, which refuses it where more is sold already;
/// then nothing changes. In the end counter and database say the same.
///
/// # Errors
/// [`WriteProductError`].
pub async fn change_product<D: WriteCatalog + KeepLimits, S: SetLimits>(
    database: &D,
    stock: &S,
    clock: &(impl Clock + Sync),
    entropy: &(impl Entropy + Sync),
    id: ProductId,
    expected: &ExpectedVersion,
    request: &UpdateProductRequest,
) -> Result<Product, WriteProductError> {
    let event = EventId::generate(clock, entropy);
    for _ in 0..MAX_TRIES {
        let stored = known(database, id, expected).await?;
        let change = validate::change(request, &stored)?;
        let saved = match set_limits(stock, &change).await {
            Ok(()) => {
                let saved = database.save_product(id, stored.version, &change, event, clock.now()).await;
                saved.map_err(WriteProductError::from)
            }
            Err(error) => Err(error),
        };
        // Also after a failure: a limit that was set by then goes back to what the database says.
        let limited = change.variants.iter().filter(|variant| variant.backorder_limit.is_some());
        let limited: Vec<VariantId> = limited.map(|variant| variant.id).collect();
        let settled = settle_limits(database, stock, &limited).await;
        match saved? {
            SaveOutcome::Saved => {
                settled?;
                let stored = database.load_product(id).await?;
                return stored.map(Product::from).ok_or(WriteProductError::NotFound);
            }
            SaveOutcome::UnknownCategory => return Err(WriteProductError::field("categoryId", "no such category")),
            SaveOutcome::Overtaken => {}
        }
    }
    Err(StoreError::unavailable("others kept changing the product").into())
}

/// Takes the product out of the shop.
///
/// # Errors
/// [`WriteProductError`].
pub async fn delete_product<D: WriteCatalog>(
    database: &D,
    clock: &(impl Clock + Sync),
    entropy: &(impl Entropy + Sync),
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<(), WriteProductError> {
    let event = EventId::generate(clock, entropy);
    for _ in 0..MAX_TRIES {
        let version = known(database, id, expected).await?.version;
        if database.delete_product(id, Some(version), event, clock.now()).await? == SaveOutcome::Saved {
            return Ok(());
        }
    }
    Err(StoreError::unavailable("others kept changing the product").into())
}

async fn known<D: WriteCatalog>(
    database: &D,
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<StoredProduct, WriteProductError> {
    let stored = database.load_product(id).await?.ok_or(WriteProductError::NotFound)?;
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
