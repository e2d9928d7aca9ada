//! The origin's backend over what runs on this machine.

use std::time::Duration;

use commerce_api::pricing::from_document;
use commerce_auth::TokenPolicy;
use commerce_aws::{AwsClient, Credentials};
use commerce_domain::{PricingRules, PricingSettings};
use origin_core::{Assembled, Parts, hooks::NoHooks};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE};
use origin_gateways::{
    CarrierApi, CarrierConfig, JwksVerifier, ReqwestClient, Secret, Stripe, StripeConfig, System, SystemClock,
    SystemEntropy, SystemTimer, UserInfo,
};
use origin_postgres::Database;
use test_support::{EventBus, FakeCarrier, Issuer, PaymentProvider};

use crate::{CARRIER_KEY, CARRIER_WEBHOOK_SECRET, PAYMENTS_KEY, StackError, WEBHOOK_SECRET};

/// The region that everything local pretends to be in.
pub(crate) const REGION: &str = "us-east-1";
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The counters of stock.
pub type LocalStock = DynamoStock<System>;
/// The real adapters, all of them.
pub type LocalBackend = Assembled<
    SystemClock,
    SystemEntropy,
    SystemTimer,
    Database,
    LocalStock,
    DynamoCarts<System>,
    Stripe,
    CarrierApi,
    JwksVerifier<ReqwestClient, SystemClock>,
    UserInfo,
    EventBus,
    NoHooks,
>;

/// A signed client of the DynamoDB at `endpoint`.
pub(crate) fn aws_client(endpoint: &str, credentials: Credentials) -> Result<AwsClient<System>, StackError> {
    let http = ReqwestClient::new(CALL_TIMEOUT).map_err(StackError::part("HTTP client"))?;
    let endpoint = endpoint.parse().map_err(StackError::part("DynamoDB client"))?;
    Ok(AwsClient::new(System::new(http), credentials, REGION, Some(endpoint)))
}

/// The counters of the DynamoDB that `client` reaches.
pub(crate) fn stock(client: AwsClient<System>) -> LocalStock {
    DynamoStock::new(client, INVENTORY_TABLE)
}

/// The rules that the document spells; the flat ones without it.
pub(crate) fn pricing(document: Option<&str>) -> Result<PricingRules, StackError> {
    let rules = document.map(|text| from_document(text, &PricingSettings::default())).transpose()?;
    Ok(rules.unwrap_or_default())
}

/// Puts the parts together.
pub(crate) fn backend(
    pricing: PricingRules,
    database: Database,
    client: &AwsClient<System>,
    issuer: &Issuer,
    payments: &PaymentProvider,
    carrier: &FakeCarrier,
    events: EventBus,
) -> Result<LocalBackend, StackError> {
    let http = ReqwestClient::new(CALL_TIMEOUT).map_err(StackError::part("HTTP client"))?;
    let policy = TokenPolicy { issuer: issuer.issuer().to_owned(), client_ids: None };
    let gateway = Stripe::new(StripeConfig {
        base_url: payments.url().to_owned(),
        secret_key: Secret::new(PAYMENTS_KEY),
        return_url: "http://127.0.0.1/checkout/return".to_owned(),
        webhook_secrets: vec![Secret::new(WEBHOOK_SECRET)],
    });
    let carrier = CarrierApi::new(CarrierConfig {
        base_url: carrier.url().to_owned(),
        api_key: Secret::new(CARRIER_KEY),
        webhook_secrets: vec![Secret::new(CARRIER_WEBHOOK_SECRET)],
    });
    Ok(Assembled::new(Parts {
        clock: SystemClock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database,
        stock: stock(client.clone()),
        carts: DynamoCarts::new(client.clone(), CARTS_TABLE),
        gateway: gateway.map_err(StackError::part("payment gateway"))?,
        carrier: Some(carrier.map_err(StackError::part("carrier"))?),
        tokens: JwksVerifier::new(http, SystemClock, issuer.jwks_url(), policy),
        profiles: UserInfo::new(Some(issuer.user_info_url())).map_err(StackError::part("HTTP client"))?,
        events: Some(events),
        hooks: NoHooks,
        pricing,
    }))
}
