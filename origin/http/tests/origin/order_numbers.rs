//! The numbers of orders that people say.

use commerce_domain::OrderNumber;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;

use crate::shop::{Placed, Shop, address};

#[tokio::test]
async fn an_order_has_a_number_and_one_that_is_taken_is_not_given_again() {
    let placed = Placed::new().await;
    let ada = placed.shop.shopper("ada");
    let read = ada.get(&format!("/v1/orders/{}", placed.order)).await;
    let number: OrderNumber = read.text("/orderNumber").parse().unwrap();
    assert_eq!(read.text("/orderNumber"), number.to_string());
    assert_eq!(ada.get("/v1/orders").await.text("/data/0/orderNumber"), number.to_string());
    // The next checkout draws the same one, and only the next.
    let unlucky = "create sequence draws;
        create function draw_again() returns trigger language plpgsql as $$ begin
            if nextval('draws') = 1 then new.order_number := (select order_number from orders); end if;
            return new;
        end $$;
        create trigger unlucky before insert on checkouts for each row execute function draw_again()";
    placed.shop.database.client().await.unwrap().batch_execute(unlucky).await.unwrap();
    placed.shop.fill_cart("ada", &[(&placed.item, 1)]).await;
    let second = ada.post("/v1/orders", &json!({"shippingAddress": address()})).await;
    assert_eq!(second.status, 201, "{second:?}");
    let other: OrderNumber = second.text("/orderNumber").parse().unwrap();
    assert_ne!(other, number);
    assert_eq!(placed.shop.count("select last_value from draws").await, 2);
    let kept =
        "select count(*) from orders o join checkouts c on c.id = o.checkout_id where o.order_number = c.order_number";
    assert_eq!(placed.shop.count(kept).await, 2);
}

#[tokio::test]
async fn a_checkout_that_is_taken_over_keeps_its_number() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let body = json!({"shippingAddress": address()});
    shop.stops.stop_once_at(HookPoint::AfterHold);
    assert_eq!(ada.post("/v1/orders", &body).await.status, 503);
    let client = shop.database.client().await.unwrap();
    let drawn: String = client.query_one("select order_number from checkouts", &[]).await.unwrap().get(0);
    shop.clock.advance(SignedDuration::from_secs(31));
    let placed = ada.post("/v1/orders", &body).await;
    let number: OrderNumber = placed.text("/orderNumber").parse().unwrap();
    assert_eq!(number.compact(), drawn);
}
