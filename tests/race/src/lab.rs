//! The stores and the payment providers, which outlive every origin.

use commerce_aws::DynamoDb;
use origin_dynamo::{
    CARTS_TABLE, DynamoStock, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table, create_tables_without_stream,
};
use origin_gateways::System;
use origin_postgres::{Database, DatabaseSettings};
use test_support::{
    DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches, FakePayPal, PayPalSettings,
    PaymentProvider, PaymentsConfig, SharedClock, TestDatabases,
};

use crate::backend::{Lines, REGION, aws, database, edge_keys};

/// What keeps the suite from being run, or from going on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// Of an error, or of a text.
    pub fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A database of its own, a DynamoDB that cancels transactions that meet, and payment providers.
pub struct Lab {
    pub(crate) lines: Lines,
    pub(crate) database: Database,
    pub(crate) dynamo: DynamoDb<System>,
    pub(crate) stock: DynamoStock<System>,
    pub(crate) provider: PaymentProvider,
    pub(crate) paypal: FakePayPal,
    faults: DynamoFaults,
    _dynamo: DynamoServer,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Lab {
    /// New and empty stores.
    ///
    /// # Errors
    /// [`Failure`], where one of them does not start.
    pub async fn open(clock: SharedClock) -> Result<Self, Failure> {
        static DATABASES: TestDatabases = TestDatabases::new();
        let migrate = async |url: &str| drop(Database::migrate(&DatabaseSettings::new(url)).await);
        let url = DATABASES.url(migrate).await.map_err(Failure::of)?;
        let server = DynamoServer::start(0, &DynamoStore::Memory).await.map_err(Failure::of)?;
        let config = DynamoFaultsConfig::new(server.url()).signed_by(edge_keys(), REGION);
        let faults = DynamoFaults::start(config).await.map_err(Failure::of)?;
        faults.set(DynamoSwitches::strict());
        let settings = PayPalSettings { clock: clock.clone(), ..PayPalSettings::default() };
        let paypal = FakePayPal::start(settings).await.map_err(Failure::of)?;
        let provider =
            PaymentProvider::start(PaymentsConfig { clock, ..PaymentsConfig::default() }).await.map_err(Failure::of)?;
        let aws = aws(faults.url())?;
        let dynamo = DynamoDb::new(aws.clone());
        create_tables_without_stream(&dynamo, CARTS_TABLE, INVENTORY_TABLE).await.map_err(Failure::of)?;
        create_payments_table(&dynamo, PAYMENTS_TABLE).await.map_err(Failure::of)?;
        let lines = Lines {
            database: url.clone(),
            dynamodb: faults.url().to_owned(),
            payments: provider.url().to_owned(),
            paypal: paypal.url().to_owned(),
        };
        Ok(Self {
            lines,
            database: database(&url)?,
            stock: DynamoStock::new(aws, INVENTORY_TABLE),
            dynamo,
            provider,
            paypal,
            faults,
            _dynamo: server,
        })
    }

    /// How many transactions and writes met in DynamoDB.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.faults.conflicts()
    }
}
