//! What the database itself refuses, whatever the code above it does.

mod captures;
mod inventory;
mod invoices;
mod refunds;
mod returns;
mod shipments;
mod taxes;

use deadpool_postgres::Object;
use tokio_postgres::error::SqlState;

use crate::testing::{assert_refused, database};

/// One of everything: an order of two pieces, paid at the second attempt, and another order that nobody has paid.
const ORDERS: &str = "
    create function pg_temp.id(number int) returns uuid language sql as $$ select lpad(number::text, 32, '0')::uuid $$;
    create function pg_temp.hash(number int) returns bytea language sql as $$ select sha256(number::text::bytea) $$;

    insert into customers (id, issuer, sub, created_at, updated_at) values (pg_temp.id(1), 'issuer', 'sub', now(), now());
    insert into checkouts (id, order_id, customer_id, cart_id, cart_version, request_hash, lines, currency, subtotal, tax,
        shipping, total, shipping_address, state, hold_until, cart_taken_at, cart_taken_version, order_number, created_at, updated_at)
    select pg_temp.id(checkout), pg_temp.id(checkout + 10), pg_temp.id(1), pg_temp.id(20), version, pg_temp.hash(checkout),
        '[{}]', 'USD', 20, 2, 5, 27, '{}', state, now(), taken_at, version + taken, lpad(checkout::text, 9, '0'), now(), now()
    from (values (2, 1, 'PLACED', now(), 1), (3, 2, 'PLACED', null, null), (4, 3, 'OPEN', null, null), (5, 3, 'FAILED', null, null))
        as checkout (checkout, version, state, taken_at, taken);
    insert into idempotency_keys (principal, route, key_hash, request_hash, state, lease_until, fence, checkout_id, created_at,
        expires_at) values (pg_temp.id(1), 'CreateOrder', pg_temp.hash(4), pg_temp.hash(4), 'IN_FLIGHT', now(), 1, pg_temp.id(4),
        now(), now());
    insert into orders (id, checkout_id, user_id, status, currency, subtotal, tax, shipping, total, payment_status,
        shipping_address, reserved_until, order_number, created_at, updated_at)
    select order_id, id, customer_id, 'PENDING', currency, subtotal, tax, shipping, total, null, shipping_address, hold_until,
        order_number, now(), now() from checkouts where state = 'PLACED';
    insert into order_items (order_id, position, product_id, variant_id, name, quantity, price, subtotal, tax, created_at)
        values (pg_temp.id(12), 0, pg_temp.id(30), pg_temp.id(31), 'Lamp', 2, 10, 20, 2, now());
    insert into payments (id, order_id, customer_id, provider, state, amount, currency, attempts, created_at, updated_at)
        values (pg_temp.id(40), pg_temp.id(12), pg_temp.id(1), 'stripe', 'SUCCEEDED', 27, 'USD', 2, now(), now());
    insert into payment_attempts (id, payment_id, order_id, number, state, created_at, updated_at) values
        (pg_temp.id(41), pg_temp.id(40), pg_temp.id(12), 1, 'FAILED', now(), now()),
        (pg_temp.id(42), pg_temp.id(40), pg_temp.id(12), 2, 'SUCCEEDED', now(), now());
    insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at) values
        (pg_temp.id(40), pg_temp.id(12), 'capture', 27, 'USD', 'attempt', now()),
        (pg_temp.id(40), pg_temp.id(12), 'refund', -5, 'USD', 'refund', now());
    insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
        values (pg_temp.id(50), 'order', 1, 'OrderCreated', '{}', now());";

async fn with_orders() -> Object {
    let client = database().await.client().await.unwrap();
    client.batch_execute(ORDERS).await.unwrap();
    client
}

#[tokio::test]
async fn a_cart_is_in_one_checkout_and_is_ordered_once() {
    let copy = |version: u32, state: &str| {
        format!(
            "insert into checkouts select (jsonb_populate_record(c, jsonb_build_object('id', pg_temp.id(6),
                'order_id', pg_temp.id(16), 'order_number', '000000006', 'cart_version', {version}, 'state', '{state}'))).* from checkouts c
                where id = pg_temp.id(4)"
        )
    };
    let client = with_orders().await;
    assert_refused(
        &client,
        &[
            ("checkouts_cart_live", &copy(3, "OPEN")),
            ("checkouts_cart_live", &copy(2, "PLACED")),
            ("checkouts_cart_open", &copy(4, "OPEN")),
            ("checkouts_cart_taken_once_placed", "update checkouts set cart_taken_at = now() where id = pg_temp.id(4)"),
            (
                "checkouts_cart_taken_once_placed",
                "update checkouts set cart_taken_version = 9 where id = pg_temp.id(3)",
            ),
            (
                "checkouts_cart_taken_version_later",
                "update checkouts set cart_taken_at = now(), cart_taken_version = 2 where id = pg_temp.id(3)",
            ),
            ("orders_checkout_once", "update orders set checkout_id = pg_temp.id(2) where checkout_id = pg_temp.id(3)"),
        ],
    )
    .await;
    let client = with_orders().await;
    client.batch_execute("update checkouts set state = 'FAILED' where state = 'OPEN'").await.unwrap();
    client.batch_execute(&copy(3, "OPEN")).await.expect("a failed checkout frees its cart");
}

#[tokio::test]
async fn a_claim_names_a_checkout_that_is_there_and_ends_with_an_answer() {
    let client = with_orders().await;
    assert_refused(
        &client,
        &[
            ("idempotency_keys_checkout_exists", "update idempotency_keys set checkout_id = pg_temp.id(99)"),
            ("idempotency_keys_checkout_exists", "delete from checkouts where id = pg_temp.id(4)"),
            ("idempotency_keys_done_answers", "update idempotency_keys set state = 'DONE'"),
            ("idempotency_keys_state_known", "update idempotency_keys set state = 'LOST'"),
            ("idempotency_keys_fence_positive", "update idempotency_keys set fence = 0"),
        ],
    )
    .await;
}

#[tokio::test]
async fn states_and_currencies_are_known_ones() {
    let client = with_orders().await;
    assert_refused(
        &client,
        &[
            ("checkouts_state_known", "update checkouts set state = 'DONE' where state = 'OPEN'"),
            ("orders_status_known", "update orders set status = 'PAID'"),
            ("orders_payment_status_known", "update orders set payment_status = 'paid'"),
            ("orders_closing_known", "update orders set closing = 'lost', closing_since = now()"),
            ("orders_closing_dated", "update orders set closing = 'shop'"),
            (
                "orders_closing_while_pending",
                "update orders set closing = 'shop', closing_since = now(), status = 'PROCESSING'",
            ),
            ("payments_state_known", "update payments set state = 'PAID'"),
            ("payment_attempts_state_known", "update payment_attempts set state = 'PAID'"),
            ("checkouts_currency_form", "update checkouts set currency = 'usd'"),
            ("orders_currency_form", "update orders set currency = 'US'"),
            ("payments_currency_form", "update payments set currency = '$$$'"),
            (
                "ledger_entries_currency_form",
                "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
                values (pg_temp.id(40), pg_temp.id(12), 'refund', -1, 'usd', 'another', now())",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn sums_add_up_and_quantities_have_limits() {
    let client = with_orders().await;
    assert_refused(&client, &[
        ("checkouts_total_adds_up", "update checkouts set total = 28"),
        ("checkouts_amounts_not_negative", "update checkouts set shipping = -1, total = 21"),
        ("checkouts_line_count", "update checkouts set lines = '[]'"),
        ("orders_total_adds_up", "update orders set total = 26.99"),
        ("orders_amounts_not_negative", "update orders set tax = -1, total = 24"),
        ("order_items_quantity_range", "update order_items set quantity = 0, subtotal = 0"),
        ("order_items_quantity_range", "update order_items set quantity = 1000, subtotal = 10000"),
        ("order_items_subtotal_is_product", "update order_items set quantity = 3"),
        ("order_items_amounts_not_negative", "update order_items set price = -10, subtotal = -20"),
        (
            "order_items_variant_once",
            "insert into order_items select (jsonb_populate_record(i, jsonb_build_object('id', pg_temp.id(32), 'position', 1))).*
                from order_items i",
        ),
        ("payments_amount_not_negative", "update payments set amount = -1"),
    ])
    .await;
    let client = with_orders().await;
    let most = "update order_items set quantity = 999, subtotal = 9990";
    client.batch_execute(most).await.expect("999 pieces are a line");
}

#[tokio::test]
async fn an_order_is_paid_by_one_payment_with_one_live_attempt() {
    let attempt = |payment: u32, order: u32, number: u32| {
        format!(
            "insert into payment_attempts (id, payment_id, order_id, number, state, created_at, updated_at)
                values (pg_temp.id(43), pg_temp.id({payment}), pg_temp.id({order}), {number}, 'CREATED', now(), now())"
        )
    };
    let entry = |order: u32, kind: &str, amount: i32, reference: &str| {
        format!(
            "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
                values (pg_temp.id(40), pg_temp.id({order}), '{kind}', {amount}, 'USD', '{reference}', now())"
        )
    };
    let client = with_orders().await;
    assert_refused(&client, &[
        ("payment_attempts_one_live", &attempt(40, 12, 3)),
        ("payment_attempts_number_unique", &attempt(40, 13, 2)),
        ("payment_attempts_payment_exists", &attempt(40, 13, 3)),
        ("payment_attempts_payment_exists", &attempt(99, 13, 1)),
        ("ledger_entries_payment_exists", &entry(13, "capture", 1, "another")),
        ("ledger_entries_amount_sign", &entry(12, "refund", 1, "another")),
        ("ledger_entries_amount_sign", &entry(12, "capture", -1, "another")),
        ("ledger_entries_cause_once", &entry(12, "capture", 27, "attempt")),
        (
            "payments_one_per_order",
            "insert into payments select (jsonb_populate_record(p, jsonb_build_object('id', pg_temp.id(44)))).* from payments p",
        ),
        (
            "outbox_sequence_unique",
            "insert into outbox select (jsonb_populate_record(o, jsonb_build_object('id', pg_temp.id(51)))).* from outbox o",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_named_is_there() {
    let client = with_orders().await;
    assert_refused(
        &client,
        &[
            ("checkouts_customer_exists", "update checkouts set customer_id = pg_temp.id(99)"),
            ("orders_checkout_exists", "update orders set checkout_id = pg_temp.id(99) where id = pg_temp.id(13)"),
            ("orders_user_exists", "update orders set user_id = pg_temp.id(99)"),
            ("order_items_order_exists", "update order_items set order_id = pg_temp.id(99)"),
            ("payments_customer_exists", "update payments set customer_id = pg_temp.id(99)"),
            (
                "payments_order_exists",
                "insert into payments select (jsonb_populate_record(p, jsonb_build_object('id', pg_temp.id(44),
                'order_id', pg_temp.id(99)))).* from payments p",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_tells_things_apart_is_given_once() {
    let client = with_orders().await;
    assert_refused(&client, &[
        (
            "customers_identity_unique",
            "insert into customers select (jsonb_populate_record(c, jsonb_build_object('id', pg_temp.id(9)))).* from customers c",
        ),
        ("checkouts_order_unique", "update checkouts set order_id = pg_temp.id(13) where id = pg_temp.id(2)"),
        (
            "order_items_position_unique",
            "insert into order_items select (jsonb_populate_record(i, jsonb_build_object('id', pg_temp.id(32),
                'variant_id', pg_temp.id(33)))).* from order_items i",
        ),
        (
            "payments_intent_unique",
            "update payments set intent_id = 'pi_1';
            insert into payments select (jsonb_populate_record(p, jsonb_build_object('id', pg_temp.id(44),
                'order_id', pg_temp.id(13)))).* from payments p",
        ),
    ])
    .await;
}

#[tokio::test]
async fn hashes_documents_and_numbers_have_their_form() {
    let client = with_orders().await;
    assert_refused(&client, &[
        ("customers_issuer_length", "update customers set issuer = ''"),
        ("customers_sub_length", "update customers set sub = repeat('s', 129)"),
        ("customers_email_length", "update customers set email = 'a@'"),
        ("customers_name_length", "update customers set name = ''"),
        ("customers_consents_object", "update customers set consents = '[]'"),
        ("checkouts_request_hash_length", "update checkouts set request_hash = 'short'"),
        ("checkouts_cart_version_positive", "update checkouts set cart_version = 0 where id = pg_temp.id(5)"),
        ("checkouts_address_object", "update checkouts set shipping_address = '[]'"),
        ("idempotency_keys_key_hash_length", "update idempotency_keys set key_hash = 'short'"),
        ("idempotency_keys_request_hash_length", "update idempotency_keys set request_hash = 'short'"),
        (
            "idempotency_keys_status_range",
            "update idempotency_keys set state = 'DONE', response_status = 503, response_headers = '[]', response_body = ''",
        ),
        ("orders_address_object", "update orders set shipping_address = '[]'"),
        ("orders_version_positive", "update orders set version = 0"),
        ("order_items_options_array", "update order_items set options = '{}'"),
        ("payments_attempts_not_negative", "update payments set attempts = -1"),
        ("payment_attempts_number_positive", "update payment_attempts set number = 0 where number = 1"),
        ("payment_attempts_hold_step_known", "update payment_attempts set hold_step = 'keep'"),
        ("outbox_sequence_positive", "update outbox set sequence = 0"),
        ("outbox_payload_object", "update outbox set payload = '[]'"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_in_a_ledger_stays_as_it_is() {
    let client = with_orders().await;
    for table in ["ledger_entries", "stock_ledger"] {
        for statement in
            [format!("update {table} set reference = 'x'"), format!("delete from {table}"), format!("truncate {table}")]
        {
            let error = client.batch_execute(&statement).await.expect_err(&statement);
            assert_eq!(error.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
        }
    }
}
