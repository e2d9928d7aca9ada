//! The schema's migrations.

use refinery::error::Kind;

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
    /// [`DbError`]; [`DbError::OtherSchema`] where an applied migration is not the one in this program, or one of this program's
    /// is missing below the last that was applied.
    pub async fn migrate(settings: &DatabaseSettings) -> Result<Vec<String>, DbError> {
        let mut config: tokio_postgres::Config = settings.url.parse()?;
        config.connect_timeout(settings.connect_timeout);
        let (mut client, connection) = config.connect(tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        let outcome = async {
            client.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
            let report =
                embedded::migrations::runner().run_async(&mut client).await.map_err(|error| refused(&error))?;
            Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
        }
        .await;
        // Ends the session, and with it the lock.
        drop(client);
        connection.abort();
        outcome
    }
}

/// The runner's own words for a migration that was not applied in its turn are that a file is missing.
fn refused(error: &refinery::Error) -> DbError {
    match error.kind() {
        Kind::MissingVersion(migration) | Kind::DivergentVersion(migration, _) => {
            DbError::OtherSchema(migration.to_string())
        }
        _ => DbError::broken(error),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Database, DatabaseSettings, DbError, testing::database_url};

    #[tokio::test]
    async fn a_schema_that_lacks_a_migration_below_its_last_is_refused_by_name() {
        let url = database_url().await;
        let client = Database::new(&DatabaseSettings::new(url.clone())).unwrap().client().await.unwrap();
        client.execute("delete from refinery_schema_history where version in (13, 14)", &[]).await.unwrap();
        let refused = Database::migrate(&DatabaseSettings::new(url)).await.unwrap_err();
        assert!(matches!(&refused, DbError::OtherSchema(name) if name == "V13__shipments"), "{refused:?}");
    }
}
