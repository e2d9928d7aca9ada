//! Creating, changing and deleting single products.

mod change;
mod create;
mod validate;

pub use change::{ExpectedVersion, change_product, delete_product};
use commerce_api::problem::FieldError;
pub use create::create_product;

use crate::StoreError;

/// Why a product was not created, changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteProductError {
    /// The request asks for what cannot be; every bad field is named.
    #[error("invalid fields: {}", .0.iter().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// More is sold beyond the stock than new limits allow; nothing was changed.
    #[error("sold beyond the new limits: {}", .0.iter().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", "))]
    SoldBeyond(Vec<FieldError>),
    /// There is no such product.
    #[error("no such product")]
    NotFound,
    /// The product has another version than the caller expects.
    #[error("the product has another version")]
    VersionMismatch,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteProductError {
    fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }
}
