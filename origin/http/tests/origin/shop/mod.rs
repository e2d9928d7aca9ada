//! A whole origin for one test: its own database, its own DynamoDB, its own payment provider, one clock.

mod bus;
mod call;
mod edge;
mod environment;
mod fixtures;
mod line;
pub(crate) mod log;
mod parcels;
mod paying;
mod paypal;
mod shipped;
mod warehouse;
mod webhooks;

use std::time::Duration;

use axum::Router;
use commerce_api::{ServedBy, invoice::InvoiceResponse, pricing::from_document};
use commerce_aws::{AwsClient, CallerKeys, Credentials, DynamoDb};
use commerce_domain::{PricingRules, pricing::PricingSettings};
use jiff::Timestamp;
use origin_core::{
    Assembled, Parts,
    events::{RelayReport, relay},
    hooks::Stopped,
    invoices::{Desk, Papers, Seller},
    sweep::SweepReport,
};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE, create_tables};
use origin_gateways::{
    CaptureMethod, CarrierApi, CarrierConfig, Gateways, PayPal, PayPalConfig, ReqwestClient, Secret, Stripe,
    StripeConfig,
};
use origin_http::{CallerPolicy, Settings, router, sweep};
use origin_postgres::{Database, DatabaseSettings};
use test_support::{
    CarrierSettings, DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, FakeCarrier, FakePayPal, ManualClock,
    PayPalSettings, PaymentProvider, PaymentsConfig, SystemEntropy, TestDatabases,
};

pub(crate) use bus::TestBus;
pub(crate) use call::{Answer, Caller, sign};
pub(crate) use edge::Edge;
pub(crate) use environment::{Stops, TestEnvironment, TestProfiles, TestTimer, TestTokens};
pub(crate) use fixtures::{Item, address, stored_line};
pub(crate) use line::Line;
pub(crate) use parcels::Packed;
pub(crate) use paying::{Placed, TOTAL};
pub(crate) use paypal::PAYPAL;
pub(crate) use shipped::{Shipped, line, number};
pub(crate) use warehouse::Levels;
pub(crate) use webhooks::{Entrance, event};

pub(crate) const REGION: &str = "eu-central-1";
/// What the payment provider signs webhooks with: the current secret, and the previous one.
pub(crate) const WEBHOOK_SECRETS: [&str; 2] = ["whsec_current", "whsec_previous"];

/// PayPal's id of the shop's webhook.
pub(crate) const PAYPAL_WEBHOOK: &str = "WH-ORIGIN";

type Stock = DynamoStock<TestEnvironment>;
type Carts = DynamoCarts<TestEnvironment>;
type TestBackend = Assembled<
    ManualClock,
    SystemEntropy,
    TestTimer,
    Database,
    Stock,
    Carts,
    Gateways<ManualClock>,
    CarrierApi,
    TestTokens,
    TestProfiles,
    TestBus,
    Stops,
>;

/// The origin under test, and the handles to everything around it.
pub(crate) struct Shop {
    pub(crate) router: Router,
    pub(crate) backend: TestBackend,
    pub(crate) clock: ManualClock,
    pub(crate) database: Database,
    pub(crate) stock: Stock,
    pub(crate) dynamo: DynamoDb<TestEnvironment>,
    pub(crate) dynamo_faults: DynamoFaults,
    pub(crate) provider: PaymentProvider,
    pub(crate) paypal: FakePayPal,
    pub(crate) carrier: FakeCarrier,
    pub(crate) bus: TestBus,
    pub(crate) stops: Stops,
    pub(crate) timer: TestTimer,
    pub(crate) profiles: TestProfiles,
    _dynamo: DynamoServer,
}

/// What differs between the shops of tests.
struct Setup {
    rules: PricingRules,
    has_partners: bool,
    capture: CaptureMethod,
}

impl Default for Setup {
    fn default() -> Self {
        Self { rules: PricingRules::default(), has_partners: true, capture: CaptureMethod::Automatic }
    }
}

/// A migrated database of the calling test's own.
async fn new_database_url() -> String {
    static DATABASES: TestDatabases = TestDatabases::new();
    let migrate = async |url: &str| drop(Database::migrate(&DatabaseSettings::new(url)).await.unwrap());
    DATABASES.url(migrate).await.unwrap_or_else(|error| panic!("{error}"))
}

fn database(url: &str, connect_timeout: Duration) -> Database {
    let settings = DatabaseSettings { max_connections: 8, connect_timeout, ..DatabaseSettings::new(url) };
    Database::new(&settings).unwrap()
}

impl Shop {
    /// An origin without products.
    pub(crate) async fn open() -> Self {
        Self::selling_in("USD").await
    }

    /// The same, selling in this currency.
    pub(crate) async fn selling_in(currency: &str) -> Self {
        let settings = PricingSettings { currency: Some(currency.to_owned()), ..PricingSettings::default() };
        Self::with_rules(PricingRules::from_settings(&settings).unwrap()).await
    }

    /// The same, taxing and shipping as this document says.
    pub(crate) async fn pricing_by(document: &str) -> Self {
        Self::with_rules(from_document(document, &PricingSettings::default()).unwrap()).await
    }

    async fn with_rules(rules: PricingRules) -> Self {
        Self::with(database(&new_database_url().await, Duration::from_secs(20)), Setup { rules, ..Setup::default() })
            .await
    }

    /// An origin that captures payments by hand.
    pub(crate) async fn capturing_by_hand() -> Self {
        let database = database(&new_database_url().await, Duration::from_secs(20));
        Self::with(database, Setup { capture: CaptureMethod::Manual, ..Setup::default() }).await
    }

    /// An origin without products, without a carrier and without PayPal.
    pub(crate) async fn open_without_carrier() -> Self {
        let database = database(&new_database_url().await, Duration::from_secs(20));
        Self::with(database, Setup { has_partners: false, ..Setup::default() }).await
    }

    /// The same, with a line to PostgreSQL that can be cut.
    pub(crate) async fn open_on_a_line() -> (Self, Line) {
        let line = Line::to(&new_database_url().await).await;
        (Self::with(database(line.url(), Duration::from_secs(3)), Setup::default()).await, line)
    }

    async fn with(database: Database, setup: Setup) -> Self {
        log::install();
        let clock = ManualClock::new("2024-01-21T11:00:00Z".parse::<Timestamp>().unwrap());
        let dynamo_server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
        let dynamo_faults = DynamoFaults::start(DynamoFaultsConfig::new(dynamo_server.url())).await.unwrap();
        let environment = TestEnvironment::new(clock.clone());
        let endpoint = dynamo_faults.url().parse().unwrap();
        let aws = AwsClient::new(environment, Credentials::new("test", "secret"), REGION, Some(endpoint));
        let dynamo = DynamoDb::new(aws.clone());
        create_tables(&dynamo, CARTS_TABLE, INVENTORY_TABLE).await.unwrap();
        let provider = PaymentProvider::start(PaymentsConfig { clock: clock.shared(), ..PaymentsConfig::default() })
            .await
            .unwrap();
        let paypal = FakePayPal::start(PayPalSettings { clock: clock.shared(), ..PayPalSettings::default() });
        let paypal = paypal.await.unwrap();
        let carrier = FakeCarrier::start(CarrierSettings { clock: clock.shared(), ..CarrierSettings::default() });
        let carrier = carrier.await.unwrap();
        let stock = DynamoStock::new(aws.clone(), INVENTORY_TABLE);
        let (stops, timer) = (Stops::default(), TestTimer::new(clock.clone()));
        let profiles = TestProfiles::default();
        let bus = TestBus::new(&clock);
        let backend: TestBackend = Assembled::new(Parts {
            clock: clock.clone(),
            entropy: SystemEntropy,
            timer: timer.clone(),
            database: database.clone(),
            stock: stock.clone(),
            carts: DynamoCarts::new(aws, CARTS_TABLE),
            gateway: Gateways {
                stripe: stripe(&provider, setup.capture),
                paypal: setup.has_partners.then(|| paypal_api(&paypal, &clock)),
            },
            carrier: setup.has_partners.then(|| carrier_api(&carrier)),
            tokens: TestTokens,
            profiles: profiles.clone(),
            events: Some(bus.clone()),
            hooks: stops.clone(),
            pricing: setup.rules,
            papers: papers(),
        });
        let router = router(backend.clone(), Settings { caller: caller(), only: None });
        Self {
            router,
            backend,
            clock,
            database,
            stock,
            dynamo,
            dynamo_faults,
            provider,
            paypal,
            carrier,
            bus,
            stops,
            timer,
            profiles,
            _dynamo: dynamo_server,
        }
    }

    /// From now on as a function that serves a part of the routes.
    pub(crate) fn serve_only(&mut self, only: ServedBy) {
        self.router = router(self.backend.clone(), Settings { caller: caller(), only: Some(only) });
    }

    /// Brings to its end what nobody returns to.
    pub(crate) async fn sweep(&self) -> Result<SweepReport, Stopped> {
        sweep(&self.backend).await
    }

    /// Publishes what waits in the outbox.
    pub(crate) async fn relay(&self) -> RelayReport {
        relay(&self.backend).await
    }

    /// Where the shop's papers are issued, by nobody who reads them.
    pub(crate) fn desk<'a>(&'a self, seller: &'a Seller) -> Desk<'a, ManualClock, SystemEntropy, Database, Stops> {
        let Self { clock, database, stops: hooks, .. } = self;
        Desk { clock, entropy: &SystemEntropy, database, hooks, seller }
    }

    /// A signed caller on behalf of this shopper.
    pub(crate) fn shopper(&self, sub: &str) -> Caller<'_> {
        Caller::new(self, sub, false)
    }

    /// A signed caller on behalf of an administrator.
    pub(crate) fn admin(&self) -> Caller<'_> {
        Caller::new(self, "admin_1", true)
    }
}

/// How the edge proves itself.
fn caller() -> CallerPolicy {
    let keys = CallerKeys::new(Credentials::new("edge", "edge-secret"));
    CallerPolicy::Signed { keys, region: REGION.to_owned() }
}

/// Who issues invoices: somebody in Berlin.
pub(crate) fn seller() -> Seller {
    include_str!("../../../../../docs/invoice-seller.example.json").parse().unwrap()
}

fn papers() -> Papers {
    let print = |paper: &InvoiceResponse| origin_papers::print(paper).map_err(|error| error.to_string());
    Papers { seller: Some(seller()), print: Some(print) }
}

/// A client of the payment provider, as the origin has one.
pub(crate) fn stripe(provider: &PaymentProvider, capture: CaptureMethod) -> Stripe {
    let config = StripeConfig {
        base_url: provider.url().to_owned(),
        secret_key: Secret::new("sk_test_local"),
        return_url: "https://shop.example/return".to_owned(),
        capture,
        webhook_secrets: WEBHOOK_SECRETS.map(Secret::new).to_vec(),
    };
    Stripe::new(config).unwrap()
}

/// A client of PayPal, as the origin has one.
pub(crate) fn paypal_api(paypal: &FakePayPal, clock: &ManualClock) -> PayPal<ManualClock> {
    let PayPalSettings { client_id, client_secret, .. } = PayPalSettings::default();
    let config = PayPalConfig {
        base_url: paypal.url().to_owned(),
        client_id,
        client_secret: Secret::new(client_secret),
        return_url: "https://shop.example/return".to_owned(),
        cancel_url: "https://shop.example/cart".to_owned(),
        webhook_id: Some(PAYPAL_WEBHOOK.to_owned()),
    };
    PayPal::new(config, clock.clone()).unwrap()
}

/// A client of the carrier, as the origin has one.
fn carrier_api(carrier: &FakeCarrier) -> CarrierApi {
    let config = CarrierConfig {
        base_url: carrier.url().to_owned(),
        api_key: Secret::new("carrier_test_local"),
        webhook_secrets: WEBHOOK_SECRETS.map(Secret::new).to_vec(),
    };
    CarrierApi::new(config).unwrap()
}

/// A client without a long patience.
pub(crate) fn http_client() -> ReqwestClient {
    ReqwestClient::new(Duration::from_secs(20)).unwrap()
}
