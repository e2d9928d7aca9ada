//! The schema's migrations.

use crate::{Database, DatabaseSettings, DbError};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Guards the migrations, so that processes that start together run them once. Any number would do.
const MIGRATION_LOCK: i64 = 4_771_209_113;

impl Database {
    /// Brings the schema up to date on a connection of its own, without the statement timeout. Returns the names of the
    /// migrations that ran.
    ///
    /// # Errors
    /// [`DbError`], also where an applied migration is not the one in this program.
    pub async fn migrate(settings: &DatabaseSettings) -> Result<Vec<String>, DbError> {
        let mut config: tokio_postgres::Config = settings.url.parse()?;
        config.connect_timeout(settings.connect_timeout);
        let (mut client, connection) = config.connect(tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        let outcome = async {
            client.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
            let report = embedded::migrations::runner().run_async(&mut client).await.map_err(DbError::broken)?;
            Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
        }
        .await;
        // Ends the session, and with it the lock.
        drop(client);
        connection.abort();
        outcome
    }
}
