//! The real adapters behind the ports.

use origin_core::{Assembled, Backend, Parts, hooks::NoHooks, invoices::Papers};
use origin_dynamo::{DynamoCarts, DynamoStock};
use origin_events::SnsTopic;
use origin_gateways::{
    CarrierApi, Gateways, JwksVerifier, PayPal, Stripe, SystemClock, SystemEntropy, SystemTimer, UserInfo,
};
use origin_postgres::Database;

use crate::{Config, aws::http, run::RunError};

/// The backend of a function that works on the shop. Nothing is connected to before something needs it.
pub(crate) fn backend(config: Config) -> Result<impl Backend, RunError> {
    let http = http()?;
    let (dynamodb, sns) = (config.aws.dynamodb(&http), config.aws.sns(&http));
    Ok(Assembled::new(Parts {
        clock: SystemClock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database: Database::new(&config.database)?,
        stock: DynamoStock::new(dynamodb.clone(), config.inventory_table),
        carts: DynamoCarts::new(dynamodb, config.carts_table),
        gateway: Gateways {
            stripe: Stripe::new(config.stripe)?,
            paypal: config.paypal.map(|paypal| PayPal::new(paypal, SystemClock)).transpose()?,
        },
        carrier: config.carrier.map(CarrierApi::new).transpose()?,
        tokens: JwksVerifier::new(http, SystemClock, config.issuer.jwks_url, config.issuer.tokens),
        profiles: UserInfo::new(config.issuer.user_info_url)?,
        events: config.events_topic_arn.map(|topic| SnsTopic::new(sns, topic)),
        hooks: NoHooks,
        pricing: config.pricing,
        papers: Papers { seller: config.seller, print: None },
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::http::Uri;
    use commerce_aws::{AwsClient, Credentials, RetryPolicy};
    use commerce_domain::VariantId;
    use origin_core::{checkout::CartStore, inventory::ReadStock};
    use origin_gateways::System;
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
        AwsClient::new(
            System::new(http().unwrap()),
            Credentials::new("id", "secret"),
            "eu-west-1",
            Some(stalls_once().await),
        )
    }

    #[tokio::test]
    async fn a_read_of_dynamodb_that_stalls_is_repeated_and_answered() {
        let carts = DynamoCarts::new(client().await, "carts");
        let stock = DynamoStock::new(client().await, "stock");
        let variants: [VariantId; 1] = ["var_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap()];
        let read_cart = tokio::time::timeout(RetryPolicy::default().budget, carts.read_cart("user_1"));
        let read_stock = tokio::time::timeout(Duration::from_secs(5), stock.read_stock(&variants));
        let (cart, levels) = tokio::join!(read_cart, read_stock);
        assert_eq!(cart.expect("should end within the budget").unwrap(), None);
        assert_eq!(levels.expect("should end before the first attempt would time out by itself").unwrap(), []);
    }
}
