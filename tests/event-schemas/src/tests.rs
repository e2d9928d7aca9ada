use serde_json::json;

use super::*;

const SUFFIX: &str = "01ktp6sn00e8m9wvpfqsmyrszv";

fn id(prefix: &str) -> String {
    format!("{prefix}_{SUFFIX}")
}

/// A right payload of each type.
fn right(kind: &str) -> Value {
    let payment = json!({"orderId": id("order"), "paymentId": id("pay"), "attemptId": id("att"), "attempt": 1});
    let with = |mut data: Value, name: &str, value: Value| {
        data[name] = value;
        data
    };
    let refund = json!({"orderId": id("order"), "paymentId": id("pay"), "refundId": id("ref"), "currency": "EUR"});
    let refund = with(refund, "amount", serde_json::from_str("9.90").unwrap());
    let dispute = json!({"orderId": id("order"), "paymentId": id("pay"), "disputeId": "du_1", "currency": "EUR"});
    let dispute = with(dispute, "amount", serde_json::from_str("9.90").unwrap());
    let stock = json!([{"variantId": id("var"), "onHand": 3, "backorderLimit": 0}]);
    match kind {
        "OrderCreated" => json!({"orderId": id("order"), "customerId": id("cust")}),
        "OrderProcessed" => json!({"orderId": id("order"), "paymentId": id("pay")}),
        "OrderShipped" | "OrderDelivered" => json!({
            "orderId": id("order"), "shipmentId": id("ship"), "complete": true,
            "items": [{"variantId": id("var"), "quantity": 2}],
        }),
        "OrderReturned" => {
            let items = json!([{"variantId": id("var"), "quantity": 2, "restocked": true}]);
            let data = json!({"orderId": id("order"), "returnId": id("ret"), "currency": "EUR", "items": items});
            with(data, "amount", json!(0))
        }
        "OrderCancelled" | "OrderFailed" => json!({"orderId": id("order"), "reason": "customer"}),
        "PaymentSucceeded" => {
            with(with(payment, "currency", json!("EUR")), "amount", serde_json::from_str("9.90").unwrap())
        }
        "PaymentAuthorised" => with(payment, "captureBefore", json!("2024-01-28T11:00:00Z")),
        "PaymentLapsing" => json!({
            "orderId": id("order"), "paymentId": id("pay"), "captureBefore": "2024-01-28T11:00:00Z",
        }),
        "PaymentFailed" | "PaymentCanceled" | "PaymentStranded" => with(payment, "reason", json!("order_cancelled")),
        "RefundSucceeded" => refund,
        "RefundFailed" => with(refund, "reason", json!("expired_or_canceled_card")),
        "DisputeOpened" => with(dispute, "reason", json!("fraudulent")),
        "DisputeClosed" => with(dispute, "outcome", json!("won")),
        "InventoryReserved" => {
            json!({"orderId": id("order"), "lines": [{"variantId": id("var"), "quantity": 2}]})
        }
        "InventoryReservationFailed" => {
            json!({"orderId": id("order"), "shortages": [{"variantId": id("var"), "requested": 2, "sellable": 1}]})
        }
        "LowStock" => json!({"productId": id("prod"), "variantId": id("var"), "available": -1, "threshold": 5}),
        "StockMismatch" => {
            json!({"productId": id("prod"), "variantId": id("var"), "kind": "manual_edit", "counted": 4, "ledger": 5})
        }
        "ProductCreated" | "ProductUpdated" => json!({"productId": id("prod"), "variants": stock}),
        "ProductDeleted" => json!({"productId": id("prod")}),
        "CartUpdated" => json!({"cartId": id("cart"), "version": 3}),
        other => unreachable!("{other} has a schema and no example"),
    }
}

#[test]
fn each_type_has_a_schema_that_takes_what_is_right() {
    assert_eq!(kinds().len(), 25);
    for kind in kinds() {
        assert_published(&kind, &right(&kind));
    }
}

#[test]
fn a_member_too_many_or_too_few_is_refused() {
    for kind in kinds() {
        let mut data = right(&kind);
        data["email"] = json!("a@example.com");
        assert!(!problems(&kind, &data).is_empty(), "{kind}: personal data");
        let mut data = right(&kind);
        let first = data.as_object().unwrap().keys().next().unwrap().clone();
        data.as_object_mut().unwrap().remove(&first);
        assert!(!problems(&kind, &data).is_empty(), "{kind}: without {first}");
    }
}

#[test]
fn an_id_of_another_kind_and_an_amount_as_text_are_refused() {
    let mut data = right("OrderCreated");
    data["orderId"] = json!(id("cart"));
    assert_eq!(problems("OrderCreated", &data).len(), 1);
    let mut data = right("RefundSucceeded");
    data["amount"] = json!("9.90");
    assert_eq!(problems("RefundSucceeded", &data).len(), 1);
    data["amount"] = json!(0);
    assert_eq!(problems("RefundSucceeded", &data).len(), 1);
}

#[test]
fn a_product_may_change_without_new_variants() {
    assert_published("ProductUpdated", &json!({"productId": id("prod")}));
}

#[test]
#[should_panic(expected = "OrderShipped")]
fn a_wrong_payload_fails_the_assertion() {
    assert_published("OrderShipped", &json!({}));
}
