//! Wiring, and serving.

use std::{process::ExitCode, time::Duration};

use commerce_aws::{AwsClient, TransportError};
use lambda_http::tower::ServiceBuilder;
use origin_core::{Assembled, Backend, Parts, hooks::NoHooks, payments::GatewayError};
use origin_dynamo::{DynamoCarts, DynamoStock};
use origin_gateways::{JwksVerifier, ReqwestClient, Stripe, System, SystemClock, SystemEntropy, SystemTimer, UserInfo};
use origin_http::{Settings, router};
use origin_postgres::{Database, DatabaseError};
use tracing_subscriber::EnvFilter;

use crate::{Config, ConfigError, caller::with_caller};

/// How long a call of the issuer may take. One of DynamoDB ends sooner, by the client's retry policy.
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
        timer: SystemTimer,
        database: Database::new(&config.database)?,
        stock: DynamoStock::new(client.clone(), config.inventory_table),
        carts: DynamoCarts::new(client, config.carts_table),
        gateway: Stripe::new(config.stripe)?,
        tokens: JwksVerifier::new(http, SystemClock, config.jwks_url, config.tokens),
        profiles: UserInfo::new(config.user_info_url)?,
        hooks: NoHooks,
        pricing: config.pricing,
    }))
}

#[cfg(test)]
mod tests {
    use commerce_aws::{Credentials, RetryPolicy};
    use commerce_domain::VariantId;
    use http::Uri;
    use origin_core::{checkout::CartStore, inventory::ReadStock};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Where the first connection is never answered, and the others are told that there is nothing.
    async fn stalls_once() -> Uri {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let _stalled = listener.accept().await.unwrap();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await.unwrap();
            }
        });
        uri
    }

    async fn client() -> AwsClient<System> {
        let http = ReqwestClient::new(CALL_TIMEOUT).unwrap();
        AwsClient::new(System::new(http), Credentials::new("id", "secret"), "eu-west-1", Some(stalls_once().await))
    }

    #[tokio::test]
    async fn a_read_of_dynamodb_that_stalls_is_repeated_and_answered() {
        let carts = DynamoCarts::new(client().await, "carts");
        let stock = DynamoStock::new(client().await, "stock");
        let variants: [VariantId; 1] = ["var_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap()];
        let read_cart = tokio::time::timeout(RetryPolicy::default().budget, carts.read_cart("user_1"));
        let read_stock = tokio::time::timeout(CALL_TIMEOUT, stock.read_stock(&variants));
        let (cart, levels) = tokio::join!(read_cart, read_stock);
        assert_eq!(cart.expect("should end within the budget").unwrap(), None);
        assert_eq!(levels.expect("should end before the first attempt would time out by itself").unwrap(), []);
    }
}
