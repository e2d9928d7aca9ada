//! Errors of statements, and what they mean to the use cases.

use origin_core::StoreError;
use tokio_postgres::error::SqlState;

/// Why a transaction did not happen, or is not known to have happened.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement or the connection failed.
    #[error(transparent)]
    Sql(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The transaction found a reason not to happen, and was rolled back.
    #[error("called off")]
    CalledOff,
    /// The schema was brought up to date by a program with other migrations, which this one cannot add to; names the first that is not
    /// as it is here.
    #[error("its schema is of another version of this program: migration {0} is missing or differs")]
    OtherSchema(String),
    /// The rows make no sense.
    #[error("{0}")]
    Broken(String),
}

impl DbError {
    /// A row that cannot be what it says.
    #[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
    pub fn broken(cause: impl ToString) -> Self {
        Self::Broken(cause.to_string())
    }

    /// Whether the transaction lost against another one and may simply be repeated.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// Whether somebody else holds a lock that was not to be waited for.
    pub(crate) fn is_locked(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether this is the violation of the constraint or unique index of that name.
    pub fn violates(&self, constraint: &str) -> bool {
        let Self::Sql(error) = self else { return false };
        error.as_db_error().is_some_and(|error| error.constraint() == Some(constraint))
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Sql(error) => error.code(),
            _ => None,
        }
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        let unavailable = match &error {
            DbError::NoConnection(_) => true,
            DbError::Broken(_) | DbError::OtherSchema(_) | DbError::CalledOff => false,
            // No code: the connection failed. Classes 08, 40, 53, 57: it broke, lost a race, ran out of something, was stopped.
            DbError::Sql(error) => error
                .code()
                .is_none_or(|code| ["08", "40", "53", "57"].iter().any(|class| code.code().starts_with(class))),
        };
        let cause = match &error {
            DbError::Sql(sql) => {
                sql.as_db_error().map_or_else(|| full(sql), |db| format!("{}: {}", db.code().code(), db.message()))
            }
            other => other.to_string(),
        };
        if unavailable { Self::Unavailable(cause) } else { Self::Broken(cause) }
    }
}

/// The driver's text leaves the cause to `source`.
fn full(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
