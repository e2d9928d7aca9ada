//! Reading the counters of one variant.

use std::future::Future;

use commerce_domain::{ProductId, VariantId};

use super::{ReadStock, StockLevel};
use crate::StoreError;

/// Tells which variants a product has.
pub trait ListVariants: Send + Sync {
    /// The ids of the variants that are sold now, in the order they are shown; none for an unknown product.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_variants(&self, product: ProductId) -> impl Future<Output = Result<Vec<VariantId>, StoreError>> + Send;
}

/// What names a variant: its own id, or that of a product that has no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockSubject {
    /// The variant itself.
    Variant(VariantId),
    /// The only variant of this product.
    Product(ProductId),
}

/// Why no counters were found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindStockError {
    /// There is no such product or variant.
    #[error("no such product or variant")]
    NotFound,
    /// The product has several variants.
    #[error("the product has several variants")]
    VariantRequired,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The counters of the variant that `subject` names.
///
/// # Errors
/// [`FindStockError`].
pub async fn find_stock<D: ListVariants, S: ReadStock>(
    database: &D,
    stock: &S,
    subject: StockSubject,
) -> Result<StockLevel, FindStockError> {
    let variant = match subject {
        StockSubject::Variant(variant) => variant,
        StockSubject::Product(product) => match database.list_variants(product).await?.as_slice() {
            [] => return Err(FindStockError::NotFound),
            [only] => *only,
            _ => return Err(FindStockError::VariantRequired),
        },
    };
    stock.read_stock(&[variant]).await?.into_iter().next().ok_or(FindStockError::NotFound)
}
