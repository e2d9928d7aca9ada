//! The catalog into a file.

use std::io::{self, Write};

use super::CarryError;
use crate::catalog::{
    entry::CatalogEntry,
    ndjson,
    ports::{CarryCatalog, CatalogSnapshot},
    shopify::{ExportColumns, ShopifyWriter},
};

/// Products that an export reads at once, of up to 1 MiB each.
const PAGE: u32 = 50;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Shopify's product CSV.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// Writes the whole catalog, as it is when this begins. Returns how many products it has.
///
/// The columns of a CSV depend on all products, so that it reads the catalog twice.
///
/// # Errors
/// [`CarryError`]; [`CarryError::Write`] also where a CSV would need more columns than a file may have.
pub async fn export<D: CarryCatalog>(
    database: &D,
    format: ExportFormat,
    mut output: impl Write,
) -> Result<u64, CarryError> {
    let mut catalog = database.snapshot().await?;
    match format {
        ExportFormat::Ndjson => {
            let written = each(&mut catalog, |entry| ndjson::write_line(&mut output, entry)).await?;
            output.flush()?;
            Ok(written)
        }
        ExportFormat::Csv => {
            let mut columns = ExportColumns::default();
            each(&mut catalog, |entry| {
                columns.observe(entry);
                Ok(())
            })
            .await?;
            let mut writer = ShopifyWriter::new(output, &columns)?;
            let written = each(&mut catalog, |entry| writer.write(entry)).await?;
            writer.finish()?.flush()?;
            Ok(written)
        }
    }
}

async fn each(
    catalog: &mut impl CatalogSnapshot,
    mut visit: impl FnMut(&CatalogEntry) -> io::Result<()>,
) -> Result<u64, CarryError> {
    let (mut place, mut count) = (0, 0);
    loop {
        let entries = catalog.entries(place, PAGE).await?;
        let Some((last, _)) = entries.last() else { return Ok(count) };
        place = *last;
        for (_, entry) in &entries {
            visit(entry)?;
            count += 1;
        }
    }
}
