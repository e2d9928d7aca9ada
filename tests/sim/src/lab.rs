//! The stores that runs share: one PostgreSQL database and one DynamoDB a worker.

use std::time::Duration;

use commerce_aws::{AwsClient, AwsError, Credentials, DynamoDb, TransportError};
use commerce_domain::PricingRules;
use jiff::Timestamp;
use origin_core::{Assembled, Parts, StoreError, hooks::NoHooks, invoices::Papers};
use origin_dynamo::{
    CARTS_TABLE, DynamoCarts, DynamoPayments, DynamoStock, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table,
    create_tables_without_stream,
};
use origin_gateways::{CaptureMethod, CarrierApi, ReqwestClient, Secret, Stripe, StripeConfig};
use origin_http::{CallerPolicy, Settings, router};
use origin_postgres::{Database, DatabaseError, DatabaseSettings, DbError};
use test_support::{
    DynamoServer, DynamoStore, NameTokens, NoProfiles, PgError, SeededEntropy, TestDatabases, dynamo::DynamoError,
};

use crate::{
    bugs::Bug,
    bus::Bus,
    postman::SECRET,
    provider::Provider,
    shop::{EDGE_ARN, Inside, Item, Shop},
    stores::{SimCarts, SimDatabase, SimEnvironment, SimGateway, SimHistory, SimStock},
    tables::Tables,
    world::World,
};

const REGION: &str = "eu-central-1";
/// Who issues the invoices.
const SELLER: &str = include_str!("../../../docs/invoice-seller.example.json");

/// A call that takes longer has got stuck.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

/// There is nothing to run on.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// No PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PgError),
    /// No DynamoDB.
    #[error(transparent)]
    Dynamo(#[from] DynamoError),
    /// The database's URL is no good.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// No connection to DynamoDB.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A worker has died.
    #[error("a worker has died")]
    Worker,
    /// A table or a row cannot be made.
    #[error("{0}")]
    Store(String),
}

impl From<StoreError> for LabError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<DbError> for LabError {
    fn from(error: DbError) -> Self {
        Self::Store(error.to_string())
    }
}

/// Knows the provider's signature; nobody listens at its address.
fn stripe() -> Result<Stripe, LabError> {
    let config = StripeConfig {
        base_url: "http://127.0.0.1:9".to_owned(),
        secret_key: Secret::new("sk_sim"),
        return_url: "http://127.0.0.1:9".to_owned(),
        capture: CaptureMethod::Automatic,
        webhook_secrets: vec![Secret::new(SECRET)],
    };
    Stripe::new(config).map_err(|error| LabError::Store(error.to_string()))
}

/// What a run is about.
pub(crate) struct Goods {
    /// What is sold.
    pub(crate) items: Vec<Item>,
    /// What only its event knows the counters of.
    pub(crate) unfinished: Item,
    /// The `sub` of whoever buys it.
    pub(crate) customers: Vec<String>,
}

/// The stores of one worker.
pub(crate) struct Lab {
    database: Database,
    dynamo: DynamoServer,
    http: ReqwestClient,
    stripe: Stripe,
}

impl Lab {
    /// New and empty stores.
    pub(crate) async fn open() -> Result<Self, LabError> {
        static DATABASES: TestDatabases = TestDatabases::new();
        let migrate = async |url: &str| drop(Database::migrate(&DatabaseSettings::new(url)).await);
        let url = DATABASES.url(migrate).await?;
        let limit = CALL_TIMEOUT;
        let settings = DatabaseSettings {
            connect_timeout: limit,
            statement_timeout: limit,
            check_before_use: false,
            ..DatabaseSettings::new(url)
        };
        let lab = Self {
            database: Database::new(&settings)?,
            dynamo: DynamoServer::start(0, &DynamoStore::Memory).await?,
            http: ReqwestClient::new(limit)?,
            stripe: stripe()?,
        };
        let environment = SimEnvironment {
            http: lab.http.clone(),
            world: World::new(0, Timestamp::UNIX_EPOCH),
            entropy: SeededEntropy::new(0),
        };
        let dynamo = DynamoDb::new(lab.aws(environment)?);
        let failed = |error: AwsError| LabError::Store(error.to_string());
        create_tables_without_stream(&dynamo, CARTS_TABLE, INVENTORY_TABLE).await.map_err(failed)?;
        create_payments_table(&dynamo, PAYMENTS_TABLE).await.map_err(failed)?;
        let client = lab.database.client().await?;
        client
            .batch_execute("insert into categories (slug, name) values ('things', 'Things')")
            .await
            .map_err(|error| LabError::Store(error.to_string()))?;
        drop(client);
        Ok(lab)
    }

    fn aws(&self, environment: SimEnvironment) -> Result<AwsClient<SimEnvironment>, LabError> {
        let endpoint = self.dynamo.url().parse().map_err(|_| LabError::Store("DynamoDB's URL".to_owned()))?;
        Ok(AwsClient::new(environment, Credentials::new("sim", "secret"), REGION, Some(endpoint)))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// An origin that sells these items.
    pub(crate) fn shop(&self, seed: u64, world: &World, bug: Option<Bug>, goods: Goods) -> Result<Shop, LabError> {
        let entropy = SeededEntropy::new(seed);
        let environment = SimEnvironment { http: self.http.clone(), world: world.clone(), entropy: entropy.clone() };
        let aws = self.aws(environment)?;
        let tables = Tables { dynamo: DynamoDb::new(aws.clone()) };
        let provider = Provider::default();
        let history = DynamoPayments::new(aws.clone(), PAYMENTS_TABLE);
        let bus = Bus::new(world, SimHistory { real: history, world: world.clone() });
        let stock = SimStock {
            real: DynamoStock::new(aws.clone(), INVENTORY_TABLE),
            tables: tables.clone(),
            world: world.clone(),
            bug,
        };
        let backend = Assembled::new(Parts {
            clock: world.clone(),
            entropy,
            timer: world.clone(),
            database: SimDatabase { real: self.database.clone(), world: world.clone(), bug },
            stock: stock.clone(),
            carts: SimCarts {
                real: DynamoCarts::new(aws, CARTS_TABLE),
                tables: tables.clone(),
                world: world.clone(),
                bug,
            },
            // Nothing is shipped here.
            carrier: None::<CarrierApi>,
            gateway: SimGateway {
                provider: provider.clone(),
                stripe: self.stripe.clone(),
                stock,
                world: world.clone(),
                bug,
            },
            tokens: NameTokens,
            profiles: NoProfiles,
            hooks: NoHooks,
            pricing: PricingRules::default(),
            papers: Papers { seller: SELLER.parse().ok(), print: None },
            events: Some(bus.events.clone()),
        });
        let caller = CallerPolicy::Iam { user_arn: EDGE_ARN.to_owned() };
        Ok(Shop::new(Inside {
            world: world.clone(),
            router: router(backend.clone(), Settings { caller, only: None }),
            backend,
            provider,
            tables,
            bus,
            items: goods.items,
            unfinished: goods.unfinished,
            customers: goods.customers,
            memory: std::sync::Mutex::default(),
        }))
    }
}
