//! Whether the cache or the origin answers.
//!
//! | what is cached | answer |
//! |---|---|
//! | fresh | from the cache |
//! | stale for a short while | from the cache; one request refreshes it behind its answer |
//! | stale for long | one request asks the origin first, and falls back on the cache; the others are served from the cache |
//! | too old, or nothing | from the origin, or 502 or 503 |

use std::time::Duration;

use bytes::Bytes;
use commerce_api::Problem;
use http::Response;
use jiff::Timestamp;

use crate::{
    cache_status::CacheStatus,
    catalog::{
        ORIGIN_LIMIT,
        entry::{Entry, revalidate_behind_seconds},
        fetch::{Fetch, Fetched},
        resource::Resource,
    },
    claim, config,
    envelope::Envelope,
    kv, log,
    origin::OriginFailure,
    platform::{KvError, Platform},
    request::Call,
};

/// How long it may take where the cache has an answer, if an old one.
const REVALIDATION_LIMIT: Duration = Duration::from_secs(1);
/// The least time between two attempts to refresh one thing.
const CLAIM: Duration = Duration::from_secs(5);

/// What there is to answer with.
pub(super) enum Answer {
    Found(Looked),
    /// The origin's own refusal, to be passed on.
    Refused(Response<Bytes>),
}

/// A value, how it was come by, and when.
pub(super) struct Looked {
    pub(super) entry: Entry,
    pub(super) status: CacheStatus,
    pub(super) at: Timestamp,
}

/// Finds the resource, in the order of the table above. `limit`: how long the origin may take where the cache has no answer.
///
/// # Errors
/// A 404 for what was absent a moment ago; 502 or 503 where neither cache nor origin has an answer.
pub(super) async fn lookup<P: Platform>(
    call: &Call<'_, P>,
    resource: &Resource,
    limit: Duration,
) -> Result<Answer, Problem> {
    let (platform, now) = (call.platform, call.now);
    if platform.memory().absent().get(&resource.key, now).is_some() {
        return Err(Problem::not_found("Product"));
    }
    // A store that is down costs time, not the answer.
    let (cached, store) = match cached(call, resource).await {
        Ok(cached) => (cached, resource.is_countable),
        Err(error) => {
            log::warn(platform, call.request_id, "catalog.not_read", error);
            (None, false)
        }
    };
    let (config, request_id) = (call.config, call.request_id);
    let fetch = |limit| Fetch { platform, config, request_id, resource, limit, store };
    let Some(entry) = cached else {
        return from_origin(fetch(limit), |stored| CacheStatus::Miss { stored })
            .await
            .map_err(|failure| failure.problem);
    };
    let ttl = entry.envelope.ttl_seconds(now);
    if entry.envelope.is_fresh(now) {
        return Ok(found(entry, CacheStatus::Hit { ttl }, now));
    }
    let expired = |stored| CacheStatus::Expired { stored };
    if !entry.envelope.is_servable(now) {
        return from_origin(fetch(limit), expired).await.map_err(|failure| failure.problem);
    }
    if !claim::take_here(platform, &resource.key, now, CLAIM) {
        return Ok(found(entry, CacheStatus::Stale { ttl }, now));
    }
    if -ttl <= revalidate_behind_seconds(config) {
        refresh_behind(platform, request_id, resource);
        return Ok(found(entry, CacheStatus::Stale { ttl }, now));
    }
    if !claim::take_shared(platform, &resource.key, CLAIM).await {
        return Ok(found(entry, CacheStatus::Stale { ttl }, now));
    }
    from_origin(fetch(REVALIDATION_LIMIT), expired).await.or_else(|failure| {
        log::warn(platform, request_id, "catalog.revalidation_failed", &failure.problem);
        let status = CacheStatus::StaleOnError { ttl, origin_status: failure.status };
        Ok(found(entry, status, platform.now()))
    })
}

fn found(entry: Entry, status: CacheStatus, at: Timestamp) -> Answer {
    Answer::Found(Looked { entry, status, at })
}

/// What the instance remembers, or what the store has.
///
/// # Errors
/// [`KvError`] where the instance remembers nothing and the store did not answer.
pub(super) async fn cached<P: Platform>(call: &Call<'_, P>, resource: &Resource) -> Result<Option<Entry>, KvError> {
    let (memory, now) = (call.platform.memory(), call.now);
    if let Some(hot) = memory.hot().get(&resource.key, now, call.config.catalog_memory_millis) {
        return Ok(Some(hot));
    }
    let empty = memory.empty_pages().get(&resource.key, now);
    if let Some(empty) = empty.filter(|page| page.envelope.is_fresh(now)) {
        return Ok(Some(empty));
    }
    let stored = kv::get(call.platform, &resource.key).await?;
    let Some(envelope) = stored.as_ref().and_then(Envelope::decode) else { return Ok(None) };
    let entry = Entry::new(envelope, call.config);
    memory.hot().insert(&resource.key, &entry, now);
    Ok(Some(entry))
}

async fn from_origin<P: Platform>(
    fetch: Fetch<'_, P>,
    status: impl Fn(bool) -> CacheStatus,
) -> Result<Answer, OriginFailure> {
    Ok(match fetch.run().await? {
        Fetched::Value { entry, stored } => found(entry, status(stored), fetch.platform.now()),
        Fetched::Refused(answer) => Answer::Refused(answer),
    })
}

fn refresh_behind<P: Platform>(platform: &P, request_id: &str, resource: &Resource) {
    let (owned, resource, request_id) = (platform.clone(), resource.clone(), request_id.to_owned());
    platform.spawn(async move {
        if !claim::take_shared(&owned, &resource.key, CLAIM).await {
            return;
        }
        let Ok(config) = config::load(&owned).await else { return };
        let (platform, request_id, resource) = (&owned, request_id.as_str(), &resource);
        let fetch = Fetch { platform, config, request_id, resource, limit: ORIGIN_LIMIT, store: true };
        if let Err(failure) = fetch.run().await {
            log::warn(platform, request_id, "catalog.refresh_failed", failure.problem);
        }
    });
}
