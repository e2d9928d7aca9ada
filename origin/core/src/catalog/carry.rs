//! Whole catalogs, in and out.

use std::io::{self, Write};

use commerce_domain::{Clock, Entropy, ProductId, VariantId};

use super::{
    entry::CatalogEntry,
    ndjson,
    ports::{CarryCatalog, ImportedBatch, PlacedEntry},
    report::{Item, ReadError, RowFault},
    shopify::{ExportColumns, ShopifyWriter},
};
use crate::{StoreError, inventory::PutStock};

/// Products that are written in one transaction.
pub const BATCH: usize = 250;
/// Counters that are written in one call.
const STOCK_BATCH: usize = 100;

/// Why an import or export ended early. What was imported by then stays.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The file cannot be read any further.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many products an import made and replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// New ones.
    pub created: u64,
    /// Known ones.
    pub replaced: u64,
}

/// What happens while an import runs.
#[derive(Debug)]
pub enum ImportEvent {
    /// A field of a row was refused.
    Fault(RowFault),
    /// So many products are in by now.
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

impl<D: CarryCatalog, S: PutStock, K: Clock + Sync, E: Entropy + Sync> Importer<'_, D, S, K, E> {
    /// Takes in what the reader yields, in batches: into the database first, onto the counters second. Repeating an import
    /// changes nothing but the versions, and adds counters that an interrupted one has left out.
    ///
    /// # Errors
    /// [`CarryError`].
    pub async fn import(
        &self,
        items: impl Iterator<Item = Result<Item, ReadError>>,
        mut event: impl FnMut(ImportEvent),
    ) -> Result<Imported, CarryError> {
        let mut done = Imported::default();
        let mut batch = Vec::with_capacity(BATCH);
        for item in items {
            match item? {
                Item::Fault(fault) => event(ImportEvent::Fault(fault)),
                Item::Entry(entry) => batch.push(self.place(*entry)),
            }
            if batch.len() == BATCH {
                self.take_in(&mut batch, &mut done).await?;
                event(ImportEvent::Progress(done.created + done.replaced));
            }
        }
        self.take_in(&mut batch, &mut done).await?;
        event(ImportEvent::Progress(done.created + done.replaced));
        Ok(done)
    }

    fn place(&self, entry: CatalogEntry) -> PlacedEntry {
        let variant_ids = entry.variants.iter().map(|_| VariantId::generate(self.clock, self.entropy)).collect();
        PlacedEntry { product_id: ProductId::generate(self.clock, self.entropy), variant_ids, entry }
    }

    async fn take_in(&self, batch: &mut Vec<PlacedEntry>, done: &mut Imported) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let ImportedBatch { created, replaced, stock } = self.database.import_entries(batch, self.clock.now()).await?;
        for counters in stock.chunks(STOCK_BATCH) {
            self.stock.put_stock_if_absent(counters).await?;
        }
        done.created += created;
        done.replaced += replaced;
        batch.clear();
        Ok(())
    }
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Shopify's product CSV.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// Writes the whole catalog. Returns how many products it has.
///
/// The columns of a CSV depend on all products, so that it reads the catalog twice.
///
/// # Errors
/// [`CarryError`].
pub async fn export<D: CarryCatalog>(
    database: &D,
    format: ExportFormat,
    mut output: impl Write,
) -> Result<u64, CarryError> {
    match format {
        ExportFormat::Ndjson => {
            let written = each(database, |entry| ndjson::write_line(&mut output, entry)).await?;
            output.flush()?;
            Ok(written)
        }
        ExportFormat::Csv => {
            let mut columns = ExportColumns::default();
            each(database, |entry| {
                columns.observe(entry);
                Ok(())
            })
            .await?;
            let mut writer = ShopifyWriter::new(output, &columns)?;
            let written = each(database, |entry| writer.write(entry)).await?;
            writer.finish()?.flush()?;
            Ok(written)
        }
    }
}

async fn each<D: CarryCatalog>(
    database: &D,
    mut visit: impl FnMut(&CatalogEntry) -> io::Result<()>,
) -> Result<u64, CarryError> {
    let (mut place, mut count) = (0, 0);
    loop {
        let entries = database.export_entries(place, 250).await?;
        let Some((last, _)) = entries.last() else { return Ok(count) };
        place = *last;
        for (_, entry) in &entries {
            visit(entry)?;
            count += 1;
        }
    }
}
