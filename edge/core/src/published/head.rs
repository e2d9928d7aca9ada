//! The heads of the catalog and of stock: how an instance comes by the latest one.
//!
//! The key-value store has the head that was pushed into it, or that another instance pulled. An instance reads it once a moment.
//! Where it is older than it should be, the bucket is asked: behind the answer, by one request at a time; before the answer only where
//! it is older than what is promised.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_catalog::{HEAD_KEY, Head, STOCK_HEAD_KEY, SegmentError, SegmentId, StockHead};
use jiff::{SignedDuration, Timestamp};

use super::{Published, source::Source};
use crate::{claim, config, kv, log, platform::Platform};

/// What shoppers see is never older than that, unless nobody answers who knows better.
const PROMISED: SignedDuration = SignedDuration::from_secs(120);
/// The least time between two questions to the bucket.
const CLAIM: Duration = Duration::from_secs(5);
/// How long the store has to keep a head.
const KEEP: Duration = Duration::from_hours(24);

/// A head of either kind.
pub(super) trait Heading: Sized + Send + Sync + 'static {
    const KEY: &'static str;
    fn read(bytes: &[u8]) -> Result<Self, SegmentError>;
    fn sequence(&self) -> u64;
    fn written_at(&self) -> Timestamp;
    fn version(&self) -> SegmentId;
    fn held(published: &mut Published) -> &mut Held<Self>;
}

impl Heading for Head {
    const KEY: &'static str = HEAD_KEY;

    fn read(bytes: &[u8]) -> Result<Self, SegmentError> {
        Self::read(bytes)
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn written_at(&self) -> Timestamp {
        self.written_at
    }

    fn version(&self) -> SegmentId {
        Self::version(self)
    }

    fn held(published: &mut Published) -> &mut Held<Self> {
        &mut published.catalog
    }
}

impl Heading for StockHead {
    const KEY: &'static str = STOCK_HEAD_KEY;

    fn read(bytes: &[u8]) -> Result<Self, SegmentError> {
        Self::read(bytes)
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn written_at(&self) -> Timestamp {
        self.as_of
    }

    fn version(&self) -> SegmentId {
        Self::version(self)
    }

    fn held(published: &mut Published) -> &mut Held<Self> {
        &mut published.stock
    }
}

/// The head that an instance holds.
#[derive(Debug)]
pub(super) struct Held<H> {
    head: Option<Named<H>>,
    /// The millisecond in which the store was asked last.
    read_at: i64,
}

impl<H> Held<H> {
    pub(super) const fn new() -> Self {
        Self { head: None, read_at: 0 }
    }
}

/// A head, and what names the state that it is of.
#[derive(Debug)]
struct Named<H> {
    head: Arc<H>,
    version: SegmentId,
}

impl<H> Clone for Named<H> {
    fn clone(&self) -> Self {
        Self { head: Arc::clone(&self.head), version: self.version }
    }
}

impl<H: Heading> Named<H> {
    fn of(head: H) -> Self {
        Self { version: head.version(), head: Arc::new(head) }
    }
}

/// A head, what names the state that it is of, and whether it is older than what is promised.
#[derive(Debug)]
pub(super) struct Current<H> {
    pub(super) head: Arc<H>,
    pub(super) version: SegmentId,
    pub(super) is_stale: bool,
}

/// The latest head that can be had. None where there is none: nothing was published yet, or nobody answers.
pub(super) async fn current<H: Heading, P: Platform>(source: &Source<'_, P>, now: Timestamp) -> Option<Current<H>> {
    let Source { platform, config, request_id } = source;
    let (known, read_at) = {
        let mut published = platform.memory().published();
        let held = H::held(&mut published);
        (held.head.clone(), held.read_at)
    };
    let is_young = (0..config.catalog_memory_millis).contains(&(now.as_millisecond() - read_at));
    if let Some(Named { head, version }) = known.clone().filter(|known| is_young && !is_stale(&*known.head, now)) {
        return Some(Current { head, version, is_stale: false });
    }
    let stored = match kv::get(*platform, H::KEY).await {
        Ok(stored) => stored.and_then(|bytes| read::<H, P>(source, &bytes)),
        Err(error) => {
            log::warn(*platform, request_id, "catalog.head_not_read", error);
            None
        }
    };
    let mut latest = keep(source.platform, known, stored, now);
    let age = latest.as_ref().map(|latest| now.duration_since(latest.head.written_at()));
    if age.is_none_or(|age| age > PROMISED) {
        if claim::take_here(*platform, H::KEY, now, CLAIM) {
            latest = keep(source.platform, latest, pull::<H, P>(source).await, now);
        }
    } else if age.is_some_and(|age| age > SignedDuration::from_secs(config.catalog_pull_seconds))
        && claim::take_here(*platform, H::KEY, now, CLAIM)
    {
        pull_behind::<H, P>(source);
    }
    let Named { head, version } = latest?;
    let is_stale = is_stale(&*head, now);
    Some(Current { head, version, is_stale })
}

fn is_stale<H: Heading>(head: &H, now: Timestamp) -> bool {
    now.duration_since(head.written_at()) > PROMISED
}

/// The later of the two, which the instance holds from now on. It never goes back.
fn keep<H: Heading, P: Platform>(
    platform: &P,
    one: Option<Named<H>>,
    other: Option<H>,
    now: Timestamp,
) -> Option<Named<H>> {
    let later = match (one, other) {
        (Some(one), Some(other)) if other.sequence() > one.head.sequence() => Some(Named::of(other)),
        (None, other) => other.map(Named::of),
        (one, _) => one,
    };
    let mut published = platform.memory().published();
    let held = H::held(&mut published);
    held.read_at = now.as_millisecond();
    // Another request may have come by a later one meanwhile.
    let is_later =
        |named: &Named<H>| held.head.as_ref().is_none_or(|held| named.head.sequence() > held.head.sequence());
    if let Some(head) = later.filter(is_later) {
        held.head = Some(head);
    }
    held.head.clone()
}

fn read<H: Heading, P: Platform>(source: &Source<'_, P>, bytes: &Bytes) -> Option<H> {
    let read = H::read(bytes);
    read.inspect_err(|error| log::warn(source.platform, source.request_id, "catalog.head_damaged", error)).ok()
}

/// The bucket's head, which others find in the store from now on.
async fn pull<H: Heading, P: Platform>(source: &Source<'_, P>) -> Option<H> {
    let Source { platform, request_id, .. } = source;
    match source.object(H::KEY).await {
        Ok(found) => {
            let bytes = found?;
            let head = read::<H, P>(source, &bytes)?;
            // Best effort: others pull it, too.
            let _ = kv::put(*platform, H::KEY, bytes, KEEP).await;
            Some(head)
        }
        Err(error) => {
            log::warn(*platform, request_id, "catalog.head_not_pulled", error);
            None
        }
    }
}

fn pull_behind<H: Heading, P: Platform>(source: &Source<'_, P>) {
    let (platform, request_id) = (source.platform.clone(), source.request_id.to_owned());
    source.platform.spawn(async move {
        if !claim::take_shared(&platform, H::KEY, CLAIM).await {
            return;
        }
        let Ok(config) = config::load(&platform).await else { return };
        let source = Source { platform: &platform, config, request_id: &request_id };
        let pulled = pull::<H, P>(&source).await;
        keep(&platform, None, pulled, platform.now());
    });
}
