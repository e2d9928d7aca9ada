//! Starting and ending everything, in an order in which nothing is called before it answers.

use std::{collections::BTreeMap, time::Duration};

use commerce_api::product::ProductResponse;
use commerce_aws::{CallerKeys, Credentials, DynamoDb};
use commerce_domain::Currency;
use origin_core::{
    Backend,
    catalog::{ProductQuery, ProductSubject, ReadCatalog, RowFault, Sort},
};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE, create_tables};
use origin_gateways::SystemEntropy;
use origin_http::{CallerPolicy, Settings, router};
use origin_postgres::{Database, DatabaseSettings};
use serde_json::Value;
use test_support::{
    DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches, Issuer, IssuerConfig, PaymentProvider,
    PaymentsConfig, PgConfig, PgServer, TokenRequest,
};

use crate::{
    CatalogFile, FileFormat, LocalBackend, LocalStock, Options, Ready, StackError,
    backend::{self, REGION, aws_client},
    catalog::{import_file, import_generated},
    origin::OriginListener,
    state::StateDir,
};

/// The database of a private PostgreSQL.
const DATABASE: &str = "shop";
/// Bad rows that are shown to the person at the terminal; the log has all of them.
const SHOWN_FAULTS: u64 = 20;
/// The tokens of the ready file last a day.
const TOKEN_SECONDS: i64 = 24 * 3600;
/// Who issues tokens. Customers are known by it, so it is not where the issuer happens to listen. Nobody answers there.
const ISSUER: &str = "https://issuer.localhost";
/// The key of the local payment provider.
pub const PAYMENTS_KEY: &str = "sk_test_local";

/// Starts stacks.
#[derive(Debug)]
pub struct LocalStack;

/// A stack in which everything answers. Ends when it is dropped; [`RunningStack::stop`] waits for that.
pub struct RunningStack {
    ready: Ready,
    origin: OriginListener,
    backend: LocalBackend,
    issuer: Issuer,
    payments: PaymentProvider,
    dynamo_faults: Option<DynamoFaults>,
    dynamo: DynamoServer,
    postgres: Postgres,
}

/// The server and the database on it that goes with the stack, if one does.
struct Postgres {
    server: PgServer,
    url: String,
    own: Option<String>,
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
        let tables = create_tables(&DynamoDb::new(direct.clone()), CARTS_TABLE, INVENTORY_TABLE).await;
        tables.map_err(StackError::Tables)?;
        step.finish_and_clear();

        // 2. What is sold. Straight into DynamoDB: the strict one is for those who serve.
        fill(&options, &state, &database, &backend::stock(direct)).await?;

        // 3. What the origin calls.
        let step = progress.step("starting the issuer and the payment provider");
        let issuer = start_issuer(&options, &state).await?;
        let payments = start_payments(&options, &state).await?;
        let dynamo_faults = start_faults(&options, &dynamo, &credentials).await?;
        let endpoint = dynamo_faults.as_ref().map_or(dynamo.url(), DynamoFaults::url).to_owned();

        // 4. The origin.
        let client = aws_client(&endpoint, credentials.clone())?;
        let backend = backend::backend(database, &client, &issuer, &payments, PAYMENTS_KEY)?;
        let keys = CallerKeys::new(credentials.clone());
        let settings = Settings { caller: CallerPolicy::Signed { keys, region: REGION.to_owned() } };
        let origin = OriginListener::start(options.origin_port, router(backend.clone(), settings)).await?;
        let parts = Addresses { origin: origin.url(), endpoint: &endpoint, database: &postgres.url };
        let ready = ready(&options, &parts, &issuer, &payments, &credentials)?;
        step.finish_and_clear();
        Ok(RunningStack { ready, origin, backend, issuer, payments, dynamo_faults, dynamo, postgres })
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
        let query = ProductQuery { page, category: None, sort: Sort::Name };
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

    /// Ends everything and waits until it has ended.
    pub async fn stop(self) {
        let Self { origin, backend, issuer, payments, dynamo_faults, dynamo, postgres, .. } = self;
        origin.stop().await;
        drop(backend);
        issuer.stop().await;
        payments.stop().await;
        if let Some(faults) = dynamo_faults {
            faults.stop().await;
        }
        dynamo.stop().await;
        postgres.stop().await;
    }
}

impl Postgres {
    /// For tests a database of this stack's own, for development the given one, or one on a private server.
    async fn start(options: &Options, state: &StateDir) -> Result<Self, StackError> {
        let given = options.database_url.clone();
        if !options.persistent {
            let server = PgServer::start(PgConfig { database_url: given, ..PgConfig::for_tests() }).await?;
            let name = server.create_test_database(None).await?;
            let url = server.database_url(&name);
            return Ok(Self { server, url, own: Some(name) });
        }
        let config = PgConfig { database_url: given.clone(), ..PgConfig::for_development(state.postgres()) };
        let server = PgServer::start(config).await?;
        let url = if let Some(url) = given {
            url
        } else {
            server.create_database(DATABASE, None).await?;
            server.database_url(DATABASE)
        };
        Ok(Self { server, url, own: None })
    }

    /// The database, with its schema up to date.
    async fn database(&self) -> Result<Database, StackError> {
        let settings = DatabaseSettings {
            max_connections: 16,
            check_before_use: false,
            statement_timeout: Duration::from_secs(30),
            ..DatabaseSettings::new(&self.url)
        };
        let unusable = |error: String| StackError::Database(error);
        Database::migrate(&settings).await.map_err(|error| unusable(error.to_string()))?;
        Database::new(&settings).map_err(|error| unusable(error.to_string()))
    }

    async fn stop(self) {
        if let Some(name) = self.own
            && let Err(error) = self.server.drop_database(&name).await
        {
            tracing::warn!(%error, "a test's database stays behind");
        }
        self.server.stop().await;
    }
}

async fn start_dynamo(options: &Options, state: &StateDir) -> Result<DynamoServer, StackError> {
    let file = state.dynamodb().join("tables.sqlite");
    let store = if options.persistent { DynamoStore::File(file) } else { DynamoStore::Memory };
    let server = DynamoServer::start(0, &store).await?;
    if options.persistent {
        // DynamoDB itself deletes them within days; here a start has to.
        server.sweep_expired().await?;
    }
    Ok(server)
}

async fn start_faults(
    options: &Options,
    dynamo: &DynamoServer,
    credentials: &Credentials,
) -> Result<Option<DynamoFaults>, StackError> {
    if !options.strict_dynamodb {
        return Ok(None);
    }
    let config = DynamoFaultsConfig::new(dynamo.url()).signed_by(credentials.clone(), REGION);
    let faults = DynamoFaults::start(config).await.map_err(StackError::listen("DynamoDB proxy"))?;
    faults.set(DynamoSwitches::strict());
    Ok(Some(faults))
}

async fn start_issuer(options: &Options, state: &StateDir) -> Result<Issuer, StackError> {
    let state_dir = options.persistent.then(|| state.issuer());
    let issuer = Some(ISSUER.to_owned());
    Ok(Issuer::start(IssuerConfig { state_dir, issuer, ..IssuerConfig::default() }).await?)
}

async fn start_payments(options: &Options, state: &StateDir) -> Result<PaymentProvider, StackError> {
    let state_dir = options.persistent.then(|| state.payments());
    let config = PaymentsConfig { api_key: PAYMENTS_KEY.to_owned(), state_dir, ..PaymentsConfig::default() };
    let failed = |error: std::io::Error| StackError::Part { part: "payment provider", cause: error.to_string() };
    PaymentProvider::start(config).await.map_err(failed)
}

/// Fills the shop, unless a run before this one has.
async fn fill(options: &Options, state: &StateDir, database: &Database, stock: &LocalStock) -> Result<(), StackError> {
    let progress = options.progress;
    let wanted = match &options.catalog {
        Some(file) => format!("file {}", file.display()),
        None => format!("{} generated products of seed {}", options.products, options.seed),
    };
    if options.persistent
        && let Some(loaded) = state.loaded_catalog()?
    {
        if loaded != wanted {
            let notice = format!("the shop keeps its catalog ({loaded}); start with --fresh for {wanted}");
            tracing::warn!("{notice}");
            progress.notice(notice);
        }
        return Ok(());
    }
    match &options.catalog {
        None => {
            let imported = import_generated(database, stock, options.seed, options.products as u64, progress).await?;
            tracing::info!(catalog.created = imported.created, catalog.replaced = imported.replaced, "generated");
            progress.notice(format_args!("{} products generated", imported.created + imported.replaced));
        }
        Some(path) => {
            let format = FileFormat::of(path).ok_or_else(|| {
                StackError::Catalog(format!("{}: a catalog is a .csv, .ndjson or .jsonl file", path.display()))
            })?;
            let file = CatalogFile { path: path.clone(), format, currency: Currency::USD };
            let (shown, mut faults) = (path.display(), 0_u64);
            let fault = |fault: &RowFault| {
                tracing::warn!("{shown}: {fault}");
                faults += 1;
                if faults <= SHOWN_FAULTS {
                    progress.notice(format_args!("{shown}: {fault}"));
                }
            };
            let done = import_file(database, stock, &file, progress, fault).await?;
            if faults > SHOWN_FAULTS {
                progress.notice(format_args!("{shown}: {} faults more; the log has them", faults - SHOWN_FAULTS));
            }
            tracing::info!("{shown}: {}", done.counts);
            progress.notice(format_args!("{shown}: {}", done.counts));
        }
    }
    if options.persistent { state.note_catalog(&wanted) } else { Ok(()) }
}

struct Addresses<'a> {
    origin: &'a str,
    endpoint: &'a str,
    database: &'a str,
}

fn ready(
    options: &Options,
    at: &Addresses<'_>,
    issuer: &Issuer,
    payments: &PaymentProvider,
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
        ("token_issuer", issuer.issuer()),
        ("token_issuer_host", issuer.url()),
        ("jwks_url", &issuer.jwks_url()),
        ("cors_origins", "*"),
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
        payments_url: payments.url().to_owned(),
        aws_access_key_id: credentials.access_key_id.clone(),
        aws_secret_access_key: credentials.secret_access_key.clone(),
        edge_variables,
        pid: std::process::id(),
    })
}
