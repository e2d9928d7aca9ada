//! Starting and ending everything, in an order in which nothing is called before it answers.

use std::collections::BTreeMap;

use commerce_api::{Route, product::ProductResponse};
use commerce_aws::{CallerKeys, Credentials, DynamoDb};
use origin_core::{
    Backend,
    catalog::{ProductQuery, ProductSlice, ProductSubject, ReadCatalog, Sort},
};
use origin_dynamo::{
    CARTS_TABLE, DynamoPayments, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table, create_tables,
};
use origin_gateways::SystemEntropy;
use origin_http::{CallerPolicy, Settings, router};
use origin_postgres::Database;
use serde_json::Value;
use test_support::{
    DynamoFaults, DynamoServer, EventBus, FakeCarrier, FakePayPal, HttpServer, Issuer, ObjectStore, PayPalWebhook,
    PaymentProvider, SystemClock, TokenRequest, payments::WebhookTarget,
};

use crate::{
    LocalBackend, LocalStock, Options, Ready, StackError,
    backend::{self, Partners, REGION, Rules, aws_client},
    consumers::Consumers,
    filling::fill,
    origin::OriginListener,
    parts::{Postgres, start_carrier, start_dynamo, start_faults, start_issuer, start_payments, start_paypal},
    publisher::{BUCKET, Publisher},
    state::StateDir,
    sweeper::Sweeper,
    watcher::Watcher,
    webhooks::forward_webhooks,
};

/// The tokens of the ready file last a day.
const TOKEN_SECONDS: i64 = 24 * 3600;
/// The key of the local payment provider.
pub const PAYMENTS_KEY: &str = "sk_test_local";
/// What the local payment provider signs webhooks with.
pub const WEBHOOK_SECRET: &str = "whsec_local";

/// The id of the shop's webhook at the local PayPal.
pub const PAYPAL_WEBHOOK: &str = "WH-LOCAL";
/// What the local carrier knows the shop by.
pub const CARRIER_KEY: &str = "carrier_test_local";
/// What the local carrier signs webhooks with.
pub const CARRIER_WEBHOOK_SECRET: &str = "whsec_carrier_local";

/// Starts stacks.
#[derive(Debug)]
pub struct LocalStack;

/// A stack in which everything answers. Ends when it is dropped; [`RunningStack::stop`] waits for that.
pub struct RunningStack {
    ready: Ready,
    origin: OriginListener,
    sweeper: Sweeper,
    publisher: Publisher,
    webhooks: HttpServer,
    watcher: Watcher,
    consumers: Consumers,
    backend: LocalBackend,
    issuer: Issuer,
    payments: PaymentProvider,
    paypal: FakePayPal,
    carrier: FakeCarrier,
    objects: ObjectStore,
    dynamo_faults: Option<DynamoFaults>,
    dynamo: DynamoServer,
    postgres: Postgres,
}

impl LocalStack {
    /// Starts everything and fills the shop where it is empty.
    ///
    /// # Errors
    /// [`StackError`], one line. What was started by then has ended again.
    pub async fn start(options: Options) -> Result<RunningStack, StackError> {
        if options.fresh && options.persistent && options.database_url.is_some() {
            return Err(StackError::FreshOnGiven);
        }
        let rules = Rules::read(&options)?;
        let progress = options.progress;
        let state = StateDir::open(&options.state_dir, options.fresh)?;
        let credentials = state.credentials(&SystemEntropy)?;

        // 1. What stores.
        let step = progress.step("starting PostgreSQL");
        let postgres = Postgres::start(&options, &state).await?;
        let database = postgres.database().await?;
        step.set_message("starting DynamoDB");
        let dynamo = start_dynamo(&options, &state).await?;
        let direct = aws_client(dynamo.url(), credentials.clone())?;
        let db = DynamoDb::new(direct.clone());
        create_tables(&db, CARTS_TABLE, INVENTORY_TABLE).await.map_err(StackError::Tables)?;
        create_payments_table(&db, PAYMENTS_TABLE).await.map_err(StackError::Tables)?;
        step.finish_and_clear();

        // 2. What is sold. Straight into DynamoDB: the strict one is for those who serve.
        fill(&options, &state, &database, &backend::stock(direct)).await?;

        // 3. What the origin calls.
        let step = progress.step("starting the issuer, the payment providers and the carrier");
        let issuer = start_issuer(&options, &state).await?;
        let payments = start_payments(&options, &state).await?;
        let paypal = start_paypal(&options, &state).await?;
        let carrier = start_carrier(&options, &state).await?;
        let objects = ObjectStore::start(0, credentials.clone(), REGION, SystemClock::shared()).await;
        let objects = objects.map_err(StackError::listen("object store"))?;
        let dynamo_faults = start_faults(&options, &dynamo, &credentials).await?;
        let endpoint = dynamo_faults.as_ref().map_or(dynamo.url(), DynamoFaults::url).to_owned();

        // 4. The origin.
        let client = aws_client(&endpoint, credentials.clone())?;
        let bus = EventBus::new(SystemClock::shared());
        let consumers = Consumers::start(
            &bus,
            &backend::stock(client.clone()),
            &DynamoPayments::new(client.clone(), PAYMENTS_TABLE),
            &database,
            &rules.seller,
        );
        let partners = Partners { payments: &payments, paypal: &paypal, carrier: &carrier };
        let backend = backend::backend(rules, database, &client, &issuer, partners, bus)?;
        let keys = CallerKeys::new(credentials.clone());
        let settings = Settings { caller: CallerPolicy::Signed { keys, region: REGION.to_owned() }, only: None };
        let origin = OriginListener::start(options.origin_port, router(backend.clone(), settings)).await?;
        let webhooks = forward_webhooks(origin.url(), credentials.clone()).await?;
        send_webhooks_to(webhooks.url(), partners);
        let parts =
            Addresses { origin: origin.url(), endpoint: &endpoint, objects: objects.url(), database: &postgres.url };
        let ready = ready(&options, &parts, &issuer, partners, &credentials)?;
        let sweeper = Sweeper::start(backend.clone());
        let watcher = Watcher::start(backend.clone(), client).await;
        let publisher = Publisher::start(backend.database(), aws_client(objects.url(), credentials.clone())?).await;
        step.finish_and_clear();
        Ok(RunningStack {
            ready,
            origin,
            sweeper,
            publisher,
            webhooks,
            watcher,
            consumers,
            backend,
            issuer,
            payments,
            paypal,
            carrier,
            objects,
            dynamo_faults,
            dynamo,
            postgres,
        })
    }
}

impl RunningStack {
    /// Where everything is.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The settings and secrets of an edge before this origin, by name.
    pub fn edge_variables(&self) -> &BTreeMap<String, String> {
        &self.ready.edge_variables
    }

    /// The token issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The payment provider.
    pub fn payments(&self) -> &PaymentProvider {
        &self.payments
    }

    /// The local PayPal.
    pub fn paypal(&self) -> &FakePayPal {
        &self.paypal
    }

    /// The carrier.
    pub fn carrier(&self) -> &FakeCarrier {
        &self.carrier
    }

    /// What makes DynamoDB strict, and its switches for trouble; there where [`Options::strict_dynamodb`] asked for it.
    pub fn dynamo_faults(&self) -> Option<&DynamoFaults> {
        self.dynamo_faults.as_ref()
    }

    /// The stores and gateways that the origin works with.
    pub fn backend(&self) -> &LocalBackend {
        &self.backend
    }

    /// The database.
    pub fn database(&self) -> &Database {
        self.backend.database()
    }

    /// The counters of stock.
    pub fn stock(&self) -> &LocalStock {
        self.backend.stock()
    }

    /// The first products in full, as `GET /v1/products/{id}` answers them; at most 100. Asks no edge.
    ///
    /// # Panics
    /// Where the database fails.
    pub async fn products(&self, limit: u32) -> Vec<Value> {
        let page = commerce_api::page::Page { page: 1, limit: limit.clamp(1, 100) };
        let slice = ProductSlice::Page(page);
        let query = ProductQuery { sort: Some(Sort::Name), slice, ..ProductQuery::default() };
        let listed = self.database().list_products(&query).await.expect("should list products: the database runs");
        let mut products = Vec::with_capacity(listed.products.len());
        for product in listed.products {
            let found = self.database().find_product(ProductSubject::Product(product.id)).await;
            let found = found.expect("should find products: the database runs");
            let body = found.as_ref().and_then(ProductResponse::of);
            products.push(serde_json::to_value(body).expect("should be JSON: it is a response body"));
        }
        products
    }

    /// Takes the origin's listener away; everything else goes on.
    pub async fn stop_origin(&self) {
        self.origin.stop().await;
    }

    /// Brings the origin's listener back, on the same port.
    ///
    /// # Errors
    /// [`StackError::Listen`] where somebody took the port meanwhile.
    pub async fn start_origin(&self) -> Result<(), StackError> {
        self.origin.restart().await
    }

    /// Publishes the catalog and stock once more, and then no more. Within two minutes edges take note, and ask the origin.
    pub async fn stop_publishing(&self) {
        self.publisher.finish().await;
    }

    /// Ends everything and waits until it has ended.
    pub async fn stop(self) {
        self.origin.stop().await;
        self.webhooks.stop().await;
        self.sweeper.stop().await;
        self.publisher.stop().await;
        self.watcher.stop().await;
        self.consumers.stop().await;
        drop(self.backend);
        self.issuer.stop().await;
        self.payments.stop().await;
        self.paypal.stop().await;
        self.carrier.stop().await;
        self.objects.stop().await;
        if let Some(faults) = self.dynamo_faults {
            faults.stop().await;
        }
        self.dynamo.stop().await;
        self.postgres.stop().await;
    }
}

/// Tells the partners where their webhooks go.
fn send_webhooks_to(receiver: &str, Partners { payments, paypal, carrier }: Partners<'_>) {
    let url = |route: Route| format!("{receiver}{}", route.pattern());
    let secret = WEBHOOK_SECRET.to_owned();
    payments.set_webhook(Some(WebhookTarget { url: url(Route::ReceiveStripeWebhook), secret }));
    let id = PAYPAL_WEBHOOK.to_owned();
    paypal.set_webhook(Some(PayPalWebhook { url: url(Route::ReceivePayPalWebhook), id }));
    let secret = CARRIER_WEBHOOK_SECRET.to_owned();
    carrier.set_webhook(Some(WebhookTarget { url: url(Route::ReceiveCarrierWebhook), secret }));
}

struct Addresses<'a> {
    origin: &'a str,
    endpoint: &'a str,
    objects: &'a str,
    database: &'a str,
}

fn ready(
    options: &Options,
    at: &Addresses<'_>,
    issuer: &Issuer,
    partners: Partners<'_>,
    credentials: &Credentials,
) -> Result<Ready, StackError> {
    let token = |sub: &str| TokenRequest::shopper(sub, format!("{sub}@example.com")).with_ttl(TOKEN_SECONDS);
    let variables = [
        ("origin_url", at.origin),
        ("aws_region", REGION),
        ("aws_access_key_id", &credentials.access_key_id),
        ("aws_secret_access_key", &credentials.secret_access_key),
        ("dynamodb_endpoint", at.endpoint),
        ("carts_table", CARTS_TABLE),
        ("catalog_bucket", BUCKET),
        ("objects_endpoint", at.objects),
        ("token_issuer", issuer.issuer()),
        ("token_issuer_host", issuer.url()),
        ("jwks_url", &issuer.jwks_url()),
        ("cors_origins", "*"),
        ("pricing_rules", options.pricing_rules.as_deref().unwrap_or_default()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let edge_variables = variables.into_iter().chain(options.edge_variables.iter().cloned()).collect();
    Ok(Ready {
        origin_url: at.origin.to_owned(),
        issuer_url: issuer.url().to_owned(),
        shopper_token: issuer.mint(&token("user_1"))?,
        other_shopper_token: issuer.mint(&token("user_2"))?,
        admin_token: issuer.mint(&token("admin_1").with_role("admin"))?,
        database_url: at.database.to_owned(),
        dynamodb_endpoint: at.endpoint.to_owned(),
        payments_url: partners.payments.url().to_owned(),
        paypal_url: partners.paypal.url().to_owned(),
        carrier_url: partners.carrier.url().to_owned(),
        aws_access_key_id: credentials.access_key_id.clone(),
        aws_secret_access_key: credentials.secret_access_key.clone(),
        edge_variables,
        pid: std::process::id(),
    })
}
