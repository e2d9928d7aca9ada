//! One run: a seed, its shoppers, and what must hold once all is quiet.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use commerce_domain::{Clock as _, EventId, ProductId, VariantId};
use jiff::Timestamp;
use origin_core::{
    Backend as _,
    inventory::{NewStock, PutStock as _},
    sweep::SweepReport,
};
use rust_decimal::Decimal;
use serde_json::json;
use test_support::SeededEntropy;
use tokio_postgres::types::ToSql;

use crate::{
    bugs::{self, Bug},
    invariants,
    lab::{Goods, Lab, LabError},
    report::Tally,
    scheduler::{Chores, Mood, Scheduler, Stuck},
    shop::{Item, Shop},
    shopper::{PRICE, Shopper},
    world::{Role, World},
};

/// Sweeps after which all must be quiet.
const MOST_SWEEPS: u32 = 12;
/// Relays, and batches of each consumer, after which all must have been handled.
const MOST_DELIVERIES: u32 = 40;
/// Longer than a lease, and than a sweep leaves things alone.
const LEASE: Duration = Duration::from_secs(31);
/// Longer than any hold.
const HOLDS: Duration = Duration::from_mins(31);
/// Longer than money is set aside.
const ASIDE: Duration = Duration::from_hours(7 * 24);
/// As long as the provider keeps its answers.
const KEYS: Duration = Duration::from_hours(24);
/// Steps between two looks at the counters.
const STEPS_BETWEEN_LOOKS: u32 = 60;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// Every call and what became of it.
    pub trace: Vec<String>,
    /// What must not have happened.
    pub violations: Vec<String>,
    /// What became of its calls.
    pub tally: Tally,
}

/// Runs a seed on these stores. Nothing of it is left to do, unless something must not have happened.
pub(crate) async fn run(lab: &Lab, seed: u64, bug: Option<Bug>) -> Result<Run, LabError> {
    let start: Timestamp = "2024-01-21T11:00:00Z".parse().unwrap_or_default();
    let world = World::new(seed, start);
    let entropy = SeededEntropy::new(!seed);
    let items = stock_up(lab, &world, &entropy).await?;
    let unfinished = begin_product(lab, &world, &entropy).await?;
    let customers: Vec<String> =
        (0..world.draw(|rng| rng.between(2, 4))).map(|number| format!("s{seed}-{number}")).collect();
    let shop = lab.shop(seed, &world, bug, Goods { items, unfinished, customers })?;
    shop.provider.book().by_hand = world.draw(|rng| rng.chance(250));
    let new: Vec<NewStock> = shop.items.iter().map(new_stock).collect();
    shop.backend.stock().real.put_stock_if_absent(&new).await?;
    let shopper = |name: &String| Shopper { shop: shop.clone(), name: name.clone() };
    let shoppers: Vec<Shopper> = shop.customers.iter().map(shopper).collect();
    let mut playing = Playing { lab, shop: &shop, scheduler: Scheduler::new(world.clone(), Box::new(shop.clone())) };
    if let Err(stuck) = playing.play(&shoppers).await? {
        shop.violated(stuck.to_string());
    }
    invariants::check(lab, &shop, &shoppers).await?;
    let mut state = world.state();
    state.tally.runs = 1;
    let (trace, tally) = (std::mem::take(&mut state.trace), std::mem::take(&mut state.tally));
    let violations = std::mem::take(&mut shop.memory().violations);
    Ok(Run { seed, trace, violations, tally })
}

/// One to three things, few pieces of each; two of a kind perhaps.
async fn stock_up(lab: &Lab, world: &World, entropy: &SeededEntropy) -> Result<Vec<Item>, LabError> {
    let mut items: Vec<Item> = Vec::new();
    for _ in 0..world.draw(|rng| rng.between(1, 3)) {
        let last = items.last().map(|item| item.product).filter(|_| world.draw(|rng| rng.chance(300)));
        let place = items.iter().filter(|item| Some(item.product) == last).count();
        items.push(write_item(lab, world, entropy, last.zip(i32::try_from(place).ok())).await?);
    }
    Ok(items)
}

/// A thing whose maker died before its counters were there: only its event knows of them.
async fn begin_product(lab: &Lab, world: &World, entropy: &SeededEntropy) -> Result<Item, LabError> {
    let item = Item { backorders: 0, ..write_item(lab, world, entropy, None).await? };
    let variant = json!({"variantId": item.variant, "onHand": item.stock, "backorderLimit": 0});
    let payload = json!({"productId": item.product, "variants": [variant]});
    let (id, subject) = (EventId::generate(world, entropy), item.product.to_string());
    let sql = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
        values ($1, $2, 1, 'ProductCreated', $3, $4)";
    let client = lab.database().client().await?;
    client.execute(sql, &[&id.as_uuid(), &subject, &payload, &world.now()]).await.map_err(failed)?;
    Ok(item)
}

/// A variant; of that product at that place, if one is given.
async fn write_item(
    lab: &Lab,
    world: &World,
    entropy: &SeededEntropy,
    of: Option<(ProductId, i32)>,
) -> Result<Item, LabError> {
    let client = lab.database().client().await?;
    let price: Decimal = PRICE.parse().unwrap_or_default();
    // Of other numbers than what is made of it, so that no id is given twice.
    let (id, place) = of.unwrap_or_else(|| (ProductId::generate(world, entropy), 0));
    let (now, variant) = (world.now(), VariantId::generate(world, entropy));
    let stock = world.draw(|rng| i64::try_from(rng.between(1, 8)).unwrap_or(1));
    let backorders = world.draw(|rng| if rng.chance(200) { rng.between(1, 2) } else { 0 });
    let sql = "insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
        select $1, $2, 'Thing', id, $3, 'USD', 0, $4, $4 from categories where slug = 'things' on conflict do nothing";
    client.execute(sql, &[&id.as_uuid(), &id.to_string(), &price, &now]).await.map_err(failed)?;
    let sql = "with product as (update products set stock = stock + $4 where id = $2)
        insert into variants (id, product_id, position, sku, options, price, currency, stock)
        values ($1, $2, $5, $7, $6, $3, 'USD', $4)";
    let options = json!(if place == 0 { vec![] } else { vec![json!(["Kind", place.to_string()])] });
    let (variant_id, product_id, sku) = (variant.as_uuid(), id.as_uuid(), format!("SKU-{place}"));
    let values: [&(dyn ToSql + Sync); 7] = [&variant_id, &product_id, &price, &stock, &place, &options, &sku];
    client.execute(sql, &values).await.map_err(failed)?;
    let sql = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
        values ($1, 'receipt', $2, 'start', $3)";
    client.execute(sql, &[&variant.as_uuid(), &stock, &now]).await.map_err(failed)?;
    Ok(Item { product: id, variant, stock, backorders: u32::try_from(backorders).unwrap_or_default() })
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn failed(error: tokio_postgres::Error) -> LabError {
    let cause = error.as_db_error().map_or_else(|| error.to_string(), |cause| cause.message().to_owned());
    LabError::Store(cause)
}

fn new_stock(item: &Item) -> NewStock {
    NewStock {
        variant_id: item.variant,
        product_id: item.product,
        on_hand: u32::try_from(item.stock).unwrap_or_default(),
        backorder_limit: item.backorders,
    }
}

struct Playing<'a> {
    lab: &'a Lab,
    shop: &'a Shop,
    scheduler: Scheduler,
}

impl Playing<'_> {
    /// Shopping while things go wrong; then nothing goes wrong any more and everything comes to its end.
    async fn play(&mut self, shoppers: &[Shopper]) -> Result<Result<(), Stuck>, LabError> {
        let world = self.shop.world.clone();
        for shopper in shoppers {
            world.begin(shopper.name.clone(), Role::Shopper, shopper.clone().go_shopping());
        }
        let mood = world.draw(Mood::draw);
        self.scheduler.set_mood(mood);
        world.note(|| format!("{mood:?}, {} shoppers, stock {:?}", shoppers.len(), self.stock()));
        if let Err(stuck) = self.until_quiet().await? {
            return Ok(Err(stuck));
        }
        self.scheduler.set_mood(Mood::CALM);
        world.note(|| "-- from here on nothing goes wrong".to_owned());
        Ok(self.come_to_rest(shoppers).await)
    }

    async fn come_to_rest(&mut self, shoppers: &[Shopper]) -> Result<(), Stuck> {
        let world = self.shop.world.clone();
        world.advance(LEASE);
        self.sweep().await?;
        while world.draw(|rng| rng.chance(700)) && self.scheduler.deliver_one().await {}
        self.sweep_until_quiet(LEASE).await?;
        world.advance(HOLDS);
        self.sweep_until_quiet(LEASE).await?;
        // What arrives now finds everything over, and the stock on sale again.
        while self.scheduler.deliver_one().await {}
        world.advance(LEASE);
        self.sweep_until_quiet(LEASE).await?;
        self.repeat_everything().await?;
        for shopper in shoppers {
            let cart = self.shop.tables.cart(&shopper.name).await;
            if cart.is_ok_and(|cart| cart.is_some_and(|cart| !cart.lines.is_empty())) {
                world.begin(shopper.name.clone(), Role::Shopper, shopper.clone().order_the_rest());
                while self.scheduler.step().await? {}
            }
        }
        world.advance(HOLDS);
        self.sweep_until_quiet(LEASE).await?;
        // What nobody has captured is let go.
        if self.shop.provider.book().by_hand {
            world.advance(ASIDE);
            self.sweep_until_quiet(LEASE).await?;
        }
        // Money whose way back ended in a 500 goes back under the same key, once the provider has forgotten that answer.
        world.advance(KEYS);
        self.shop.provider.book().forget_keys();
        self.sweep_until_quiet(LEASE).await?;
        self.deliver_events().await
    }

    /// Relays and consumes until nothing is left.
    async fn deliver_events(&mut self) -> Result<(), Stuck> {
        for _ in 0..MOST_DELIVERIES {
            self.shop.world.advance(LEASE);
            let begun = self.shop.begin_all_on_the_bus();
            while self.scheduler.step().await? {}
            if begun.iter().all(|worked| !worked.load(Ordering::Relaxed)) {
                return Ok(());
            }
        }
        self.shop.violated(format!("{MOST_DELIVERIES} relays and consumers have left something to do"));
        Ok(())
    }

    /// Everybody repeats what was answered under a key: the answers must be the same.
    async fn repeat_everything(&mut self) -> Result<(), Stuck> {
        let asks: Vec<_> = self.shop.memory().finals.keys().cloned().collect();
        for ask in asks {
            let shop = self.shop.clone();
            self.shop.world.begin(ask.who.clone(), Role::Shopper, async move {
                let asked = shop.ask(&ask);
                if shop.hear(asked).await.is_none_or(|answer| answer.is_passing()) {
                    shop.violated(format!("{ask:?} is not answered again"));
                }
            });
            while self.scheduler.step().await? {}
        }
        Ok(())
    }

    async fn until_quiet(&mut self) -> Result<Result<(), Stuck>, LabError> {
        for step in 1.. {
            match self.scheduler.step().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(stuck) => return Ok(Err(stuck)),
            }
            if step % STEPS_BETWEEN_LOOKS == 0 {
                invariants::check_stock(self.lab, self.shop).await?;
            }
        }
        Ok(Ok(()))
    }

    async fn sweep_until_quiet(&mut self, pause: Duration) -> Result<(), Stuck> {
        for _ in 0..MOST_SWEEPS {
            let decided = self.shop.provider.book().decide_pending();
            if self.sweep().await? == SweepReport::default() && !decided {
                return Ok(());
            }
            self.shop.world.advance(pause);
        }
        self.shop.violated(format!("{MOST_SWEEPS} sweeps have left something to do"));
        Ok(())
    }

    async fn sweep(&mut self) -> Result<SweepReport, Stuck> {
        let report = begin_sweep(self.shop);
        while self.scheduler.step().await? {}
        let report = report.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        self.shop.world.note(|| format!("{report:?}"));
        Ok(report)
    }

    fn stock(&self) -> Vec<i64> {
        self.shop.items.iter().map(|item| item.stock).collect()
    }
}

impl Chores for Shop {
    fn follow(&self) {
        self.send_webhooks();
    }

    fn sweep(&self) {
        drop(begin_sweep(self));
    }

    fn relay(&self) {
        self.begin_on_the_bus();
    }
}

fn begin_sweep(shop: &Shop) -> Arc<Mutex<Option<SweepReport>>> {
    let report = Arc::new(Mutex::new(None));
    let (slot, backend) = (Arc::clone(&report), shop.backend.clone());
    shop.world.begin("sweep".to_owned(), Role::Sweep, async move {
        bugs::sweep_by_the_clock(backend.database(), backend.stock()).await;
        let swept = Box::pin(origin_http::sweep(&backend)).await.ok();
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = swept;
    });
    report
}
