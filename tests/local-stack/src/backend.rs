//! The origin's backend over what runs on this machine.

use std::time::Duration;

use commerce_api::{invoice::InvoiceResponse, pricing::from_document};
use commerce_auth::TokenPolicy;
use commerce_aws::{AwsClient, Credentials};
use commerce_domain::{PricingRules, PricingSettings};
use origin_core::{
    Assembled, Parts,
    hooks::NoHooks,
    invoices::{Papers, Seller, SellerError},
};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE};
use origin_gateways::{
    CaptureMethod, CarrierApi, CarrierConfig, Gateways, JwksVerifier, PayPal, PayPalConfig, ReqwestClient, Secret,
    Stripe, StripeConfig, System, SystemClock, SystemEntropy, SystemTimer, UserInfo,
};
use origin_postgres::Database;
use test_support::{EventBus, FakeCarrier, FakePayPal, Issuer, PayPalSettings, PaymentProvider};

use crate::{CARRIER_KEY, CARRIER_WEBHOOK_SECRET, Options, PAYMENTS_KEY, PAYPAL_WEBHOOK, StackError, WEBHOOK_SECRET};

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
    Gateways<SystemClock>,
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

/// What the shop goes by, as its options say.
pub(crate) struct Rules {
    /// How orders are taxed and shipped: by the document, or at flat rates without it.
    pricing: PricingRules,
    /// When payments are captured.
    capture: CaptureMethod,
    /// Who issues invoices: as the document says, or a sample without it.
    pub(crate) seller: Seller,
}

impl Rules {
    pub(crate) fn read(options: &Options) -> Result<Self, StackError> {
        const SAMPLE: &str = include_str!("../../../docs/invoice-seller.example.json");
        let document = options.pricing_rules.as_deref();
        let pricing = document.map(|text| from_document(text, &PricingSettings::default())).transpose()?;
        let seller = options.invoice_seller.as_deref().unwrap_or(SAMPLE).parse();
        let seller = seller.map_err(StackError::part::<SellerError>("INVOICE_SELLER"))?;
        let capture = CaptureMethod::of(options.capture.as_deref().unwrap_or("automatic"));
        let capture = capture.ok_or("neither automatic nor manual").map_err(StackError::part("CAPTURE"))?;
        Ok(Self { pricing: pricing.unwrap_or_default(), capture, seller })
    }
}

fn print(paper: &InvoiceResponse) -> Result<Vec<u8>, String> {
    origin_papers::print(paper).map_err(|error| error.to_string())
}

/// Whom the origin calls that are not the shop's own.
#[derive(Clone, Copy)]
pub(crate) struct Partners<'a> {
    pub(crate) payments: &'a PaymentProvider,
    pub(crate) paypal: &'a FakePayPal,
    pub(crate) carrier: &'a FakeCarrier,
}

/// Where the providers send customers back to. Nobody answers there.
const RETURN_URL: &str = "http://127.0.0.1/checkout/return";

fn paypal(paypal: &FakePayPal) -> Result<PayPal<SystemClock>, StackError> {
    let PayPalSettings { client_id, client_secret, .. } = PayPalSettings::default();
    let config = PayPalConfig {
        base_url: paypal.url().to_owned(),
        client_id,
        client_secret: Secret::new(client_secret),
        return_url: RETURN_URL.to_owned(),
        cancel_url: "http://127.0.0.1/checkout".to_owned(),
        webhook_id: Some(PAYPAL_WEBHOOK.to_owned()),
    };
    PayPal::new(config, SystemClock).map_err(StackError::part("PayPal"))
}

/// Puts the parts together.
pub(crate) fn backend(
    rules: Rules,
    database: Database,
    client: &AwsClient<System>,
    issuer: &Issuer,
    partners: Partners<'_>,
    events: EventBus,
) -> Result<LocalBackend, StackError> {
    let http = ReqwestClient::new(CALL_TIMEOUT).map_err(StackError::part("HTTP client"))?;
    let policy = TokenPolicy { issuer: issuer.issuer().to_owned(), client_ids: None };
    let stripe = Stripe::new(StripeConfig {
        base_url: partners.payments.url().to_owned(),
        secret_key: Secret::new(PAYMENTS_KEY),
        return_url: RETURN_URL.to_owned(),
        capture: rules.capture,
        webhook_secrets: vec![Secret::new(WEBHOOK_SECRET)],
    });
    let carrier = CarrierApi::new(CarrierConfig {
        base_url: partners.carrier.url().to_owned(),
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
        gateway: Gateways {
            stripe: stripe.map_err(StackError::part("payment gateway"))?,
            paypal: Some(paypal(partners.paypal)?),
        },
        carrier: Some(carrier.map_err(StackError::part("carrier"))?),
        tokens: JwksVerifier::new(http, SystemClock, issuer.jwks_url(), policy),
        profiles: UserInfo::new(Some(issuer.user_info_url())).map_err(StackError::part("HTTP client"))?,
        events: Some(events),
        hooks: NoHooks,
        pricing: rules.pricing,
        papers: Papers { seller: Some(rules.seller), print: Some(print) },
    }))
}
