//! What a new shop sells.

use std::path::Path;

use commerce_domain::Currency;
use origin_core::catalog::RowFault;
use origin_postgres::Database;

use crate::{
    CatalogFile, FileFormat, LocalStock, Options, Progress, StackError,
    catalog::{import_file, import_generated},
    state::StateDir,
};

/// Bad rows that are shown to the person at the terminal; the log has all of them.
const SHOWN_FAULTS: u64 = 20;

/// Fills the shop, unless a run before this one has.
pub(crate) async fn fill(
    options: &Options,
    state: &StateDir,
    database: &Database,
    stock: &LocalStock,
) -> Result<(), StackError> {
    let progress = options.progress;
    let wanted = match &options.catalog {
        Some(file) => format!("file {}", file.display()),
        None => format!("{} generated products of seed {}", options.products, options.seed),
    };
    if options.persistent
        && let Some(loaded) = state.loaded_catalog()?
    {
        if loaded != wanted {
            let notice = format!("the shop keeps its catalog ({loaded}); start with --fresh for {wanted}");
            tracing::warn!("{notice}");
            progress.notice(notice);
        }
        return Ok(());
    }
    match &options.catalog {
        None => {
            let imported = import_generated(database, stock, options.seed, options.products as u64, progress).await?;
            tracing::info!(catalog.created = imported.created, catalog.replaced = imported.replaced, "generated");
            progress.notice(format_args!("{} products generated", imported.created + imported.replaced));
        }
        Some(path) => fill_from(path, database, stock, progress).await?,
    }
    if options.persistent { state.note_catalog(&wanted) } else { Ok(()) }
}

/// Says which rows were refused; the others go in.
async fn fill_from(path: &Path, database: &Database, stock: &LocalStock, progress: Progress) -> Result<(), StackError> {
    let format = FileFormat::of(path).ok_or_else(|| {
        StackError::Catalog(format!("{}: a catalog is a .csv, .ndjson or .jsonl file", path.display()))
    })?;
    let file = CatalogFile { path: path.to_owned(), format, currency: Currency::USD };
    let (shown, mut faults) = (path.display(), 0_u64);
    let fault = |fault: &RowFault| {
        tracing::warn!("{shown}: {fault}");
        faults += 1;
        if faults <= SHOWN_FAULTS {
            progress.notice(format_args!("{shown}: {fault}"));
        }
    };
    let done = import_file(database, stock, &file, progress, fault).await?;
    if faults > SHOWN_FAULTS {
        progress.notice(format_args!("{shown}: {} faults more; the log has them", faults - SHOWN_FAULTS));
    }
    tracing::info!("{shown}: {}", done.counts);
    progress.notice(format_args!("{shown}: {}", done.counts));
    Ok(())
}
