//! The relay: publishes what is committed, and what nobody has published yet.
//!
//! Two things keep the order of each subject, whoever relays beside whom:
//!
//! - Only the lowest unpublished event of a subject is ever listed, so event n + 1 is not seen before n is noted as published.
//! - Nobody publishes an event that was read long ago. Whoever has read n before another relay published n and n + 1
//!   publishes n again within [`RUN`] and a call, and the bus drops it: it knows the id for [`DEDUPLICATION_WINDOW`].
//!
//! A lease on rows would need the same limit of time, and another write for each event.

use std::time::Duration;

use commerce_aws::Timer;
use commerce_domain::{Clock as _, EventId};
use futures_util::{
    future::{Either, select},
    stream::{self, StreamExt as _},
};
use jiff::Timestamp;

use super::{MAX_BATCH, Outbox as _, OutgoingEvent, PublishEvents};
use crate::{Backend, StoreError};

/// For so long the bus drops an event that comes again (Amazon SNS developer guide, "Message deduplication for FIFO topics").
pub const DEDUPLICATION_WINDOW: Duration = Duration::from_mins(5);
/// No event is published that was read or written longer ago. A run ends by then.
pub(super) const RUN: Duration = Duration::from_secs(20);
/// How long a run waits for one publication.
const CALL: Duration = Duration::from_secs(10);

const _: () = assert!(
    4 * (RUN.as_secs() + CALL.as_secs()) < DEDUPLICATION_WINDOW.as_secs(),
    "what two relays publish at most this far apart is dropped, with room for clocks that differ"
);

/// Events that one question brings.
const PAGE: u32 = 100;
/// A run ends in bounded time: what lies behind these pages waits for the next one.
const MAX_PAGES: u32 = 100;
/// Publications at once.
const CONCURRENCY: usize = 4;

/// What a relay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RelayReport {
    /// Events that are on the bus.
    pub published: u32,
    /// Events that are not known to be; they, and those behind them, are left to the next relay.
    pub failures: u32,
}

/// Publishes what waits in the outbox, each subject's events in their order. A failure stops its subject only; a bus or an outbox
/// that cannot be reached ends the run. Without a bus, nothing is done.
///
/// Events whose publication could not be noted are published again: the bus drops them within five minutes, and afterwards
/// consumers find their effect made.
pub async fn relay<B: Backend>(backend: &B) -> RelayReport {
    let Some(bus) = backend.events() else { return RelayReport::default() };
    let report = publish_pages(backend, bus).await;
    if report != RelayReport::default() {
        let RelayReport { published, failures } = report;
        tracing::info!(relay.published = published, relay.failures = failures, "relayed");
    }
    report
}

async fn publish_pages<B: Backend>(backend: &B, bus: &B::Events) -> RelayReport {
    let mut report = RelayReport::default();
    let started = backend.clock().now();
    let mut stopped = Vec::new();
    for _ in 0..MAX_PAGES {
        if is_late(backend, started) {
            break;
        }
        let page = match backend.database().list_next_events(&stopped, PAGE).await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => page,
            Err(error) => {
                failed(&mut report, &error);
                break;
            }
        };
        let went = publish_page(backend, bus, &page, started).await;
        report.failures += count(page.len() - went.published.len());
        if let Err(error) = backend.database().mark_published(&went.published, backend.clock().now()).await {
            failed(&mut report, &error);
            break;
        }
        report.published += count(went.published.len());
        if went.bus_is_down {
            break;
        }
        stopped.extend(page.into_iter().filter(|event| !went.published.contains(&event.id)).map(|event| event.subject));
    }
    report
}

struct Went {
    published: Vec<EventId>,
    bus_is_down: bool,
}

/// No two events of a page are about one thing, so batches of it may go at once.
async fn publish_page<B: Backend>(backend: &B, bus: &B::Events, page: &[OutgoingEvent], read: Timestamp) -> Went {
    let batches: Vec<_> = page.chunks(MAX_BATCH).map(|batch| publish_batch(backend, bus, batch, read)).collect();
    let outcomes: Vec<_> = stream::iter(batches).buffer_unordered(CONCURRENCY).collect().await;
    let mut went = Went { published: Vec::with_capacity(page.len()), bus_is_down: false };
    for outcome in outcomes {
        match outcome {
            Ok(published) => went.published.extend(published),
            Err(error) => {
                tracing::warn!(%error, "events not published");
                went.bus_is_down |= matches!(error, StoreError::Unavailable(_));
            }
        }
    }
    went
}

/// The events of a batch that are on the bus.
async fn publish_batch<B: Backend>(
    backend: &B,
    bus: &B::Events,
    batch: &[OutgoingEvent],
    read: Timestamp,
) -> Result<Vec<EventId>, StoreError> {
    if is_late(backend, read) {
        return Err(StoreError::unavailable("the run has lasted too long"));
    }
    let late = || StoreError::unavailable("the bus takes too long");
    let published = publish(bus, batch);
    within(backend.timer(), CALL, published).await.ok_or_else(late)?
}

/// Publishes at most ten events, and returns which are on the bus.
pub(super) async fn publish(bus: &impl PublishEvents, batch: &[OutgoingEvent]) -> Result<Vec<EventId>, StoreError> {
    let outcomes = bus.publish(batch).await?;
    let mut published = Vec::with_capacity(batch.len());
    for (event, outcome) in batch.iter().zip(&outcomes) {
        match outcome {
            super::PublishOutcome::Published => published.push(event.id),
            super::PublishOutcome::NotPublished(cause) => {
                tracing::warn!(event.id = %event.id, event.kind = event.kind, cause, "an event was not published");
            }
        }
    }
    Ok(published)
}

/// Whether what was read at that time must not be published any more.
pub(super) fn is_late<B: Backend>(backend: &B, read: Timestamp) -> bool {
    Duration::try_from(backend.clock().now().duration_since(read)).is_ok_and(|since| since >= RUN)
}

/// What the work comes to; none if it takes longer.
pub(super) async fn within<T>(timer: &impl Timer, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(work), std::pin::pin!(timer.sleep(limit))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

fn failed(report: &mut RelayReport, error: &StoreError) {
    tracing::warn!(%error, "not relayed");
    report.failures += 1;
}

fn count(events: usize) -> u32 {
    u32::try_from(events).unwrap_or(u32::MAX)
}
