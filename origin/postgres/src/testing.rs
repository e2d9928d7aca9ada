//! A migrated database for each test, on one server for all tests of this process.

use deadpool_postgres::Object;
use test_support::TestDatabases;

use crate::{Database, DatabaseSettings, DbError};

/// A database of its own for the calling test.
pub(crate) async fn database() -> Database {
    let url = database_url().await;
    Database::new(&DatabaseSettings { max_connections: 4, ..DatabaseSettings::new(url) })
        .expect("the URL should be valid")
}

/// The URL of a migrated database of its own for the calling test.
pub(crate) async fn database_url() -> String {
    static DATABASES: TestDatabases = TestDatabases::new();
    let migrate = async |url: &str| {
        let applied = Database::migrate(&DatabaseSettings::new(url)).await;
        assert!(!applied.expect("the migrations should run").is_empty(), "the template was empty");
    };
    DATABASES.url(migrate).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Each statement violates the constraint beside it.
pub(crate) async fn assert_refused(client: &Object, refused: &[(&str, &str)]) {
    for (constraint, statement) in refused {
        let error = DbError::from(client.batch_execute(statement).await.expect_err(constraint));
        assert!(error.violates(constraint), "{constraint}: {statement}: {error:?}");
    }
}
