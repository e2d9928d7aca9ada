//! An old order's goods go into the cart again.

use commerce_aws::cart_table::StoredKey;
use commerce_domain::Clock as _;
use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Answer, Edge, Item, Shop, number};

/// Ada's order of two lamps and a chair.
struct Ordered {
    shop: Shop,
    lamp: Item,
    chair: Item,
    order: String,
}

impl Ordered {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let (lamp, chair) = (shop.item("Lamp", "60.00", 9).await, shop.item("Chair", "70.00", 9).await);
        let order = shop.order("ada", &[(&lamp, 2), (&chair, 1)]).await.unwrap();
        Self { shop, lamp, chair, order }
    }

    /// Gives Ada a cart of so many lamps, as the edge would have filled it.
    async fn lamps_in_cart(&self, pieces: i64) {
        self.shop.fill_cart("ada", &[(&self.lamp, pieces)]).await;
        self.shop.set_cart_currency("ada", "USD").await;
    }

    async fn again(&self, key: Option<&str>) -> Answer {
        let ada = self.shop.shopper("ada");
        let ada = key.map_or_else(|| ada.clone(), |key| ada.with("idempotency-key", key));
        ada.post(&format!("/v1/orders/{}/reorder", self.order), &json!({})).await
    }

    /// How many pieces lie in Ada's cart.
    async fn in_cart(&self, item: &Item) -> i64 {
        let cart = self.shop.cart("ada").await;
        cart.and_then(|cart| cart.quantities.get(&item.variant.to_string()).copied()).unwrap_or(0)
    }

    async fn pieces(&self) -> (i64, i64) {
        (self.in_cart(&self.lamp).await, self.in_cart(&self.chair).await)
    }
}

/// Name, reason, and how many were added, of what was left out; by name, as lines of one moment are in no order.
fn left_out(answer: &Answer) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = answer.json()["leftOut"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
    let one = |line: &Value| (text(&line["name"]), text(&line["reason"]), line["added"].as_u64().unwrap());
    let mut lines: Vec<_> = lines.iter().map(one).collect();
    lines.sort();
    lines
}

fn left(name: &str, reason: &str, added: u64) -> (String, String, u64) {
    (name.to_owned(), reason.to_owned(), added)
}

#[tokio::test]
async fn the_lines_of_an_order_go_into_the_cart_at_todays_price() {
    let ordered = Ordered::new().await;
    ordered.shop.reprice(&ordered.lamp, "55.50").await;
    let again = ordered.again(None).await;
    assert_eq!((again.status.as_u16(), left_out(&again)), (200, vec![]), "{again:?}");
    let cart = again.json()["cart"].clone();
    assert_eq!((&cart["subtotal"], &cart["items"].as_array().map(Vec::len)), (&number("181.00"), &Some(2)));
    assert_eq!(
        again.header("etag"),
        Some(format!("\"{}.{}\"", cart["id"].as_str().unwrap(), cart["version"]).as_str())
    );
    // What the edge shows is the same, and an order of it needs no correction.
    let stored = ordered.shop.cart("ada").await.unwrap();
    assert_eq!((json!(stored.cart_id), json!(stored.version)), (cart["id"].clone(), cart["version"].clone()));
    let line = &stored.lines[&ordered.lamp.variant.to_string()];
    assert_eq!((line.price.as_str(), line.category.as_deref(), line.product_version), ("55.50", Some("things"), 1));
    let body = json!({"shippingAddress": crate::shop::address(), "expectedTotal": cart["total"]});
    let placed = ordered.shop.shopper("ada").post("/v1/orders", &body).await;
    assert_eq!(placed.status, 201, "{placed:?}");
}

#[tokio::test]
async fn what_is_in_the_cart_stays_and_is_added_to() {
    let ordered = Ordered::new().await;
    let edge = Edge::before(&ordered.shop).await;
    assert_eq!(edge.add("ada", &ordered.lamp, 1).await.0, 200);
    let version = ordered.shop.cart("ada").await.unwrap().version;
    let again = ordered.again(None).await;
    assert_eq!((again.status.as_u16(), ordered.pieces().await), (200, (3, 1)), "{again:?}");
    assert_eq!(ordered.shop.cart("ada").await.unwrap().version, version + 1);
    assert_eq!(edge.add("ada", &ordered.chair, 1).await.0, 200, "the edge can go on with the cart");
    assert_eq!(ordered.pieces().await, (3, 2));
}

#[tokio::test]
async fn a_shopper_without_a_cart_gets_one() {
    let ordered = Ordered::new().await;
    ordered.shop.clock.advance(SignedDuration::from_hours(31 * 24));
    assert_eq!(ordered.again(None).await.status, 200);
    assert_eq!((ordered.pieces().await, ordered.shop.cart("ada").await.unwrap().version), ((2, 1), 1));
    let edge = Edge::before(&ordered.shop).await;
    assert_eq!(edge.add("ada", &ordered.lamp, 1).await.0, 200);
    assert_eq!(ordered.pieces().await, (3, 1));
}

#[tokio::test]
async fn what_is_gone_sold_out_or_too_much_is_left_out_and_named() {
    let ordered = Ordered::new().await;
    // Seven lamps are left: six of them lie in the cart.
    ordered.lamps_in_cart(6).await;
    ordered.shop.run("update variants set deleted_at = now() where id = $1", &[&ordered.chair.variant.as_uuid()]).await;
    let again = ordered.again(None).await;
    assert_eq!(left_out(&again), [left("Chair", "gone", 0), left("Lamp", "fewer_left", 1)]);
    assert_eq!(ordered.pieces().await, (7, 0));

    let ordered = Ordered::new().await;
    ordered.shop.order("bob", &[(&ordered.lamp, 7)]).await.unwrap();
    let again = ordered.again(None).await;
    assert_eq!((left_out(&again), ordered.pieces().await), (vec![left("Lamp", "out_of_stock", 0)], (0, 1)));

    let ordered = Ordered::new().await;
    ordered.shop.restock(&ordered.lamp, 5_000).await;
    ordered.lamps_in_cart(998).await;
    let again = ordered.again(None).await;
    assert_eq!((left_out(&again), ordered.pieces().await), (vec![left("Lamp", "cart_full", 1)], (999, 1)));
}

#[tokio::test]
async fn a_cart_that_nothing_fits_into_is_as_it_was() {
    let ordered = Ordered::new().await;
    ordered.shop.run("update products set published = false", &[]).await;
    let before = ordered.shop.cart("ada").await;
    let again = ordered.again(Some("k1")).await;
    assert_eq!((again.status.as_u16(), left_out(&again).len()), (200, 2), "{again:?}");
    assert_eq!(ordered.shop.cart("ada").await, before);
}

#[tokio::test]
async fn an_order_of_ninety_nine_lines_fits_into_one_write() {
    let ordered = Ordered::new().await;
    let mut items = Vec::new();
    for number in 0..99 {
        items.push(ordered.shop.item(&format!("Item {number}"), "1.00", 9).await);
    }
    let lines: Vec<(&Item, i64)> = items.iter().map(|item| (item, 1)).collect();
    let order = ordered.shop.order("ada", &lines).await.unwrap();
    let ordered = Ordered { order, ..ordered };
    // An empty cart in which keys have to be forgotten.
    let mut cart = ordered.shop.fill_cart("ada", &[]).await;
    let used = StoredKey { at: ordered.shop.clock.now().as_second(), ..StoredKey::default() };
    cart.keys = (0..41).map(|number| (format!("key-{number}"), used.clone())).collect();
    ordered.shop.put_cart(&cart).await;
    let again = ordered.again(Some("k1")).await;
    assert_eq!((again.status.as_u16(), left_out(&again)), (200, vec![]), "{again:?}");
    let filled = ordered.shop.cart("ada").await.unwrap();
    assert_eq!((filled.quantities.len(), filled.version, filled.keys.len()), (99, cart.version + 1, 33));

    // One line is there already: for one there is no room.
    ordered.lamps_in_cart(1).await;
    let again = ordered.again(Some("k2")).await;
    let left_out = left_out(&again);
    assert_eq!((left_out.len(), left_out[0].1.as_str(), left_out[0].2), (1, "cart_full", 0));
    assert_eq!(ordered.shop.cart("ada").await.unwrap().quantities.len(), 99);
}

#[tokio::test]
async fn only_ones_own_orders_are_ordered_again_and_nothing_else_is_said() {
    let ordered = Ordered::new().await;
    let path = format!("/v1/orders/{}/reorder", ordered.order);
    for caller in [ordered.shop.shopper("bob"), ordered.shop.admin()] {
        assert_eq!(caller.post(&path, &json!({})).await.status, 404);
    }
    let ada = ordered.shop.shopper("ada");
    assert_eq!(ada.post("/v1/orders/order_1/reorder", &json!({})).await.status, 404);
    assert_eq!(ada.post(&path, &json!({"lines": []})).await.status, 400);
    assert_eq!(ordered.pieces().await, (0, 0));
}

#[tokio::test]
async fn a_cart_in_another_currency_is_left_alone() {
    let ordered = Ordered::new().await;
    let edge = Edge::before(&ordered.shop).await;
    assert_eq!(edge.add("ada", &ordered.chair, 1).await.0, 200);
    ordered.shop.set_cart_currency("ada", "EUR").await;
    let again = ordered.again(None).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "CONFLICT".to_owned()), "{again:?}");
    assert_eq!(ordered.pieces().await, (0, 1));
}

#[tokio::test]
async fn a_repeated_request_adds_once_and_one_without_a_key_each_time() {
    let ordered = Ordered::new().await;
    let (one, same) = (ordered.again(Some("k1")).await, ordered.again(Some("k1")).await);
    assert_eq!((&one.body, same.header("idempotent-replayed")), (&same.body, Some("true")));
    assert_eq!(ordered.pieces().await, (2, 1));
    assert_eq!((ordered.again(Some("k2")).await.status.as_u16(), ordered.pieces().await), (200, (4, 2)));
    assert_eq!((ordered.again(None).await.status.as_u16(), ordered.pieces().await), (200, (6, 3)));
}

#[tokio::test]
async fn a_request_that_is_stopped_adds_once_and_says_the_same_of_what_it_left_out() {
    for point in [HookPoint::BeforeReorder, HookPoint::AfterReorder] {
        let ordered = Ordered::new().await;
        ordered.lamps_in_cart(6).await;
        ordered.shop.stops.stop_once_at(point);
        assert_eq!(ordered.again(Some("k1")).await.status, 503, "{point:?}");
        assert_eq!(ordered.again(Some("k1")).await.code(), "REQUEST_IN_PROGRESS", "{point:?}");
        ordered.shop.clock.advance(SignedDuration::from_secs(31));
        let again = ordered.again(Some("k1")).await;
        assert_eq!(left_out(&again), [left("Lamp", "fewer_left", 1)], "{point:?}");
        assert_eq!(ordered.pieces().await, (7, 1), "{point:?}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_adds_once() {
    for (filled, write) in [(true, "UpdateItem"), (false, "PutItem")] {
        for key in [None, Some("k1")] {
            let ordered = Ordered::new().await;
            if filled {
                ordered.lamps_in_cart(1).await;
            } else {
                ordered.shop.clock.advance(SignedDuration::from_hours(31 * 24));
            }
            let only = vec![write.to_owned()];
            ordered.shop.dynamo_faults.set(DynamoSwitches { lose_reply: 1, only, ..DynamoSwitches::default() });
            let again = ordered.again(key).await;
            assert_eq!(again.status, 200, "{write} {key:?} {again:?}");
            assert_eq!(ordered.shop.dynamo_faults.switches().lose_reply, 0, "the answer was lost");
            assert_eq!(ordered.pieces().await, (if filled { 3 } else { 2 }, 1), "{write} {key:?}");
        }
    }
}

#[tokio::test]
async fn what_is_added_meanwhile_by_others_stays() {
    let ordered = Ordered::new().await;
    let edge = Edge::before(&ordered.shop).await;
    for round in 1..=3 {
        let (again, (status, _)) = join(ordered.again(None), edge.add("ada", &ordered.lamp, 1)).await;
        assert_eq!((again.status.as_u16(), status), (200, 200), "{again:?}");
        assert_eq!(ordered.pieces().await.1, round);
    }
    let (one, other) = join(ordered.again(Some("k1")), ordered.again(Some("k2"))).await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(ordered.pieces().await.1, 5);
}
