use deadpool_postgres::Transaction;
use futures_util::{FutureExt as _, future::join_all};

use super::*;
use crate::testing::database;

async fn add_one(tx: &Transaction<'_>) -> Result<i64, DbError> {
    let before: i64 = tx.query_one("select n from counter", &[]).await?.try_get(0)?;
    // Both have read before either writes: without retries one of the two would be lost, or fail.
    tokio::time::sleep(Duration::from_millis(5)).await;
    tx.execute("update counter set n = $1", &[&(before + 1)]).await?;
    Ok(before + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_loses_runs_again_and_is_counted_under_its_name() {
    let database = database().await;
    let client = database.client().await.unwrap();
    client.batch_execute("create table counter (n bigint); insert into counter values (0)").await.unwrap();
    let outcomes = join_all(
        (0..3).map(|_| database.run_tx("add_one", Isolation::Serializable, &(), |tx, ()| add_one(tx).boxed())),
    )
    .await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let count: i64 = client.query_one("select n from counter", &[]).await.unwrap().get(0);
    assert_eq!(count, i64::try_from(done).unwrap());
    assert_eq!(done, 3, "{outcomes:?}");
    assert!(database.retries()["add_one"] >= 1);
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind() {
    let database = database().await;
    let client = database.client().await.unwrap();
    client.batch_execute("create table counter (n bigint)").await.unwrap();
    let failed: Result<(), DbError> = database
        .run_tx("fail", Isolation::ReadCommitted, &(), |tx, ()| {
            async {
                tx.execute("insert into counter values (1)", &[]).await?;
                Err(DbError::CalledOff)
            }
            .boxed()
        })
        .await;
    assert!(matches!(failed, Err(DbError::CalledOff)));
    let rows: i64 = client.query_one("select count(*) from counter", &[]).await.unwrap().get(0);
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_unavailable_and_a_wrong_one_is_broken() {
    use origin_core::StoreError;

    let url = crate::testing::database_url().await;
    let settings =
        crate::DatabaseSettings { statement_timeout: Duration::from_millis(50), ..crate::DatabaseSettings::new(url) };
    let database = Database::new(&settings).unwrap();
    let client = database.client().await.unwrap();
    let meaning = |error: tokio_postgres::Error| StoreError::from(DbError::from(error));
    let slow = client.execute("select pg_sleep(5)", &[]).await.unwrap_err();
    assert!(matches!(meaning(slow), StoreError::Unavailable(_)));
    let wrong = client.execute("select * from nowhere", &[]).await.unwrap_err();
    assert!(matches!(meaning(wrong), StoreError::Broken(_)));
}

#[tokio::test]
async fn a_dead_server_is_unavailable() {
    use origin_core::StoreError;

    let database = Database::new(&crate::DatabaseSettings::new("postgres://nobody@127.0.0.1:1/nothing")).unwrap();
    let error = database.client().await.map(drop).unwrap_err();
    assert!(matches!(StoreError::from(error), StoreError::Unavailable(_)));
}
