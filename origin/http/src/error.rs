//! From what went wrong to the problem body.

use commerce_api::{Problem, ProblemCode};
use origin_core::{StoreError, inventory::FindStockError};

/// Whatever a handler can fail with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApiError {
    /// A refusal that is a problem body already.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// A store failed while the use case only read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stock was asked for.
    #[error(transparent)]
    FindStock(#[from] FindStockError),
}

/// Seconds after which a client may come back when a store is down or busy.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;

/// The problem body of an error. The only place where one becomes the other.
pub fn problem(error: ApiError) -> Problem {
    match error {
        ApiError::Problem(problem) => problem,
        ApiError::Store(error) => store(&error),
        ApiError::FindStock(error) => find_stock(&error),
    }
}

fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(cause) => Problem::unavailable(RETRY_AFTER_SECONDS, cause),
        StoreError::Broken(cause) => {
            Problem::new(ProblemCode::InternalError, "An unexpected error occurred").with_cause(cause)
        }
    }
}

fn find_stock(error: &FindStockError) -> Problem {
    match error {
        FindStockError::NotFound => Problem::not_found("Stock"),
        FindStockError::VariantRequired => {
            Problem::new(ProblemCode::VariantRequired, "The product has several variants: name one")
        }
        FindStockError::Store(error) => store(error),
    }
}
