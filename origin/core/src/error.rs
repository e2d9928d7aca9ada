//! What can go wrong below a use case.

use crate::hooks::Stopped;

/// A store did not do what it was asked. The use case decides what that means; it never reaches a client as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store could not be reached, was too busy, or its answer was lost: the write may or may not have happened, and
    /// a repetition may succeed.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// What was read or asked makes no sense; a repetition will not help.
    #[error("store refused: {0}")]
    Broken(String),
}

impl StoreError {
    /// The store cannot be used now.
    #[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
    pub fn unavailable(cause: impl ToString) -> Self {
        Self::Unavailable(cause.to_string())
    }

    /// The store holds or was given nonsense.
    #[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
    pub fn broken(cause: impl ToString) -> Self {
        Self::Broken(cause.to_string())
    }
}

/// Why something that answers nobody did not come to its end. It can be run again from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Interrupted {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Takes an [`Interrupted`] apart into the error's own `Store` and `Stopped`.
macro_rules! from_interrupted {
    ($Error:ident) => {
        impl From<$crate::Interrupted> for $Error {
            fn from(interrupted: $crate::Interrupted) -> Self {
                match interrupted {
                    $crate::Interrupted::Store(error) => Self::Store(error),
                    $crate::Interrupted::Stopped(stopped) => Self::Stopped(stopped),
                }
            }
        }
    };
}
pub(crate) use from_interrupted;
