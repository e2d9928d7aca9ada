//! Publishing against a database and a target in memory, of which the target may stop at any write.

mod memory;
pub(super) mod target;

use std::{cell::Cell, collections::BTreeMap, sync::LazyLock, time::Duration};

use commerce_catalog::{Head, starts_group};
use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
use futures_executor::block_on;
use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Builder;

use self::{memory::Memory, target::Target};
use super::{CatalogState, Noted, NotedChanges, PublishTo, publish};
use crate::StoreError;

fn uuid(index: u32, salt: u8) -> uuid::Uuid {
    Builder::from_unix_timestamp_millis(1_700_000_000_000 + u64::from(index), &[salt; 10]).into_uuid()
}

fn id(index: u32) -> ProductId {
    ProductId::from_uuid(uuid(index, 7)).unwrap()
}

fn product(id: ProductId, version: u64) -> Product {
    let variant = Variant {
        id: VariantId::from_uuid(id.as_uuid()).unwrap(),
        sku: None,
        options: Vec::new(),
        price: Money::new(Decimal::from(version), Currency::USD).unwrap(),
        weight_grams: None,
        backorder_limit: 0,
        stock: 0,
    };
    Product {
        id,
        name: format!("version {version}"),
        description: String::new(),
        brand: None,
        category: "audio".parse().unwrap(),
        tags: Vec::new(),
        images: Vec::new(),
        specifications: BTreeMap::new(),
        variants: vec![variant],
        rating: Decimal::new(0, 2),
        review_count: 0,
        version,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Ids of which many begin a group: each of these is tried, and those between them are others.
fn ids() -> &'static [ProductId] {
    static IDS: LazyLock<Vec<ProductId>> = LazyLock::new(|| {
        let starts = (0..60_000).filter(|index| starts_group(id(*index)));
        starts.flat_map(|start| start.saturating_sub(5)..start + 15).map(id).collect()
    });
    assert!(IDS.len() > 300);
    &IDS
}

/// After the last head.
fn a_minute_later(target: &Target) -> Timestamp {
    let last = block_on(target.last_head()).unwrap().head;
    last.map_or(Timestamp::UNIX_EPOCH, |head| head.written_at + Duration::from_mins(1))
}

fn run(database: &Memory, target: &Target) -> Result<super::Published, StoreError> {
    Ok(block_on(publish(database, target, a_minute_later(target)))?.expect("should be alone"))
}

/// What publishing everything to an empty target comes to.
fn from_scratch(database: &Memory) -> Head {
    let everything = Memory::default();
    for product in database.products() {
        everything.set(product.id, Some(product));
    }
    let target = Target::default();
    run(&everything, &target).unwrap();
    target.current()
}

fn filled(ids: &[ProductId]) -> (Memory, Target) {
    let (database, target) = (Memory::default(), Target::default());
    for id in ids {
        database.set(*id, Some(product(*id, 1)));
    }
    run(&database, &target).unwrap();
    target.writes();
    (database, target)
}

/// One change: of which product, and whether it is there afterwards.
type Change = (prop::sample::Index, bool);

fn change(database: &Memory, ids: &[ProductId], (which, stays): &Change, version: u64) {
    let id = *which.get(ids);
    database.set(id, stays.then(|| product(id, version)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_was_published_change_by_change_is_what_all_at_once_would_be(
        rounds in proptest::collection::vec(proptest::collection::vec(any::<Change>(), 0..12), 1..12),
    ) {
        let ids = ids();
        let (database, target) = filled(&ids[..200]);
        for (version, changes) in (2..).zip(&rounds) {
            for each in changes {
                change(&database, ids, each, version);
            }
            let before = target.current().sequence;
            run(&database, &target).unwrap();
            prop_assert!(target.current().sequence > before);
            prop_assert_eq!(target.read(), database.products());
            prop_assert_eq!(target.current().groups, from_scratch(&database).groups);
            prop_assert_eq!(database.notes(), 0);
        }
    }

    #[test]
    fn a_publication_that_stops_at_any_write_leaves_a_whole_catalog(
        changes in proptest::collection::vec(any::<Change>(), 1..8),
    ) {
        let ids = ids();
        let (database, target) = filled(&ids[..200]);
        let before = database.products();
        for each in &changes {
            change(&database, ids, each, 2);
        }
        let stops = Cell::new(0);
        loop {
            target.stop_after(Some(stops.get()));
            if run(&database, &target).is_ok() {
                break;
            }
            prop_assert_eq!(&target.read(), &before, "stopped after {}", stops.get());
            prop_assert!(database.notes() > 0);
            stops.set(stops.get() + 1);
        }
        prop_assert!(stops.get() > 0);
        prop_assert_eq!(target.read(), database.products());
    }
}

#[test]
fn one_product_that_changes_is_at_most_six_writes() {
    let ids = ids();
    let (database, target) = filled(ids);
    for (version, id) in (2..).zip(ids.iter().step_by(37)) {
        database.set(*id, Some(product(*id, version)));
        run(&database, &target).unwrap();
        assert_eq!(target.writes(), 6, "chunk, table, listing, facets, search, head");
    }
}

#[test]
fn nothing_that_changes_is_a_new_head_with_a_new_number_every_half_minute() {
    let (database, target) = filled(ids());
    let before = target.current();
    let soon = before.written_at + Duration::from_secs(29);
    assert_eq!((block_on(publish(&database, &target, soon)), target.writes()), (Ok(None), 0));
    let published = run(&database, &target).unwrap();
    assert_eq!((target.writes(), published.segments), (1, 0));
    let after = target.current();
    assert!(after.sequence > before.sequence && after.version() == before.version());
}

#[test]
fn a_change_during_a_publication_is_published_by_the_next() {
    let ids = ids();
    let (database, target) = filled(ids);
    database.set(ids[3], Some(product(ids[3], 2)));
    let Noted { state, changes } = block_on(database.changes()).unwrap().unwrap();
    database.set(ids[3], Some(product(ids[3], 3)));
    block_on(state.finish(&changes)).unwrap();
    assert_eq!(database.notes(), 1);
    run(&database, &target).unwrap();
    assert_eq!(target.read(), database.products());
}

#[test]
fn a_catalog_without_products_is_a_head_without_groups() {
    let (database, target) = filled(&ids()[..3]);
    for product in database.products() {
        database.set(product.id, None);
    }
    run(&database, &target).unwrap();
    assert_eq!(target.current().groups, []);
    let id = ids()[0];
    database.set(id, Some(product(id, 2)));
    run(&database, &target).unwrap();
    assert_eq!(target.read(), database.products());
}

#[test]
fn who_was_overtaken_publishes_nothing_and_takes_no_note() {
    let ids = ids();
    let (database, target) = filled(ids);
    database.set(ids[3], Some(product(ids[3], 2)));
    let rival = Head { sequence: 99_000_000, ..target.current() };
    target.rival(rival.write().into());
    assert_eq!(block_on(publish(&database, &target, a_minute_later(&target))), Ok(None));
    assert_eq!((target.current(), database.notes()), (rival, 1));
    run(&database, &target).unwrap();
    assert_eq!(target.read(), database.products());
}

#[test]
fn numbers_go_on_where_the_target_was_lost() {
    let (database, _) = filled(&ids()[..3]);
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let first = block_on(publish(&database, &Target::default(), now)).unwrap().unwrap();
    let later = now + std::time::Duration::from_secs(1);
    let again = block_on(publish(&database, &Target::default(), later)).unwrap().unwrap();
    assert!(again.sequence > first.sequence);
}
