//! What the changes of the counters come to, as the table's stream brings them: levels to publish, and variants that run low.

use std::{collections::BTreeMap, future::Future};

use commerce_api::page::Page;
use commerce_catalog::stock_place;
use commerce_domain::{Clock as _, EventId, ProductId, VariantId};
use jiff::Timestamp;

use crate::{Backend, StoreError};

/// Counters after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockChanged {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// On hand minus reserved.
    pub available: i64,
    /// What can be bought.
    pub sellable: i64,
    /// The counters' version.
    pub version: u64,
}

impl StockChanged {
    /// Where its product stands among all whose stock is published.
    #[must_use]
    pub fn place(&self) -> i64 {
        stock_place(self.product_id)
    }
}

/// What the shop knows of a variant that has a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThresholdState {
    /// The variant.
    pub variant_id: VariantId,
    /// It is low if fewer than that are available.
    pub threshold: u32,
    /// Whether it was low when this was last written.
    pub low: bool,
    /// The version of the counters that this is from.
    pub version: u64,
}

/// Some of the variants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockPage {
    /// Their ids, in order, with their thresholds.
    pub variants: Vec<(VariantId, Option<u32>)>,
    /// How many there are in all.
    pub total: u64,
}

/// Lists what is in the shop.
pub trait ListStock: Send + Sync {
    /// A page of the variants that are in the shop, by id; only those that are low, if `low_only`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_stock(&self, low_only: bool, page: Page) -> impl Future<Output = Result<StockPage, StoreError>> + Send;
}

/// Keeps what the shop knows of variants that have a threshold.
pub trait WatchThresholds: Send + Sync {
    /// Those of these variants that have a threshold.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_watched(
        &self,
        variants: &[VariantId],
    ) -> impl Future<Output = Result<Vec<ThresholdState>, StoreError>> + Send;

    /// Notes that a variant has become low, with the event that tells of it, or is not any more; unless what is known is newer,
    /// or the same.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been noted.
    fn note_crossing(
        &self,
        change: &StockChanged,
        event: EventId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Keeps what is known of counters, for [`crate::publish::publish_stock`].
pub trait KeepLevels: Send + Sync {
    /// Writes levels down, unless what is known of them is newer. What is of no variant of the shop's is left out.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been written.
    fn keep_levels(&self, changes: &[StockChanged]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Takes in changes of counters, those of each variant in their order: keeps the levels, and tells of the variants that have become low: once,
/// until they are not any more. Changes may come twice.
///
/// # Errors
/// [`StoreError`]; hand all of them in again.
pub async fn watch_stock<B: Backend>(backend: &B, changes: &[StockChanged]) -> Result<(), StoreError> {
    let mut variants: Vec<VariantId> = changes.iter().map(|change| change.variant_id).collect();
    variants.sort_unstable();
    variants.dedup();
    if variants.is_empty() {
        return Ok(());
    }
    backend.database().keep_levels(changes).await?;
    let watched = backend.database().load_watched(&variants).await?;
    let mut watched: BTreeMap<VariantId, ThresholdState> =
        watched.into_iter().map(|state| (state.variant_id, state)).collect();
    for change in changes {
        let Some(state) = watched.get_mut(&change.variant_id) else { continue };
        let low = change.available < i64::from(state.threshold);
        if low == state.low || change.version <= state.version {
            continue;
        }
        let event = EventId::generate(backend.clock(), backend.entropy());
        backend.database().note_crossing(change, event, backend.clock().now()).await?;
        (state.low, state.version) = (low, change.version);
    }
    Ok(())
}
