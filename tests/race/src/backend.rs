//! The origin's backend: the real adapters, and shoppers whose token is their name.

use std::time::Duration;

use commerce_aws::{AwsClient, Credentials};
use commerce_domain::{Clock, PricingRules};
use origin_core::{Assembled, Parts, hooks::Hooks, invoices::Papers};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE};
use origin_gateways::{
    CaptureMethod, CarrierApi, ReqwestClient, Secret, Stripe, StripeConfig, System, SystemEntropy, SystemTimer,
};
use origin_postgres::{Database, DatabaseSettings};
use test_support::{EventBus, NameTokens, NoProfiles, SystemClock};

use crate::lab::Failure;

/// The region that everything local pretends to be in.
pub(crate) const REGION: &str = "us-east-1";
/// What the provider signs webhooks with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_race";
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
    /// The URL of the payment provider.
    pub(crate) payments: String,
}

pub(crate) type RaceBackend<K, H> = Assembled<
    K,
    SystemEntropy,
    SystemTimer,
    Database,
    DynamoStock<System>,
    DynamoCarts<System>,
    Stripe,
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
    K: Clock + Send + Sync + 'static,
    H: Hooks + 'static,
{
    let aws = aws(&lines.dynamodb)?;
    let gateway = Stripe::new(StripeConfig {
        base_url: lines.payments.clone(),
        secret_key: Secret::new(test_support::PaymentsConfig::default().api_key),
        return_url: "http://127.0.0.1:9/return".to_owned(),
        capture,
        webhook_secrets: vec![Secret::new(WEBHOOK_SECRET)],
    });
    Ok(Assembled::new(Parts {
        clock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database: database(&lines.database)?,
        stock: DynamoStock::new(aws.clone(), INVENTORY_TABLE),
        carts: DynamoCarts::new(aws, CARTS_TABLE),
        gateway: gateway.map_err(Failure::of)?,
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
