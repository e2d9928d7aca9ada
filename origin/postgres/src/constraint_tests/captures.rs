//! What the database refuses of money that is set aside.

use super::with_orders;
use crate::testing::assert_refused;

#[tokio::test]
async fn money_is_set_aside_for_a_time_and_captured_only_then() {
    let client = with_orders().await;
    assert_refused(
        &client,
        &[
            ("payments_authorised_for_a_time", "update payments set state = 'AUTHORISED'"),
            ("payments_capture_of_authorised", "update payments set capture_asked_at = now()"),
            ("payments_capture_of_authorised", "update payments set lapse_told_at = now()"),
        ],
    )
    .await;
    let aside = "update payments set state = 'AUTHORISED', capture_before = now(), capture_asked_at = now();
        update orders set payment_status = 'authorised'";
    client.batch_execute(aside).await.unwrap();
    assert_refused(
        &client,
        &[("payments_authorised_for_a_time", "update payments set capture_before = null, capture_asked_at = null")],
    )
    .await;
}
