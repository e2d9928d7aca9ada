//! What the database refuses of invoices and of orders' numbers.

use tokio_postgres::error::SqlState;

use super::with_orders;
use crate::testing::assert_refused;

const ISSUED: &str = "
    insert into refunds (id, payment_id, order_id, cause, reason, amount, currency, state, created_at, updated_at) values
        (pg_temp.id(60), pg_temp.id(40), pg_temp.id(12), 'request', 'duplicate', 5, 'USD', 'SUCCEEDED', now(), now());
    insert into invoice_counters (legal_entity, year, last) values ('CC', 2026, 1);
    insert into invoices (id, legal_entity, year, number, kind, order_id, snapshot, issued_at)
        values (pg_temp.id(70), 'CC', 2026, 1, 'invoice', pg_temp.id(12), '{}', now());";

fn paper(entity: &str, year: i32, number: i32, kind: &str, order: u32, refund: &str, snapshot: &str) -> String {
    format!(
        "insert into invoices (id, legal_entity, year, number, kind, order_id, refund_id, snapshot, issued_at) values
            (pg_temp.id(71), '{entity}', {year}, {number}, '{kind}', pg_temp.id({order}), {refund}, '{snapshot}', now())"
    )
}

#[tokio::test]
async fn a_paper_has_the_next_number_and_is_about_one_thing() {
    let client = with_orders().await;
    client.batch_execute(ISSUED).await.unwrap();
    let note = "pg_temp.id(60)";
    assert_refused(
        &client,
        &[
            ("invoices_number_unique", &paper("CC", 2026, 1, "invoice", 13, "null", "{}")),
            ("invoices_number_follows", &paper("CC", 2026, 3, "invoice", 13, "null", "{}")),
            ("invoices_number_positive", &paper("CC", 2026, 0, "invoice", 13, "null", "{}")),
            ("invoices_one_per_order", &paper("CC", 2026, 2, "invoice", 12, "null", "{}")),
            ("invoices_counter_exists", &paper("CC", 2027, 1, "invoice", 13, "null", "{}")),
            ("invoices_legal_entity_form", &paper("cc", 2026, 1, "invoice", 13, "null", "{}")),
            ("invoices_kind_known", &paper("CC", 2026, 2, "bill", 13, "null", "{}")),
            ("invoices_credit_note_of_refund", &paper("CC", 2026, 2, "credit_note", 12, "null", "{}")),
            ("invoices_credit_note_of_refund", &paper("CC", 2026, 2, "invoice", 13, note, "{}")),
            ("invoices_order_exists", &paper("CC", 2026, 2, "invoice", 99, "null", "{}")),
            ("invoices_refund_exists", &paper("CC", 2026, 2, "credit_note", 12, "pg_temp.id(99)", "{}")),
            ("invoices_snapshot_object", &paper("CC", 2026, 2, "invoice", 13, "null", "[]")),
            ("invoice_counters_last_positive", "update invoice_counters set last = 0"),
            (
                "checkouts_order_number_unique",
                "update checkouts set order_number = '000000003' where id = pg_temp.id(2)",
            ),
            ("checkouts_order_number_form", "update checkouts set order_number = '00000000I' where id = pg_temp.id(2)"),
            ("orders_order_number_unique", "update orders set order_number = '000000003' where id = pg_temp.id(12)"),
            ("orders_order_number_form", "update orders set order_number = '0000-0000' where id = pg_temp.id(12)"),
        ],
    )
    .await;
    client.batch_execute(&paper("CC", 2026, 2, "credit_note", 12, note, "{}")).await.expect("the next one");
    let again = paper("CC", 2026, 3, "credit_note", 12, note, "{}").replace("id(71)", "id(72)");
    assert_refused(&client, &[("invoices_one_per_refund", &again)]).await;
}

#[tokio::test]
async fn what_was_issued_stays_as_it_is() {
    let client = with_orders().await;
    client.batch_execute(ISSUED).await.unwrap();
    for statement in ["update invoices set number = 2", "delete from invoices", "truncate invoices"] {
        let error = client.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
    }
}
