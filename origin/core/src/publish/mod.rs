//! Publishing the catalog: the segments of what has changed, then one head that names all of them.
//!
//! The order of writes, never changed:
//! 1. the changes that are noted, and the products beside them, are read in one state of the database, by one publication at a time;
//! 2. segments that the last head does not lead to are written, under the hash of their bytes;
//! 3. the head is written, with the next sequence number;
//! 4. the notes of these changes are taken away, unless they were made again meanwhile.
//!
//! Who stops before 3 leaves the old head, and segments that nobody reads; who stops before 4 publishes the same once more, which
//! writes the same bytes.

mod groups;
mod ports;
mod stock;
#[cfg(test)]
mod tests;

use commerce_catalog::{FORMAT, Head};
use jiff::{SignedDuration, Timestamp};

use groups::Regroup;
pub use ports::{CatalogState, LastHead, Noted, NotedChange, NotedChanges, PublishTo};
pub use stock::{KnownLevel, PublishedStock, ReadLevels, publish_stock};

use crate::StoreError;

/// Where nothing has changed, a head is written all the same once the last one is so old: its age tells readers that somebody publishes.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The number of the head.
    pub sequence: u64,
    /// How many products the catalog has.
    pub products: usize,
    /// How many segments were written.
    pub segments: usize,
}

/// Publishes what has changed since the last head.
///
/// None where nothing has, lately, and where somebody else is publishing, or has published meanwhile. The last head is read only once this one is alone: else it might not have what the other
/// one has just published, and has taken the notes of.
///
/// # Errors
/// [`StoreError`]. Readers go on with the last head, and the next call takes up what this one left.
pub async fn publish<D: NotedChanges, T: PublishTo>(
    database: &D,
    target: &T,
    now: Timestamp,
) -> Result<Option<Published>, StoreError> {
    let Some(Noted { mut state, changes }) = database.changes().await? else { return Ok(None) };
    let last = target.last_head().await?;
    let categories = state.categories().await?.write();
    let is_as_it_was = |head: &Head| changes.is_empty() && head.categories == categories.id();
    if last.head.as_ref().is_some_and(|head| is_as_it_was(head) && is_young(head.written_at, now)) {
        return Ok(None);
    }
    let (sequence, groups, mut segments) = match &last.head {
        None => {
            let mut work = Regroup::new(&mut state, target, Vec::new());
            (0, work.all().await?, work.written())
        }
        Some(head) => {
            let mut work = Regroup::new(&mut state, target, head.groups.clone());
            let products = changes.iter().map(|change| change.product).collect();
            (head.sequence, work.around(products).await?, work.written())
        }
    };
    if last.head.as_ref().is_none_or(|head| head.categories != categories.id()) {
        target.put_segment(&categories).await?;
        segments += 1;
    }
    let sequence = next(sequence, now);
    let head = Head { format: FORMAT, sequence, written_at: now, categories: categories.id(), groups };
    if !target.put_head(&head, &last).await? {
        return Ok(None);
    }
    state.finish(&changes).await?;
    let products = head.groups.iter().map(|group| group.count).sum();
    Ok(Some(Published { sequence: head.sequence, products, segments }))
}

/// Whether a head of then still tells that somebody publishes. One of the future does not.
fn is_young(written_at: Timestamp, now: Timestamp) -> bool {
    (SignedDuration::ZERO..HEARTBEAT).contains(&now.duration_since(written_at))
}

/// The number of the next head: above the last one, and above those of a target that was lost, which had been written before now.
fn next(last: u64, now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0).max(last + 1)
}
