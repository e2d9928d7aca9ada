//! Why a stack does not start, each in one line that a person can act on.

use std::{io, path::PathBuf};

use commerce_api::pricing::RulesDocumentError;
use commerce_aws::AwsError;
use origin_core::{StoreError, catalog::carry::CarryError};
use test_support::{PgError, dynamo::DynamoError, issuer::IssuerError};

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The document of the pricing rules is of no use.
    #[error("PRICING_RULES is not valid: {0}")]
    Rules(#[from] RulesDocumentError),
    /// PostgreSQL is missing or does not start.
    #[error(transparent)]
    Postgres(#[from] PgError),
    /// A fresh start was asked for, and the database is not ours to empty.
    #[error("--fresh does not empty a database that was given: drop what is in it yourself, or unset DATABASE_URL")]
    FreshOnGiven,
    /// The database cannot be used.
    #[error("the database cannot be used: {0}")]
    Database(String),
    /// DynamoDB does not start.
    #[error(transparent)]
    Dynamo(#[from] DynamoError),
    /// DynamoDB's tables cannot be made.
    #[error("DynamoDB's tables cannot be made: {0}")]
    Tables(AwsError),
    /// The issuer does not start.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A server's port cannot be had.
    #[error("the {part} cannot listen: {cause}")]
    Listen {
        /// Which server.
        part: &'static str,
        /// Why.
        cause: io::Error,
    },
    /// A part cannot be configured.
    #[error("the {part} cannot be set up: {cause}")]
    Part {
        /// Which one.
        part: &'static str,
        /// Why.
        cause: String,
    },
    /// What is kept between runs cannot be read or written.
    #[error("{path}: {cause}", path = path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The catalog does not go in.
    #[error("the catalog cannot be loaded: {0}")]
    Catalog(String),
}

impl StackError {
    pub(crate) fn state(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |cause| Self::State { path, cause }
    }

    pub(crate) fn listen(part: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Listen { part, cause }
    }

    pub(crate) fn part<E: ToString>(part: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Part { part, cause: cause.to_string() }
    }
}

impl From<CarryError> for StackError {
    fn from(error: CarryError) -> Self {
        Self::Catalog(error.to_string())
    }
}

impl From<StoreError> for StackError {
    fn from(error: StoreError) -> Self {
        Self::Catalog(error.to_string())
    }
}
