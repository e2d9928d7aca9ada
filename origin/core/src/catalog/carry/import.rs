//! Files into the catalog, batch by batch.

use commerce_domain::{Clock, Entropy, EventId, ProductId, VariantId};

use super::CarryError;
use crate::{
    StoreError,
    catalog::{
        entry::EntryVariant,
        ndjson,
        ports::{CarryCatalog, ImportedBatch, KnownStock, PlacedEntry},
        report::{Item, ReadEntry, ReadError, RowFault},
    },
    inventory::{BackorderLimit, KeepLimits, LimitOutcome, PutStock, SetLimits, settle_limits},
};

/// Products that are written in one transaction,
pub const BATCH: usize = 250;
/// or fewer, if their lines of NDJSON have so many bytes (16 MiB): all of them travel in one statement a table.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Counters that are written in one call.
const STOCK_BATCH: usize = 100;
/// What became of the products of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// New ones.
    pub created: u64,
    /// Known ones.
    pub replaced: u64,
    /// Known ones that stay as they were, because rows of theirs were refused.
    pub left: u64,
}

/// What happens while an import runs.
#[derive(Debug)]
pub enum ImportEvent {
    /// A field of a row was refused.
    Fault(RowFault),
    /// So many products are done by now.
    Progress(u64),
}

/// The stores and ports that an import works with.
#[derive(Debug, Clone, Copy)]
pub struct Importer<'a, D, S, K, E> {
    /// The catalog.
    pub database: &'a D,
    /// The counters.
    pub stock: &'a S,
    /// Tells the time.
    pub clock: &'a K,
    /// Makes ids.
    pub entropy: &'a E,
}

/// Products on their way in, each with its line.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<PlacedEntry>,
    lines: Vec<u64>,
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.entries.len() == BATCH || self.bytes >= BATCH_BYTES
    }
}

impl<D, S, K, E> Importer<'_, D, S, K, E>
where
    D: CarryCatalog + KeepLimits,
    S: PutStock + SetLimits,
    K: Clock + Sync,
    E: Entropy + Sync,
{
    /// Takes in what the reader yields, in batches: into the database first, onto the counters second. Repeating an import
    /// changes nothing but the versions, and adds counters that an interrupted one has left out.
    ///
    /// # Errors
    /// [`CarryError`]. What was read before a fault of the file as a whole goes in.
    pub async fn import(
        &self,
        items: impl Iterator<Item = Result<Item, ReadError>>,
        mut event: impl FnMut(ImportEvent),
    ) -> Result<Imported, CarryError> {
        let (mut done, mut batch, mut broken) = (Imported::default(), Batch::default(), None);
        for item in items {
            match item {
                Ok(Item::Fault(fault)) => event(ImportEvent::Fault(fault)),
                Ok(Item::Entry(read)) => self.place(*read, &mut batch),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
            if batch.is_full() {
                self.take_in(std::mem::take(&mut batch), &mut done, &mut event).await?;
            }
        }
        self.take_in(batch, &mut done, &mut event).await?;
        broken.map_or(Ok(done), |error| Err(error.into()))
    }

    fn place(&self, read: ReadEntry, batch: &mut Batch) {
        let ReadEntry { line, whole, entry } = read;
        batch.lines.push(line);
        batch.bytes += ndjson::line_bytes(&entry);
        batch.entries.push(PlacedEntry {
            product_id: ProductId::generate(self.clock, self.entropy),
            variant_ids: entry.variants.iter().map(|_| VariantId::generate(self.clock, self.entropy)).collect(),
            event_id: EventId::generate(self.clock, self.entropy),
            whole,
            entry,
        });
    }

    async fn take_in(
        &self,
        batch: Batch,
        done: &mut Imported,
        event: &mut impl FnMut(ImportEvent),
    ) -> Result<(), StoreError> {
        if batch.entries.is_empty() {
            return Ok(());
        }
        let imported = self.database.import_entries(&batch.entries, self.clock.now()).await?;
        let ImportedBatch { created, replaced, left, new_stock, known_stock } = imported;
        for place in &left {
            let reason = "the product stays as it was, because a row of it was refused";
            event(ImportEvent::Fault(RowFault::new(batch.lines[*place], "row", reason)));
        }
        for counters in new_stock.chunks(STOCK_BATCH) {
            self.stock.put_stock_if_absent(counters).await?;
        }
        for known in known_stock.chunks(STOCK_BATCH) {
            self.follow(known, &batch, event).await?;
        }
        done.created += created;
        done.replaced += replaced;
        done.left += left.len() as u64;
        event(ImportEvent::Progress(done.created + done.replaced + done.left));
        Ok(())
    }

    /// Brings known counters to the limits that the file wants, and the database to those that the counters have then.
    async fn follow(
        &self,
        known: &[KnownStock],
        batch: &Batch,
        event: &mut impl FnMut(ImportEvent),
    ) -> Result<(), StoreError> {
        let wanted: Vec<BackorderLimit> = known.iter().map(KnownStock::wanted).collect();
        let (mut missing, mut changed) = (Vec::new(), Vec::new());
        for (known, outcome) in known.iter().zip(self.stock.set_limits(&wanted).await?) {
            let limit = match outcome {
                LimitOutcome::Set => known.stock.backorder_limit,
                LimitOutcome::NoCounter => {
                    missing.push(known.stock);
                    known.stock.backorder_limit
                }
                LimitOutcome::Kept { limit, sold_beyond } => {
                    let (product, variant) = known.place;
                    let variant = named(&batch.entries[product].entry.variants[variant]);
                    let wanted = known.stock.backorder_limit;
                    let reason =
                        format!("{variant} keeps {limit} instead of {wanted}: {sold_beyond} are sold beyond the stock");
                    event(ImportEvent::Fault(RowFault::new(batch.lines[product], "backorder limit", reason)));
                    limit
                }
            };
            if limit != known.limit {
                changed.push(BackorderLimit { variant_id: known.stock.variant_id, limit });
            }
        }
        self.stock.put_stock_if_absent(&missing).await?;
        self.database.save_limits(&changed).await?;
        let changed: Vec<VariantId> = changed.iter().map(|changed| changed.variant_id).collect();
        settle_limits(self.database, self.stock, &changed).await
    }
}

impl KnownStock {
    fn wanted(&self) -> BackorderLimit {
        BackorderLimit { variant_id: self.stock.variant_id, limit: self.stock.backorder_limit }
    }
}

/// How a report names a variant.
fn named(variant: &EntryVariant) -> String {
    if variant.options.is_empty() {
        return "the only variant".to_owned();
    }
    let values: Vec<&str> = variant.options.iter().map(|(_, value)| value.as_str()).collect();
    format!("the variant {:?}", values.join(" / "))
}
