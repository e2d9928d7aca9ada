//! The origin's backend: the real adapters, and shoppers whose token is their name.

use std::time::Duration;

use commerce_aws::{AwsClient, Credentials};
use commerce_domain::{Clock, PricingRules};
use origin_core::{Assembled, Parts, hooks::Hooks, invoices::Papers};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE};
use origin_gateways::{
    CaptureMethod, CarrierApi, Gateways, PayPal, PayPalConfig, ReqwestClient, Secret, Stripe, StripeConfig, System,
    SystemEntropy, SystemTimer,
};
use origin_postgres::{Database, DatabaseSettings};
use test_support::{EventBus, NameTokens, NoProfiles, PayPalSettings, SystemClock};

use crate::lab::Failure;

/// The region that everything local pretends to be in.
pub(crate) const REGION: &str = "us-east-1";
/// What Stripe signs webhooks with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_race";
/// What PayPal calls its webhook.
pub(crate) const PAYPAL_WEBHOOK: &str = "WH-RACE";
/// Longer than anything takes here.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECTIONS: usize = 16;

/// Where everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lines {
    /// The URL of the database.
    pub(crate) database: String,
    /// The URL of DynamoDB.
    pub(crate) dynamodb: String,
    /// The URL of Stripe.
    pub(crate) payments: String,
    /// The URL of PayPal.
    pub(crate) paypal: String,
}

pub(crate) type RaceBackend<K, H> = Assembled<
    K,
    SystemEntropy,
    SystemTimer,
    Database,
    DynamoStock<System>,
    DynamoCarts<System>,
    Gateways<K>,
    CarrierApi,
    NameTokens,
    NoProfiles,
    EventBus,
    H,
>;

/// The edge's key pair. Good for nothing outside.
pub(crate) fn edge_keys() -> Credentials {
    Credentials::new("AKIARACE", "race-secret")
}

/// A client of the DynamoDB at that URL.
pub(crate) fn aws(dynamodb: &str) -> Result<AwsClient<System>, Failure> {
    let http = ReqwestClient::new(CALL_TIMEOUT).map_err(Failure::of)?;
    Ok(AwsClient::new(System::new(http), edge_keys(), REGION, Some(dynamodb.parse().map_err(Failure::of)?)))
}

pub(crate) fn database(url: &str) -> Result<Database, Failure> {
    let settings = DatabaseSettings {
        max_connections: CONNECTIONS,
        check_before_use: false,
        connect_timeout: CALL_TIMEOUT,
        statement_timeout: CALL_TIMEOUT,
        ..DatabaseSettings::new(url)
    };
    Database::new(&settings).map_err(Failure::of)
}

/// An origin with these stores, by this clock.
pub(crate) fn backend<K, H>(
    lines: &Lines,
    clock: K,
    hooks: H,
    capture: CaptureMethod,
) -> Result<RaceBackend<K, H>, Failure>
where
    K: Clock + Clone + Send + Sync + 'static,
    H: Hooks + 'static,
{
    let aws = aws(&lines.dynamodb)?;
    let stripe = Stripe::new(StripeConfig {
        base_url: lines.payments.clone(),
        secret_key: Secret::new(test_support::PaymentsConfig::default().api_key),
        return_url: "http://127.0.0.1:9/return".to_owned(),
        capture,
        webhook_secrets: vec![Secret::new(WEBHOOK_SECRET)],
    });
    let PayPalSettings { client_id, client_secret, .. } = PayPalSettings::default();
    let paypal = PayPalConfig {
        base_url: lines.paypal.clone(),
        client_id,
        client_secret: Secret::new(client_secret),
        return_url: "http://127.0.0.1:9/return".to_owned(),
        cancel_url: "http://127.0.0.1:9/cart".to_owned(),
        webhook_id: Some(PAYPAL_WEBHOOK.to_owned()),
    };
    let paypal = PayPal::new(paypal, clock.clone()).map_err(Failure::of)?;
    let gateway = Gateways { stripe: stripe.map_err(Failure::of)?, paypal: Some(paypal) };
    Ok(Assembled::new(Parts {
        clock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database: database(&lines.database)?,
        stock: DynamoStock::new(aws.clone(), INVENTORY_TABLE),
        carts: DynamoCarts::new(aws, CARTS_TABLE),
        gateway,
        // Nothing is shipped here.
        carrier: None::<CarrierApi>,
        tokens: NameTokens,
        profiles: NoProfiles,
        // What is published reaches nobody: that it is published is noted in the outbox.
        events: Some(EventBus::new(SystemClock::shared())),
        hooks,
        pricing: PricingRules::default(),
        papers: Papers::default(),
    }))
}
