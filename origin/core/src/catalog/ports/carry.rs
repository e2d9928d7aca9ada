//! Taking whole catalogs in and out.

use std::future::Future;

use commerce_domain::CategorySlug;
use jiff::Timestamp;

use super::PlacedEntry;
use crate::{StoreError, catalog::entry::CatalogEntry, inventory::NewStock};

/// What became of a batch of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedBatch {
    /// How many products are new.
    pub created: u64,
    /// How many products were known by their handle and were replaced, keeping their ids and their stock.
    pub replaced: u64,
    /// The entries whose products stay as they were, by their place in the batch: known products whose entries are not whole.
    pub left: Vec<usize>,
    /// The first stock of the new variants.
    pub new_stock: Vec<NewStock>,
    /// The known variants, which have counters unless an import was interrupted.
    pub known_stock: Vec<KnownStock>,
}

/// A known variant in an entry. What may be sold beyond its stock has not changed yet: the counter decides whether it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownStock {
    /// The entry's place in the batch, and the variant's in the entry.
    pub place: (usize, usize),
    /// Its stock by the ledger, with the limit that the entry wants.
    pub stock: NewStock,
    /// The limit that the database has.
    pub limit: u32,
}

/// A category to be there, under that name and in that place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryEntry {
    /// The slug.
    pub slug: CategorySlug,
    /// The name.
    pub name: String,
    /// The category above.
    pub parent: Option<CategorySlug>,
}

/// Takes whole catalogs in and out.
pub trait CarryCatalog: Send + Sync {
    /// One state of the catalog, to be read in parts.
    type Snapshot: CatalogSnapshot;

    /// Makes categories, or gives known ones another name and place. A category above comes before those in it, or is known.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import_categories(&self, categories: &[CategoryEntry]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes entries, all or none: those with a new handle as new products, the others in the place of what they name, with
    /// the events that tell of it. Creates the categories they name; the first to name one gives it its name. The handles are
    /// distinct.
    ///
    /// A variant is known by its options, also one that was out of the shop: it comes back with its id and its stock.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import_entries(
        &self,
        entries: &[PlacedEntry],
        now: Timestamp,
    ) -> impl Future<Output = Result<ImportedBatch, StoreError>> + Send;

    /// The catalog as it is now, whatever happens to it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    fn snapshot(&self) -> impl Future<Output = Result<Self::Snapshot, StoreError>> + Send;
}

/// One state of the catalog.
pub trait CatalogSnapshot: Send {
    /// Up to `limit` products behind the place `after`, in the order in which they came in, each with its place.
    /// Places are above 0. Unpublished products are among them, deleted ones are not.
    ///
    /// # Errors
    /// [`StoreError`].
    fn entries(
        &mut self,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(i64, CatalogEntry)>, StoreError>> + Send;
}
