//! What every function begins and ends with.

use std::process::ExitCode;

use commerce_aws::TransportError;
use origin_core::payments::GatewayError;
use origin_postgres::DatabaseError;
use tracing_subscriber::EnvFilter;

use crate::ConfigError;

/// Why a function does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The environment is not complete.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be used as configured.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is no usable TLS for calls to AWS and to the issuer.
    #[error("HTTP client: {0}")]
    Http(#[from] TransportError),
    /// There is no usable TLS for calls to the payment provider.
    #[error("payment gateway: {0}")]
    Gateway(#[from] GatewayError),
    /// The Lambda runtime ended.
    #[error("Lambda runtime: {0}")]
    Runtime(lambda_http::Error),
}

/// Runs a function until the Lambda runtime ends. Why it does not run is one line of the log.
pub(crate) async fn run(function: impl Future<Output = Result<(), RunError>>) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).without_time().init();
    match function.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function does not run");
            ExitCode::FAILURE
        }
    }
}

/// A variable of the process.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
