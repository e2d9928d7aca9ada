//! Publishing stock: all levels that are known, slot by slot, and of those what has changed.
//!
//! The order of writes, never changed:
//! 1. the last head of stock is read, and the time;
//! 2. levels are read, in the order of slots;
//! 3. segments that the last head does not name are written, under the hash of their bytes;
//! 4. the head is written, if the last one is still the last.
//!
//! Nothing is locked: the levels are read after the last head, so a head is never older than the one that it replaces, and of two who
//! publish at once the later one is refused at 4.

use std::future::Future;

use commerce_catalog::{FORMAT, SegmentId, StockGroup, StockHead, StockLevel, slot, slots_for, stock_place};
use commerce_domain::{ProductId, VariantId};
use jiff::Timestamp;

use super::{LastHead, is_young, next, ports::PublishTo};
use crate::StoreError;

/// Levels that are read at once.
const PAGE: u32 = 5_000;

/// What is known of a variant's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLevel {
    /// The variant.
    pub variant: VariantId,
    /// Its product.
    pub product: ProductId,
    /// On hand minus reserved.
    pub available: i64,
    /// What can be bought now.
    pub sellable: i64,
}

impl KnownLevel {
    /// Where its product stands among all.
    #[must_use]
    pub fn place(&self) -> i64 {
        stock_place(self.product)
    }
}

/// Reads what is known of the counters of variants that are in the shop.
pub trait ReadLevels: Send + Sync {
    /// How many products the shop has.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_products(&self) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Up to `limit` levels behind that one, in the order of their places, then of variants. Fewer
    /// only at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn levels(
        &self,
        behind: Option<KnownLevel>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<KnownLevel>, StoreError>> + Send;
}

/// What publishing stock came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedStock {
    /// The number of the head.
    pub sequence: u64,
    /// How many variants have a level.
    pub variants: usize,
    /// How many segments were written.
    pub segments: usize,
}

/// Publishes what is known of stock. None where nothing has changed lately, and where somebody else has published meanwhile.
///
/// # Errors
/// [`StoreError`]. Readers go on with the last head.
pub async fn publish_stock<D: ReadLevels, T: PublishTo>(
    database: &D,
    target: &T,
    now: Timestamp,
) -> Result<Option<PublishedStock>, StoreError> {
    let last = target.last_stock().await?;
    let before = last.head.as_ref().map_or(0, |head| head.slots.len());
    let count = slots_for(database.count_products().await?, before);
    let mut work = Slots { target, last: &last, segments: Vec::with_capacity(count), open: Vec::new(), written: 0 };
    let (mut behind, mut variants) = (None, 0);
    loop {
        let page = database.levels(behind, PAGE).await?;
        for level in &page {
            work.close_before(slot(level.product, count)).await?;
            work.open.push(published(level));
        }
        variants += page.len();
        behind = page.last().copied();
        if page.len() < PAGE as usize {
            break;
        }
    }
    work.close_before(count).await?;
    let Slots { segments, written, .. } = work;
    if last.head.as_ref().is_some_and(|head| head.slots == segments && is_young(head.as_of, now)) {
        return Ok(None);
    }
    let sequence = next(last.head.as_ref().map_or(0, |head| head.sequence), now);
    let head = StockHead { format: FORMAT, sequence, as_of: now, slots: segments };
    let is_written = target.put_stock(&head, &last).await?;
    Ok(is_written.then_some(PublishedStock { sequence, variants, segments: written }))
}

/// Numbers beyond what a segment holds stand for as many as it can hold.
fn published(level: &KnownLevel) -> (VariantId, StockLevel) {
    let clamped = |number: i64| i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX });
    (level.variant, StockLevel { available: clamped(level.available), sellable: clamped(level.sellable) })
}

struct Slots<'a, T> {
    target: &'a T,
    last: &'a LastHead<StockHead>,
    /// The slots that are complete.
    segments: Vec<SegmentId>,
    /// What is in the next one so far.
    open: Vec<(VariantId, StockLevel)>,
    written: usize,
}

impl<T: PublishTo> Slots<'_, T> {
    /// Completes all slots before this one; those without a level too.
    async fn close_before(&mut self, slot: usize) -> Result<(), StoreError> {
        while self.segments.len() < slot {
            let segment = StockGroup::write(&std::mem::take(&mut self.open));
            let is_known = self.last.head.as_ref().is_some_and(|head| head.slots.contains(&segment.id()));
            if !is_known && !self.segments.contains(&segment.id()) {
                self.target.put_segment(&segment).await?;
                self.written += 1;
            }
            self.segments.push(segment.id());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
