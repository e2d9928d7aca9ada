use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use commerce_domain::{Clock, Currency, Entropy, Money, VariantId};
use futures_util::FutureExt;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{CarryError, ImportEvent, Imported, Importer};
use crate::{
    StoreError,
    catalog::{
        CarryCatalog, CatalogEntry, CatalogSnapshot, CategoryEntry, EntryCategory, EntryVariant, Extra, ImportedBatch,
        Item, KnownStock, PlacedEntry, ReadEntry, ReadError, RowFault,
    },
    inventory::{BackorderLimit, KeepLimits, LimitOutcome, NewStock, PutStock, SetLimits, settle_limits},
};

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// Counts up.
#[derive(Default)]
struct Counting(Mutex<u64>);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let mut count = lock(&self.0);
        *count += 1;
        buffer.fill(0);
        buffer[..8].copy_from_slice(&count.to_be_bytes());
    }
}

/// Both stores: a database that knows the products that are in `known` by their handles, and counters.
#[derive(Default)]
struct Shop {
    known: BTreeMap<String, Vec<KnownStock>>,
    batches: Mutex<Vec<usize>>,
    /// What the database says.
    limits: Mutex<BTreeMap<VariantId, u32>>,
    /// Each counter's limit, and the pieces that are sold beyond the stock.
    counters: Mutex<BTreeMap<VariantId, (u32, i64)>>,
    /// What somebody else writes into the database while the counters are being set: the next one first.
    meanwhile: Mutex<Vec<BackorderLimit>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Nothing;

impl CatalogSnapshot for Nothing {
    async fn entries(&mut self, _: i64, _: u32) -> Result<Vec<(i64, CatalogEntry)>, StoreError> {
        Ok(Vec::new())
    }
}

impl CarryCatalog for Shop {
    type Snapshot = Nothing;

    async fn import_categories(&self, _: &[CategoryEntry]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn import_entries(&self, entries: &[PlacedEntry], _: Timestamp) -> Result<ImportedBatch, StoreError> {
        lock(&self.batches).push(entries.len());
        let mut batch = ImportedBatch::default();
        for (place, placed) in entries.iter().enumerate() {
            match self.known.get(&placed.entry.handle) {
                None => batch.created += 1,
                Some(_) if !placed.whole => batch.left.push(place),
                Some(known) => {
                    batch.replaced += 1;
                    batch.known_stock.extend(known);
                }
            }
        }
        Ok(batch)
    }

    async fn snapshot(&self) -> Result<Nothing, StoreError> {
        Ok(Nothing)
    }
}

impl KeepLimits for Shop {
    async fn load_limits(&self, variants: &[VariantId]) -> Result<Vec<BackorderLimit>, StoreError> {
        let limits = lock(&self.limits);
        let known = limits.iter().filter(|(id, _)| variants.contains(id));
        Ok(known.map(|(id, limit)| BackorderLimit { variant_id: *id, limit: *limit }).collect())
    }

    async fn save_limits(&self, limits: &[BackorderLimit]) -> Result<(), StoreError> {
        lock(&self.limits).extend(limits.iter().map(|limit| (limit.variant_id, limit.limit)));
        Ok(())
    }
}

impl PutStock for Shop {
    async fn put_stock_if_absent(&self, stock: &[NewStock]) -> Result<(), StoreError> {
        let mut counters = lock(&self.counters);
        for stock in stock {
            counters.entry(stock.variant_id).or_insert((stock.backorder_limit, 0));
        }
        Ok(())
    }
}

impl SetLimits for Shop {
    async fn set_limits(&self, limits: &[BackorderLimit]) -> Result<Vec<LimitOutcome>, StoreError> {
        let mut counters = lock(&self.counters);
        let set = limits.iter().map(|wanted| match counters.get_mut(&wanted.variant_id) {
            None => LimitOutcome::NoCounter,
            Some((limit, sold_beyond)) if *sold_beyond > i64::from(wanted.limit) => {
                LimitOutcome::Kept { limit: *limit, sold_beyond: *sold_beyond }
            }
            Some((limit, _)) => {
                *limit = wanted.limit;
                LimitOutcome::Set
            }
        });
        let set = set.collect();
        if let Some(other) = lock(&self.meanwhile).pop() {
            lock(&self.limits).insert(other.variant_id, other.limit);
        }
        Ok(set)
    }
}

fn entry(handle: &str, description: usize) -> CatalogEntry {
    let price = Money::zero(Currency::USD);
    let (options, extra) = (Vec::new(), Extra::new());
    let only = EntryVariant { sku: None, options, price, weight_grams: None, stock: 1, backorder_limit: 5, extra };
    CatalogEntry {
        handle: handle.to_owned(),
        name: handle.to_owned(),
        description: "x".repeat(description),
        brand: None,
        category: EntryCategory::uncategorized(),
        tags: Vec::new(),
        specifications: BTreeMap::new(),
        published: true,
        currency: Currency::USD,
        rating: Decimal::ZERO,
        review_count: 0,
        images: Vec::new(),
        variants: vec![only],
        extra: Extra::new(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what readers yield")]
fn item(line: u64, whole: bool, entry: CatalogEntry) -> Result<Item, ReadError> {
    Ok(Item::Entry(Box::new(ReadEntry { line, whole, entry })))
}

fn import(
    shop: &Shop,
    items: impl IntoIterator<Item = Result<Item, ReadError>>,
) -> (Result<Imported, CarryError>, Vec<String>) {
    let mut faults = Vec::new();
    let importer = Importer { database: shop, stock: shop, clock: &Still, entropy: &Counting::default() };
    let outcome = importer.import(items.into_iter(), |event| {
        if let ImportEvent::Fault(fault) = event {
            faults.push(fault.to_string());
        }
    });
    let outcome = outcome.now_or_never().unwrap();
    (outcome, faults)
}

/// The number makes the id.
fn variant(number: u8) -> VariantId {
    let entropy = Counting(Mutex::new(u64::from(number)));
    VariantId::generate(&Still, &entropy)
}

fn known(number: u8, wanted: u32, limit: u32) -> KnownStock {
    let product_id = commerce_domain::ProductId::generate(&Still, &Counting::default());
    let stock = NewStock { variant_id: variant(number), product_id, on_hand: 1, backorder_limit: wanted };
    KnownStock { place: (0, 0), stock, limit }
}

#[test]
fn a_batch_ends_with_its_number_of_products_or_their_bytes() {
    let shop = Shop::default();
    let (done, _) = import(&shop, (0..600).map(|line| item(line, true, entry(&format!("p{line}"), 0))));
    assert_eq!((done.unwrap().created, lock(&shop.batches).clone()), (600, vec![250, 250, 100]));
    let shop = Shop::default();
    let (done, _) = import(&shop, (0..20).map(|line| item(line, true, entry(&format!("p{line}"), 1024 * 1024))));
    assert_eq!((done.unwrap().created, lock(&shop.batches).clone()), (20, vec![16, 4]));
}

#[test]
fn what_was_read_before_a_file_broke_goes_in() {
    let shop = Shop::default();
    let broken = Err(ReadError::Io(io::Error::other("the disk is gone")));
    let items = [item(2, true, entry("a", 0)), item(3, true, entry("b", 0)), broken, item(9, true, entry("c", 0))];
    let (done, _) = import(&shop, items);
    assert_eq!(done.unwrap_err().to_string(), "reading failed: the disk is gone");
    assert_eq!(*lock(&shop.batches), [2]);
}

#[test]
fn a_product_that_stays_as_it_was_is_reported() {
    let shop = Shop { known: [("a".to_owned(), Vec::new())].into(), ..Shop::default() };
    let fault = Ok(Item::Fault(RowFault::new(3, "Variant Price", "\"x\" is no plain decimal number")));
    let (done, faults) = import(&shop, [fault, item(2, false, entry("a", 0)), item(4, false, entry("b", 0))]);
    assert_eq!(done.unwrap(), Imported { created: 1, replaced: 0, left: 1 });
    let left = "line 2: row: the product stays as it was, because a row of it was refused";
    assert_eq!(faults, ["line 3: Variant Price: \"x\" is no plain decimal number", left]);
}

#[test]
fn the_counter_decides_about_a_limit_and_the_database_follows() {
    // Wanted, then what the database and the counter have: changed, kept, without a counter, left behind by a crash.
    let variants = [known(1, 0, 1000), known(2, 0, 1000), known(3, 5, 0), known(4, 0, 0)];
    let shop = Shop { known: [("a".to_owned(), variants.into())].into(), ..Shop::default() };
    let [changed, kept, missing, behind] = variants.map(|known| known.stock.variant_id);
    *lock(&shop.limits) = [(changed, 1000), (kept, 1000), (missing, 0), (behind, 0)].into();
    *lock(&shop.counters) = [(changed, (1000, 0)), (kept, (1000, 3)), (behind, (1000, 0))].into();
    let (done, faults) = import(&shop, [item(2, true, entry("a", 0))]);
    assert_eq!(done.unwrap().replaced, 1);
    assert_eq!(
        faults,
        ["line 2: backorder limit: the only variant keeps 1000 instead of 0: 3 are sold beyond the stock"]
    );
    assert_eq!(*lock(&shop.limits), [(changed, 0), (kept, 1000), (missing, 5), (behind, 0)].into());
    let counters = [(changed, (0, 0)), (kept, (1000, 3)), (missing, (5, 0)), (behind, (0, 0))];
    assert_eq!(*lock(&shop.counters), counters.into());
}

#[test]
fn whoever_settles_last_finds_what_others_wrote_meanwhile() {
    let (id, other) = (variant(1), variant(2));
    let shop = Shop::default();
    *lock(&shop.limits) = [(id, 4), (other, 9)].into();
    *lock(&shop.counters) = [(id, (0, 0)), (other, (9, 9))].into();
    // While the counter gets 4, somebody writes 7; while it gets that, 2; and the other's new limit is below what is sold.
    let write = |variant_id, limit| BackorderLimit { variant_id, limit };
    *lock(&shop.meanwhile) = vec![write(other, 1), write(id, 2), write(id, 7)];
    settle_limits(&shop, &shop, &[id, other]).now_or_never().unwrap().unwrap();
    assert_eq!(*lock(&shop.counters), [(id, (2, 0)), (other, (9, 9))].into());
    assert_eq!(*lock(&shop.limits), [(id, 2), (other, 9)].into());
}

#[test]
fn limits_that_never_rest_are_given_up() {
    let (shop, id) = (Shop::default(), variant(1));
    *lock(&shop.limits) = [(id, 0)].into();
    *lock(&shop.counters) = [(id, (0, 0))].into();
    *lock(&shop.meanwhile) = (1..9).map(|limit| BackorderLimit { variant_id: id, limit }).collect();
    let settled = settle_limits(&shop, &shop, &[id]).now_or_never().unwrap();
    assert!(matches!(settled, Err(StoreError::Unavailable(_))));
}
