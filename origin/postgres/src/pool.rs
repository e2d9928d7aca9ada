//! The pool of connections.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;

use crate::{DbError, customers::KnownCustomers, tx::RetryCounts};

/// How to reach the database.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// A `postgres://` URL or a key-value string, as libpq takes it.
    pub url: String,
    /// Connections at most; 1 in a function instance.
    pub max_connections: usize,
    /// How long a request waits for a connection, and a connection attempt lasts.
    pub connect_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// Whether a pooled connection is asked whether it lives before each use: needed where the process is frozen between
    /// requests.
    pub check_before_use: bool,
}

impl DatabaseSettings {
    /// One connection, checked before use: what a function instance wants.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 1,
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            check_before_use: true,
        }
    }
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may hold a password.
        f.debug_struct("DatabaseSettings").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL does not parse.
    #[error("the database URL is not valid: {0}")]
    Url(tokio_postgres::Error),
    /// The pool cannot be built.
    #[error("the connection pool cannot be built: {0}")]
    Pool(String),
}

/// PostgreSQL, behind a pool. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    pub(crate) retries: Arc<RetryCounts>,
    pub(crate) customers: Arc<KnownCustomers>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Database {
    /// A pool for this database. Connects to nothing yet.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn new(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let mut config: tokio_postgres::Config = settings.url.parse().map_err(DatabaseError::Url)?;
        config.connect_timeout(settings.connect_timeout);
        let timeout = format!("-c statement_timeout={}", settings.statement_timeout.as_millis());
        let options = config.get_options().map_or_else(|| timeout.clone(), |given| format!("{given} {timeout}"));
        config.options(options);
        let recycling_method =
            if settings.check_before_use { RecyclingMethod::Verified } else { RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager)
            .max_size(settings.max_connections)
            .wait_timeout(Some(settings.connect_timeout))
            .create_timeout(Some(settings.connect_timeout))
            .recycle_timeout(Some(settings.connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DatabaseError::Pool(error.to_string()))?;
        Ok(Self { pool, retries: Arc::default(), customers: Arc::default() })
    }

    /// A connection, for reads and single statements. It returns to the pool when dropped.
    ///
    /// # Errors
    /// [`DbError::NoConnection`] if none can be had in time.
    pub async fn client(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => DbError::Sql(error),
            other => DbError::NoConnection(other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use origin_core::StoreError;

    use super::*;
    use crate::testing::database_url;

    #[tokio::test]
    async fn a_pool_without_a_free_connection_is_unavailable_for_now() {
        let connect_timeout = Duration::from_secs(2);
        let settings = DatabaseSettings::new(database_url().await);
        let database = Database::new(&DatabaseSettings { max_connections: 1, connect_timeout, ..settings }).unwrap();
        let _taken = database.client().await.unwrap();
        let error = StoreError::from(database.client().await.unwrap_err());
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}
