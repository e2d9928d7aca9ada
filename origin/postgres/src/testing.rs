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

/// So many orders of one customer, a minute apart, with numbers and ids that count up.
pub(crate) async fn write_orders(client: &Object, count: u32) {
    let orders = format!(
        "create function pg_temp.id(kind text, number int) returns uuid language sql as $$
            select ('00000000-0000-7000-8' || kind || '00-' || lpad(number::text, 12, '0'))::uuid $$;
        insert into customers (id, issuer, sub, created_at, updated_at)
            values (pg_temp.id('0', 1), 'issuer', 'sub', now(), now());
        insert into checkouts (id, order_id, customer_id, cart_id, cart_version, request_hash, lines, currency, subtotal,
            tax, shipping, total, shipping_address, state, hold_until, order_number, created_at, updated_at)
        select pg_temp.id('1', n), pg_temp.id('2', n), pg_temp.id('0', 1), pg_temp.id('3', n), 1, sha256(n::text::bytea),
            '[{{}}]', 'EUR', 10, 0, 0, 10, '{{\"street\": \"1\", \"city\": \"Bonn\", \"zipCode\": \"1\", \"country\": \"DE\"}}',
            'PLACED', now(), lpad(n::text, 9, '0'), now() + n * interval '1 minute', now()
        from generate_series(1, {count}) as n;
        insert into orders (id, checkout_id, user_id, status, currency, subtotal, tax, shipping, total, shipping_address,
            reserved_until, order_number, created_at, updated_at)
        select order_id, id, customer_id, 'PROCESSING', currency, subtotal, tax, shipping, total, shipping_address,
            hold_until, order_number, created_at, now() from checkouts"
    );
    client.batch_execute(&orders).await.expect("the orders should be there");
}

/// Each statement violates the constraint beside it.
pub(crate) async fn assert_refused(client: &Object, refused: &[(&str, &str)]) {
    for (constraint, statement) in refused {
        let error = DbError::from(client.batch_execute(statement).await.expect_err(constraint));
        assert!(error.violates(constraint), "{constraint}: {statement}: {error:?}");
    }
}
