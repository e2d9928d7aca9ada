//! Shoppers: what they put into carts, order, pay and call off, and how they repeat what was not answered.

use std::time::Duration;

use commerce_aws::{Timer as _, cart_table::StoredLine};
use commerce_domain::OrderId;
use origin_core::payments::DisputeOutcome;
use serde_json::{Value, json};

use crate::{
    fate::Step,
    provider::{ASKED, DECLINED, GOOD, PAYPAL, Purse},
    rng::Rng,
    shop::{Answer, Ask, Item, ORDERS, PAYMENTS, Shop},
};

/// The price of everything.
pub(crate) const PRICE: &str = "10.00";
/// How often a request is sent that is not answered for good.
const MOST_TRIES: u32 = 6;

const ADD: Step = Step::outside("add_to_cart");
const BANK: Step = Step::outside("authenticate");

/// Somebody who shops.
#[derive(Clone)]
pub(crate) struct Shopper {
    pub(crate) shop: Shop,
    pub(crate) name: String,
}

/// An order that was placed.
#[derive(Debug, Clone)]
struct Placed {
    id: OrderId,
    total: Value,
}

impl Shopper {
    /// Everything that this shopper does.
    pub(crate) async fn go_shopping(self) {
        let rounds = self.draw(|rng| rng.between(1, 3));
        for _ in 0..rounds {
            self.pause().await;
            self.fill_cart().await;
            let spoilt = self.spoilt();
            let Some(order) = self.order().await else { continue };
            self.pause().await;
            self.settle(&order).await;
            let hit = self.spoilt() > spoilt;
            let tally = &mut self.shop.world.state().tally;
            tally.checkouts[0] += 1;
            tally.checkouts[1] += u64::from(hit);
        }
    }

    /// How many of this shopper's requests a fault has hit.
    fn spoilt(&self) -> u64 {
        self.shop.memory().spoilt.get(&self.name).copied().unwrap_or_default()
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        self.shop.world.draw(draw)
    }

    fn chance(&self, per_mille: u64) -> bool {
        self.draw(|rng| rng.chance(per_mille))
    }

    async fn pause(&self) {
        let millis = self.draw(|rng| if rng.chance(100) { rng.between(1_000, 40_000) } else { rng.between(1, 300) });
        self.shop.world.sleep(Duration::from_millis(millis)).await;
    }

    fn key(&self) -> String {
        let number = self.draw(|rng| rng.below(u64::MAX));
        format!("{number:016x}")
    }

    async fn fill_cart(&self) {
        let times = self.draw(|rng| rng.between(1, 2));
        for _ in 0..times {
            self.add_something().await;
        }
    }

    /// Puts pieces of one item into the cart, as the edge does.
    pub(crate) async fn add_something(&self) {
        let shop = &self.shop;
        let place = self.draw(|rng| rng.below(shop.items.len() as u64));
        let Item { product, variant, .. } = shop.items[usize::try_from(place).unwrap_or_default()].clone();
        let pieces = self.draw(|rng| i64::try_from(rng.between(1, 2)).unwrap_or(1));
        let line = StoredLine {
            product_id: product.to_string(),
            name: "Thing".to_owned(),
            options: Vec::new(),
            price: PRICE.to_owned(),
            currency: "USD".to_owned(),
            category: None,
            product_version: 1,
            image_url: None,
        };
        shop.world.turn(ADD).await;
        match shop.world.alone(shop.tables.add_to_cart(&self.name, variant, &line, pieces)).await {
            Ok(cart) => {
                let mut memory = shop.memory();
                *memory.added.entry((self.name.clone(), variant)).or_default() += pieces;
                memory.contents.insert((cart.cart_id, cart.version), cart.quantities);
            }
            Err(error) => shop.violated(format!("a cart could not be filled: {error}")),
        }
    }

    fn new_order(&self, keyed: bool) -> Ask {
        let address =
            json!({"street": "1 Main St", "city": "Town", "state": "CA", "zipCode": "94102", "country": "US"});
        let mut body = json!({"shippingAddress": address});
        if self.chance(300) {
            body["paymentMethodId"] = json!(GOOD);
        }
        Ask { who: self.name.clone(), path: ORDERS, key: keyed.then(|| self.key()), body: body.to_string() }
    }

    /// Orders the cart, perhaps twice at once, and perhaps while it changes. The order, if there is one.
    async fn order(&self) -> Option<Placed> {
        let keyed = self.chance(700);
        let ask = self.new_order(keyed);
        let first = self.shop.ask(&ask);
        let second = if self.chance(250) {
            // A second click: the same request, or one of its own.
            let second = if self.chance(500) { ask.clone() } else { self.new_order(true) };
            Some(self.shop.ask(&second))
        } else {
            None
        };
        if self.chance(250) {
            self.add_something().await;
        }
        let mut answer = self.shop.hear(first).await;
        let mut placed = None;
        if let Some(second) = second {
            placed = self.shop.hear(second).await.as_ref().and_then(placed_by);
        }
        for _ in 0..MOST_TRIES {
            match &answer {
                Some(answer) if !answer.is_passing() => return placed_by(answer).or(placed),
                _ if self.chance(100) => return placed,
                _ => {}
            }
            self.pause().await;
            let again = self.shop.ask(&ask);
            answer = self.shop.hear(again).await;
        }
        placed
    }

    /// What becomes of an order: paid, called off, both at once, or nothing.
    async fn settle(&self, order: &Placed) {
        match self.draw(|rng| rng.below(10)) {
            0 => {}
            1 => self.call_off(order).await,
            2 => {
                let ask = self.new_payment(order, GOOD);
                let paying = self.shop.ask(&ask);
                self.call_off(order).await;
                let heard = self.shop.hear(paying).await;
                if heard.is_none_or(|answer| answer.is_passing()) && self.chance(500) {
                    self.pay(order).await;
                }
            }
            3..6 => {
                self.pay(order).await;
                self.complain(order).await;
            }
            6 => {
                self.pay(order).await;
                self.dispute(order).await;
            }
            _ => self.pay(order).await,
        }
    }

    /// Two people of the shop send the same part back at once, or one of them twice; perhaps the order is called off as well.
    async fn complain(&self, order: &Placed) {
        let first = self.key();
        let second = if self.chance(300) { first.clone() } else { self.key() };
        let refunds = [self.shop.send_back(order.id, &first), self.shop.send_back(order.id, &second)];
        if self.chance(400) {
            self.call_off(order).await;
        }
        for refund in refunds.into_iter().flatten() {
            self.shop.world.answered(refund).await;
        }
    }

    /// The shop takes the money that is set aside, in two hands at once perhaps, and the order may be called off meanwhile.
    async fn capture(&self, order: &Placed) {
        if self.chance(200) {
            return;
        }
        self.pause().await;
        let first = self.key();
        let second = if self.chance(500) { first.clone() } else { self.key() };
        let mut captures = vec![self.shop.take_money(order.id, &first)];
        if self.chance(300) {
            captures.push(self.shop.take_money(order.id, &second));
        }
        if self.chance(250) {
            self.call_off(order).await;
        }
        for capture in captures.into_iter().flatten() {
            self.shop.world.answered(capture).await;
        }
    }

    /// Has the bank call the payment back, which may come to an end.
    async fn dispute(&self, order: &Placed) {
        self.pause().await;
        self.shop.world.turn(BANK).await;
        let Some(dispute) = self.shop.provider.book().dispute(order.id) else { return };
        self.shop.world.note(|| format!("{} disputes {}", self.name, order.id));
        let outcome = self.draw(|rng| {
            rng.pick(&[None, Some(DisputeOutcome::Won), Some(DisputeOutcome::Lost), Some(DisputeOutcome::Dropped)])
        });
        if let Some(outcome) = outcome {
            self.pause().await;
            self.shop.world.turn(BANK).await;
            self.shop.provider.book().decide(&dispute, outcome);
        }
    }

    async fn call_off(&self, order: &Placed) {
        for _ in 0..self.draw(|rng| rng.between(1, 3)) {
            if self.shop.call_off(&self.name, order.id).await.is_some() {
                return;
            }
            self.pause().await;
        }
    }

    fn new_payment(&self, order: &Placed, method: &str) -> Ask {
        let key = self.chance(700).then(|| self.key());
        let body = json!({"orderId": order.id, "amount": order.total, "paymentMethodId": method}).to_string();
        Ask { who: self.name.clone(), path: PAYMENTS, key, body }
    }

    /// Pays, with one card after the other where the first ones are declined.
    async fn pay(&self, order: &Placed) {
        for _ in 0..3 {
            let method = self.draw(|rng| rng.pick(&[GOOD, GOOD, DECLINED, ASKED, PAYPAL, PAYPAL]));
            let ask = self.new_payment(order, method);
            if !self.pay_by(order, &ask).await {
                break;
            }
            self.pause().await;
        }
        let by_hand = self.shop.provider.book().by_hand;
        if by_hand {
            self.capture(order).await;
        }
    }

    /// Whether another card is to be tried.
    async fn pay_by(&self, order: &Placed, ask: &Ask) -> bool {
        for _ in 0..MOST_TRIES {
            let first = self.shop.ask(ask);
            let second = self.chance(100).then(|| self.shop.ask(&self.new_payment(order, GOOD)));
            let answer = self.shop.hear(first).await;
            if let Some(second) = second {
                self.shop.hear(second).await;
            }
            match &answer {
                Some(answer) if answer.json()["status"] == "requires_action" => {
                    if self.chance(850) {
                        self.go_to_the_bank(order).await;
                        // Who does not come back is seen to all the same.
                        if self.chance(100) {
                            return self.chance(300);
                        }
                    } else {
                        // Another card, while the bank still asks about this one.
                        return self.chance(500);
                    }
                }
                // Who is told to wait waits for a while, and turns to other means.
                Some(answer) if answer.status == 202 && self.chance(400) => {
                    let seconds = self.draw(|rng| rng.between(25, 60));
                    self.shop.world.sleep(Duration::from_secs(seconds)).await;
                    return true;
                }
                Some(answer) if answer.status == 402 => return true,
                Some(answer) if !answer.is_passing() => return false,
                _ if self.chance(100) => return self.chance(500),
                _ => {}
            }
            self.pause().await;
        }
        false
    }

    async fn go_to_the_bank(&self, order: &Placed) {
        self.pause().await;
        self.shop.world.turn(BANK).await;
        if self.chance(300) {
            self.shop.provider.book().decide_pending();
        }
        let agrees = self.chance(750);
        let purses = [Purse::Full, Purse::Full, Purse::Full, Purse::Declined, Purse::Denied, Purse::SlowlyFull];
        let purse = self.draw(|rng| if rng.chance(50) { Purse::SlowlyDenied } else { rng.pick(&purses) });
        let mut book = self.shop.provider.book();
        let asked: Vec<String> =
            book.intents.iter().filter(|(_, intent)| intent.order == order.id).map(|(id, _)| id.clone()).collect();
        for id in asked {
            if book.authenticate(&id, agrees, purse) {
                self.shop.world.note(|| format!("{} tells {id}: {}", self.name, if agrees { "yes" } else { "no" }));
            }
        }
    }

    /// Once all is quiet: orders and pays what is still in the cart, as anybody can.
    pub(crate) async fn order_the_rest(self) {
        let ask = self.new_order(true);
        let asked = self.shop.ask(&ask);
        let Some(answer) = self.shop.hear(asked).await else {
            return self.shop.violated(format!("{} was not answered although nothing goes wrong", self.name));
        };
        match (answer.status, answer.code().as_str()) {
            (201, _) => {}
            (409, "OUT_OF_STOCK") => return,
            (status, code) => {
                return self.shop.violated(format!("{} cannot order what is in the cart: {status} {code}", self.name));
            }
        }
        let Some(order) = placed_by(&answer) else { return };
        let ask = self.new_payment(&order, GOOD);
        let asked = self.shop.ask(&ask);
        let answer = self.shop.hear(asked).await;
        if answer.as_ref().is_none_or(|answer| answer.status != 200) {
            let status = answer.map(|answer| (answer.status, answer.code()));
            self.shop
                .violated(format!("{} cannot pay {} although nothing goes wrong: {status:?}", self.name, order.id));
        }
    }
}

fn placed_by(answer: &Answer) -> Option<Placed> {
    let body = answer.json();
    let id = body["orderId"].as_str().filter(|_| answer.status == 201)?.parse().ok()?;
    Some(Placed { id, total: body["total"].clone() })
}
