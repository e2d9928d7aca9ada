//! Changing and deleting a product, by compare-and-swap on its version.

use commerce_api::product::UpdateProductRequest;
use commerce_domain::{Clock, Product, ProductId};

use super::{WriteProductError, validate};
use crate::{
    StoreError,
    catalog::ports::{ProductSubject, ReadCatalog, SaveOutcome, WriteCatalog},
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

/// Changes what the request names and answers the product as it is then.
///
/// # Errors
/// [`WriteProductError`].
pub async fn change_product<D: ReadCatalog + WriteCatalog>(
    database: &D,
    clock: &(impl Clock + Sync),
    id: ProductId,
    expected: &ExpectedVersion,
    request: &UpdateProductRequest,
) -> Result<Product, WriteProductError> {
    for _ in 0..MAX_TRIES {
        let product = known(database, id, expected).await?;
        let change = validate::change(request, &product)?;
        match database.save_product(id, product.version, &change, clock.now()).await? {
            SaveOutcome::Saved => {
                let subject = ProductSubject::Product(id);
                return database.find_product(subject).await?.ok_or(WriteProductError::NotFound);
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
pub async fn delete_product<D: ReadCatalog + WriteCatalog>(
    database: &D,
    clock: &(impl Clock + Sync),
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<(), WriteProductError> {
    for _ in 0..MAX_TRIES {
        let product = known(database, id, expected).await?;
        if database.delete_product(id, Some(product.version), clock.now()).await? == SaveOutcome::Saved {
            return Ok(());
        }
    }
    Err(StoreError::unavailable("others kept changing the product").into())
}

async fn known<D: ReadCatalog>(
    database: &D,
    id: ProductId,
    expected: &ExpectedVersion,
) -> Result<Product, WriteProductError> {
    let product = database.find_product(ProductSubject::Product(id)).await?.ok_or(WriteProductError::NotFound)?;
    if expected.allows(product.version) { Ok(product) } else { Err(WriteProductError::VersionMismatch) }
}
