//! Creating, changing and deleting single products.

mod change;
mod create;
mod once;
mod validate;

pub use change::{ExpectedVersion, change_product, delete_product};
use commerce_api::problem::FieldError;
pub use create::create_product;
pub use once::{ProductRequest, write_once};

use crate::{
    StoreError,
    error::from_interrupted,
    hooks::Stopped,
    idempotency::{ClaimEnd, ClaimRefused, EndsClaim},
};

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
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed. The request can be repeated under its key.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(WriteProductError);

impl EndsClaim for WriteProductError {
    fn claim_end(&self) -> ClaimEnd {
        match self {
            // The claim has another owner by now, or will have one.
            Self::Claim(_) | Self::Stopped(_) => ClaimEnd::Lapses,
            Self::Store(_) => ClaimEnd::Resumable,
            Self::Invalid(_) | Self::SoldBeyond(_) | Self::NotFound | Self::VersionMismatch => ClaimEnd::Forgotten,
        }
    }
}

impl WriteProductError {
    fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }
}
