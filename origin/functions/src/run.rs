//! What every function begins and ends with.

use std::process::ExitCode;

use commerce_aws::TransportError;
use origin_core::payments::GatewayError;
use origin_postgres::DatabaseError;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    prelude::*,
};

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
    let lines = fmt::layer().json().with_current_span(false).without_time();
    tracing_subscriber::registry().with(lines).with(levels(variable("RUST_LOG"))).init();
    match function.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function does not run");
            ExitCode::FAILURE
        }
    }
}

/// What is logged, by `RUST_LOG`: levels of targets, as in `warn,origin_http=debug`. Filters of spans and fields are not taken: they
/// would bring an engine for regular expressions into each function.
fn levels(wanted: Option<String>) -> Targets {
    let wanted = wanted.filter(|levels| !levels.is_empty()).and_then(|levels| levels.parse().ok());
    wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

/// A variable of the process.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn what_is_logged_follows_the_environment_and_is_info_without_it() {
        for unusable in [None, Some(String::new()), Some("origin_http=loud".to_owned())] {
            let levels = levels(unusable);
            assert!(levels.would_enable("origin_http", &Level::INFO));
            assert!(!levels.would_enable("origin_http", &Level::DEBUG));
        }
        let levels = levels(Some("warn,origin_http=debug".to_owned()));
        assert!(levels.would_enable("origin_http::router", &Level::DEBUG));
        assert!(!levels.would_enable("origin_core", &Level::INFO));
    }
}
