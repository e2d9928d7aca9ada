//! The parts of a stack, each as its options want it.

use std::time::Duration;

use commerce_aws::Credentials;
use origin_postgres::{Database, DatabaseSettings, DbError};
use test_support::{
    CarrierSettings, DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches, FakeCarrier,
    FakePayPal, Issuer, IssuerConfig, PayPalSettings, PaymentProvider, PaymentsConfig, PgConfig, PgServer,
};

use crate::{
    Options, StackError,
    backend::REGION,
    stack::{CARRIER_KEY, PAYMENTS_KEY},
    state::StateDir,
};

/// The database of a private PostgreSQL.
const DATABASE: &str = "shop";
/// Who issues tokens. Customers are known by it, so it is not where the issuer happens to listen. Nobody answers there.
const ISSUER: &str = "https://issuer.localhost";

/// The server and the database on it that goes with the stack, if one does.
pub(crate) struct Postgres {
    server: PgServer,
    pub(crate) url: String,
    own: Option<String>,
    /// What to do about a database that is of no use any more.
    remedy: &'static str,
}

const FRESH: &str = "start with --fresh, which begins anew";
const EMPTY: &str = "drop what is in the database of DATABASE_URL";

impl Postgres {
    /// For tests a database of this stack's own, for development the given one, or one on a private server.
    pub(crate) async fn start(options: &Options, state: &StateDir) -> Result<Self, StackError> {
        let given = options.database_url.clone();
        if !options.persistent {
            let server = PgServer::start(PgConfig { database_url: given, ..PgConfig::for_tests() }).await?;
            let name = server.create_test_database(None).await?;
            let url = server.database_url(&name);
            return Ok(Self { server, url, own: Some(name), remedy: FRESH });
        }
        let config = PgConfig { database_url: given.clone(), ..PgConfig::for_development(state.postgres()) };
        let server = PgServer::start(config).await?;
        if let Some(url) = given {
            return Ok(Self { server, url, own: None, remedy: EMPTY });
        }
        server.create_database(DATABASE, None).await?;
        let url = server.database_url(DATABASE);
        Ok(Self { server, url, own: None, remedy: FRESH })
    }

    /// The database, with its schema up to date.
    pub(crate) async fn database(&self) -> Result<Database, StackError> {
        let settings = DatabaseSettings {
            max_connections: 16,
            check_before_use: false,
            statement_timeout: Duration::from_secs(30),
            ..DatabaseSettings::new(&self.url)
        };
        let unusable = |error: String| StackError::Database(error);
        Database::migrate(&settings).await.map_err(|error| match error {
            DbError::OtherSchema(_) => unusable(format!("{error}; {}", self.remedy)),
            error => unusable(error.to_string()),
        })?;
        Database::new(&settings).map_err(|error| unusable(error.to_string()))
    }

    pub(crate) async fn stop(self) {
        if let Some(name) = self.own
            && let Err(error) = self.server.drop_database(&name).await
        {
            tracing::warn!(%error, "a test's database stays behind");
        }
        self.server.stop().await;
    }
}

pub(crate) async fn start_dynamo(options: &Options, state: &StateDir) -> Result<DynamoServer, StackError> {
    let file = state.dynamodb().join("tables.sqlite");
    let store = if options.persistent { DynamoStore::File(file) } else { DynamoStore::Memory };
    let server = DynamoServer::start(0, &store).await?;
    if options.persistent {
        // DynamoDB itself deletes them within days; here a start has to.
        server.sweep_expired().await?;
    }
    Ok(server)
}

pub(crate) async fn start_faults(
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

pub(crate) async fn start_issuer(options: &Options, state: &StateDir) -> Result<Issuer, StackError> {
    let state_dir = options.persistent.then(|| state.issuer());
    let issuer = Some(ISSUER.to_owned());
    Ok(Issuer::start(IssuerConfig { state_dir, issuer, ..IssuerConfig::default() }).await?)
}

pub(crate) async fn start_payments(options: &Options, state: &StateDir) -> Result<PaymentProvider, StackError> {
    let state_dir = options.persistent.then(|| state.payments());
    let config = PaymentsConfig { api_key: PAYMENTS_KEY.to_owned(), state_dir, ..PaymentsConfig::default() };
    let failed = |error: std::io::Error| StackError::Part { part: "payment provider", cause: error.to_string() };
    PaymentProvider::start(config).await.map_err(failed)
}

pub(crate) async fn start_paypal(options: &Options, state: &StateDir) -> Result<FakePayPal, StackError> {
    let state_file = options.persistent.then(|| state.paypal());
    let failed = |error: std::io::Error| StackError::Part { part: "PayPal", cause: error.to_string() };
    FakePayPal::start(PayPalSettings { state_file, ..PayPalSettings::default() }).await.map_err(failed)
}

pub(crate) async fn start_carrier(options: &Options, state: &StateDir) -> Result<FakeCarrier, StackError> {
    let state_file = options.persistent.then(|| state.carrier());
    let settings = CarrierSettings { api_key: CARRIER_KEY.to_owned(), state_file, ..CarrierSettings::default() };
    let failed = |error: std::io::Error| StackError::Part { part: "carrier", cause: error.to_string() };
    FakeCarrier::start(settings).await.map_err(failed)
}
