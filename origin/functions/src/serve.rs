//! Wiring, and serving.

use std::{process::ExitCode, time::Duration};

use commerce_aws::{AwsClient, TransportError};
use lambda_http::tower::ServiceBuilder;
use origin_core::{Assembled, Backend, Parts, hooks::NoHooks, payments::GatewayError};
use origin_dynamo::{DynamoCarts, DynamoStock};
use origin_gateways::{JwksVerifier, ReqwestClient, Stripe, System, SystemClock, SystemEntropy};
use origin_http::{Settings, router};
use origin_postgres::{Database, DatabaseError};
use tracing_subscriber::EnvFilter;

use crate::{Config, ConfigError, caller::with_caller};

/// How long a call of DynamoDB or of the issuer may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a function does not serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
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

/// Serves the origin to the Lambda runtime, until that ends. Why it does not serve is one line of the log.
pub async fn serve() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).without_time().init();
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function does not serve");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), ServeError> {
    let config = Config::from_environment()?;
    let settings = Settings { caller: config.caller.clone() };
    let router = router(backend(config)?, settings);
    let service = ServiceBuilder::new().map_request(with_caller).service(router);
    lambda_http::run(service).await.map_err(ServeError::Runtime)
}

/// The real adapters. Nothing is connected to before the first request needs it.
fn backend(config: Config) -> Result<impl Backend, ServeError> {
    let http = ReqwestClient::new(CALL_TIMEOUT)?;
    let client = AwsClient::new(System::new(http.clone()), config.credentials, config.region, config.dynamodb_endpoint);
    Ok(Assembled::new(Parts {
        clock: SystemClock,
        entropy: SystemEntropy,
        database: Database::new(&config.database)?,
        stock: DynamoStock::new(client.clone(), config.inventory_table),
        carts: DynamoCarts::new(client, config.carts_table),
        gateway: Stripe::new(config.stripe)?,
        tokens: JwksVerifier::new(http, SystemClock, config.jwks_url, config.tokens),
        hooks: NoHooks,
        pricing: config.pricing,
    }))
}
