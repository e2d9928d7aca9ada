//! Publishing stock from levels in memory to a target that may stop at any write.

use std::{collections::BTreeMap, sync::Mutex};

use commerce_catalog::{StockGroup, StockHead, StockLevel, stock_place};
use commerce_domain::{ProductId, VariantId};
use futures_executor::block_on;
use jiff::Timestamp;
use uuid::{Builder, Uuid};

use super::{super::tests::target::Target, *};

/// By place and variant, as they are read.
#[derive(Default)]
struct Levels(Mutex<BTreeMap<(i64, VariantId), KnownLevel>>);

impl Levels {
    /// Of so many products, two variants each.
    fn of(products: u32) -> Self {
        let levels = Self::default();
        for index in 0..products {
            levels.set(index, 0, 5);
            levels.set(index, 1, 7);
        }
        levels
    }

    fn set(&self, product: u32, variant: u8, available: i64) {
        let (product, variant) = (ProductId::from_uuid(uuid(product, 9)), VariantId::from_uuid(uuid(product, variant)));
        let (product, variant) = (product.unwrap(), variant.unwrap());
        let level = KnownLevel { variant, product, available, sellable: available + 1 };
        self.0.lock().unwrap().insert((stock_place(product), variant), level);
    }

    fn all(&self) -> Vec<KnownLevel> {
        self.0.lock().unwrap().values().copied().collect()
    }
}

impl ReadLevels for Levels {
    async fn count_products(&self) -> Result<usize, StoreError> {
        Ok(self.all().chunk_by(|one, next| one.product == next.product).count())
    }

    async fn levels(&self, behind: Option<KnownLevel>, limit: u32) -> Result<Vec<KnownLevel>, StoreError> {
        let key = behind.map(|level| (stock_place(level.product), level.variant));
        let levels = self.0.lock().unwrap();
        let rest = levels.iter().filter(|(place, _)| key.is_none_or(|key| **place > key));
        Ok(rest.map(|(_, level)| *level).take(limit as usize).collect())
    }
}

fn uuid(index: u32, salt: u8) -> Uuid {
    Builder::from_unix_timestamp_millis(1_700_000_000_000 + u64::from(index), &[salt; 10]).into_uuid()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn run(levels: &Levels, target: &Target, second: i64) -> Result<Option<PublishedStock>, StoreError> {
    block_on(publish_stock(levels, target, at(second)))
}

fn head(target: &Target) -> StockHead {
    block_on(target.last_stock()).unwrap().head.unwrap()
}

/// Whether the head leads to exactly these levels.
fn shows(target: &Target, levels: &[KnownLevel]) -> bool {
    let head = head(target);
    let groups: Vec<StockGroup> = head.slots.iter().map(|id| StockGroup::read(&target.bytes(*id)).unwrap()).collect();
    let found = |level: &KnownLevel| {
        let slot = slot(level.product, groups.len());
        head.slot_of(level.product) == Some(head.slots[slot])
            && groups[slot].level(level.variant) == Some(published(level).1)
    };
    groups.iter().map(StockGroup::len).sum::<usize>() == levels.len() && levels.iter().all(found)
}

#[test]
fn every_level_is_found_in_the_slot_of_its_product() {
    for products in [0, 1, 1_500, 4_000] {
        let (levels, target) = (Levels::of(products), Target::default());
        let done = run(&levels, &target, 1).unwrap().unwrap();
        assert_eq!(done.variants, 2 * products as usize);
        assert_eq!(head(&target).slots.len(), (products as usize).div_ceil(1_024).next_power_of_two());
        assert!(shows(&target, &levels.all()), "{products}");
    }
}

#[test]
fn one_order_rewrites_one_slot_and_nothing_new_only_the_head() {
    let (levels, target) = (Levels::of(4_000), Target::default());
    run(&levels, &target, 1).unwrap();
    target.writes();
    levels.set(77, 1, 6);
    let done = run(&levels, &target, 2).unwrap().unwrap();
    assert_eq!((done.segments, target.writes()), (1, 2));
    assert!(shows(&target, &levels.all()));
    let before = head(&target);
    assert_eq!((run(&levels, &target, 3).unwrap(), target.writes()), (None, 0), "not yet");
    run(&levels, &target, 32).unwrap().unwrap();
    let after = head(&target);
    assert_eq!((target.writes(), &after.slots, after.as_of), (1, &before.slots, at(32)));
    assert!(after.sequence > before.sequence);
}

#[test]
fn stopped_at_any_write_readers_have_the_levels_of_before() {
    let before = Levels::of(4_000).all();
    for writes in 0.. {
        let (levels, target) = (Levels::of(4_000), Target::default());
        run(&levels, &target, 1).unwrap();
        for product in [3, 700, 2_000, 3_999] {
            levels.set(product, 0, 1);
        }
        target.stop_after(Some(writes));
        let stopped = run(&levels, &target, 2).is_err();
        assert!(shows(&target, &if stopped { before.clone() } else { levels.all() }), "{writes}");
        target.stop_after(None);
        run(&levels, &target, 40).unwrap().unwrap();
        assert!(shows(&target, &levels.all()), "{writes}, then again");
        if !stopped {
            assert!(writes > 2);
            return;
        }
    }
}

#[test]
fn who_was_overtaken_publishes_nothing() {
    let (levels, target) = (Levels::of(10), Target::default());
    run(&levels, &target, 1).unwrap();
    let rival = StockHead { sequence: 1 << 60, ..head(&target) };
    levels.set(1, 1, 0);
    target.rival(rival.write().into());
    assert_eq!(run(&levels, &target, 2).unwrap(), None);
    assert_eq!(head(&target), rival);
}

#[test]
fn a_number_that_does_not_fit_is_as_large_as_can_be_said() {
    let levels = Levels::of(1);
    levels.set(0, 0, i64::MAX - 1);
    levels.set(0, 1, i64::MIN);
    let said: Vec<StockLevel> = levels.all().iter().map(|level| published(level).1).collect();
    let (most, least) = (
        StockLevel { available: i32::MAX, sellable: i32::MAX },
        StockLevel { available: i32::MIN, sellable: i32::MIN },
    );
    assert_eq!(said, [most, least]);
}
