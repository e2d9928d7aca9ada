//! What the database refuses of refunds.

use super::with_orders;
use crate::testing::assert_refused;

const REFUND: &str = "insert into refunds (id, payment_id, order_id, cause, reason, amount, currency, state, provider_refund,
        created_at, updated_at)
    values (pg_temp.id(60), pg_temp.id(40), pg_temp.id(12), 'request', 'duplicate', 5, 'USD', 'PENDING', 're_1', now(), now())";

#[tokio::test]
async fn a_refund_has_one_cause_and_is_what_it_says() {
    let client = with_orders().await;
    client.batch_execute(REFUND).await.unwrap();
    let copy = |members: &str| {
        format!(
            "insert into refunds select (jsonb_populate_record(r, jsonb_build_object('id', pg_temp.id(61), {members}))).*
                from refunds r"
        )
    };
    assert_refused(
        &client,
        &[
            ("refunds_cause_once", &copy("'provider_refund', null")),
            ("refunds_provider_unique", &copy("'cause', 'another'")),
            ("refunds_payment_exists", "update refunds set order_id = pg_temp.id(13)"),
            ("refunds_cause_length", "update refunds set cause = ''"),
            ("refunds_cause_length", "update refunds set cause = repeat('c', 101)"),
            ("refunds_reason_known", "update refunds set reason = 'because'"),
            ("refunds_amount_positive", "update refunds set amount = 0"),
            ("refunds_currency_form", "update refunds set currency = 'usd'"),
            ("refunds_state_known", "update refunds set state = 'LOST'"),
            ("refunds_failure_told", "update refunds set state = 'FAILED'"),
            ("refunds_failure_told", "update refunds set failure_code = 'lost'"),
            ("orders_hold_step_known", "update orders set status = 'CANCELLED', hold_step = 'keep'"),
            ("checkouts_failure_code_length", "update checkouts set failure_code = '' where state = 'FAILED'"),
            ("checkouts_failure_code_once_failed", "update checkouts set failure_code = 'X' where state = 'PLACED'"),
            ("orders_hold_step_once_ended", "update orders set hold_step = 'return'"),
            ("orders_hold_step_once_ended", "update orders set hold_step = 'let_go'"),
            ("orders_hold_step_once_ended", "update orders set status = 'REFUNDED', hold_step = 'release'"),
        ],
    )
    .await;
    let sent_back = "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
        values (pg_temp.id(40), pg_temp.id(12), 'refund_failed', -5, 'USD', 'again', now())";
    assert_refused(&client, &[("ledger_entries_amount_sign", sent_back)]).await;
    client.batch_execute("update refunds set state = 'FAILED', failure_code = 'lost'").await.unwrap();
}
