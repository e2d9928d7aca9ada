//! What the outbox forgets, on a real PostgreSQL.

use commerce_domain::EventId;
use jiff::{SignedDuration, Timestamp};
use origin_core::events::Outbox as _;
use test_support::{SystemClock, SystemEntropy};

use crate::{
    Database,
    outbox::{NewEvent, write_event},
    testing,
};

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

/// Writes an event of `subject` that was published so long ago.
async fn publish(database: &Database, subject: &str, sequence: i64, age: Option<SignedDuration>) {
    let id = EventId::generate(&SystemClock, &SystemEntropy).as_uuid();
    let insert = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at, published_at)
        values ($1, $2, $3, 'Event', '{}', $4, $5)";
    let published = age.map(|age| now() - age);
    let client = database.client().await.unwrap();
    client.execute(insert, &[&id, &subject, &sequence, &(now() - days(30)), &published]).await.unwrap();
}

/// How many were looked at.
async fn forget(database: &Database, at: Timestamp, limit: u32) -> u32 {
    database.forget_events(at - days(14), limit).await.unwrap()
}

async fn left(database: &Database, subject: &str) -> Vec<i64> {
    let client = database.client().await.unwrap();
    let sql = "select sequence from outbox where aggregate_id = $1 order by sequence";
    client.query(sql, &[&subject]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn what_was_published_long_ago_is_forgotten_but_for_the_last_of_each_subject() {
    let database = testing::database().await;
    let all = [
        ("prod_old", [Some(days(20)), Some(days(19)), Some(days(18))]),
        ("prod_new", [Some(days(20)), Some(days(13)), Some(days(1))]),
        ("prod_edge", [Some(days(14)), Some(days(14)), Some(days(14))]),
        ("prod_waits", [Some(days(20)), Some(days(20)), None]),
        ("order_old", [Some(days(20)), Some(days(20)), Some(days(20))]),
    ];
    for (subject, ages) in all {
        for (sequence, age) in (1..).zip(ages) {
            publish(&database, subject, sequence, age).await;
        }
    }
    for _ in 0..2 {
        forget(&database, now(), 100).await;
        assert_eq!(left(&database, "prod_old").await, [3]);
        assert_eq!(left(&database, "prod_new").await, [2, 3], "not two weeks old");
        assert_eq!(left(&database, "prod_edge").await, [1, 2, 3], "not more than two weeks old");
        assert_eq!(left(&database, "prod_waits").await, [1, 2, 3], "one that is to come waits");
        assert_eq!(left(&database, "order_old").await, [1, 2, 3], "an order's history");
    }
    let client = database.client().await.unwrap();
    client.execute("update outbox set published_at = $1 where published_at is null", &[&now()]).await.unwrap();
    forget(&database, now() + days(15), 100).await;
    for subject in ["prod_old", "prod_new", "prod_edge", "prod_waits"] {
        assert_eq!(left(&database, subject).await, [3], "{subject}");
    }
}

#[tokio::test]
async fn the_next_event_of_a_subject_is_numbered_on_and_frees_the_last_one() {
    let database = testing::database().await;
    publish(&database, "prod_a", 1, Some(days(20))).await;
    publish(&database, "prod_a", 2, Some(days(20))).await;
    forget(&database, now(), 100).await;
    let mut client = database.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let id = EventId::generate(&SystemClock, &SystemEntropy);
    let next = NewEvent { id, aggregate_id: "prod_a".to_owned(), event: "Event", payload: serde_json::json!({}) };
    write_event(&tx, &next, now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(left(&database, "prod_a").await, [2, 3]);
    let waiting = database.list_next_events(&[], 100).await.unwrap();
    assert_eq!(waiting.iter().map(|event| event.sequence).collect::<Vec<_>>(), [3]);
    database.mark_published(&[id], now()).await.unwrap();
    forget(&database, now() + days(13), 100).await;
    assert_eq!(left(&database, "prod_a").await, [2, 3]);
    forget(&database, now() + days(15), 100).await;
    assert_eq!(left(&database, "prod_a").await, [3]);
}

#[tokio::test]
async fn some_are_looked_at_at_a_time_and_none_twice() {
    let database = testing::database().await;
    for subject in 0..10 {
        publish(&database, &format!("prod_{subject}"), 1, Some(days(20))).await;
    }
    publish(&database, "prod_later", 1, Some(days(19))).await;
    publish(&database, "prod_later", 2, Some(days(19))).await;
    assert_eq!(forget(&database, now(), 10).await, 10, "there may be more");
    assert_eq!(left(&database, "prod_later").await, [1, 2], "ten were looked at");
    assert_eq!(forget(&database, now(), 10).await, 2);
    assert_eq!(left(&database, "prod_later").await, [2], "the ten that stay are in nobody's way");
    assert_eq!(left(&database, "prod_0").await, [1]);
}
