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

use crate::{
    cache_status::CacheStatus,
    catalog::{
        fetch::{Fetched, fetch},
        resource::Resource,
    },
    claim,
    config::{self, EdgeConfig},
    envelope::Envelope,
    log,
    platform::Platform,
};

/// How long the origin may take where there is nothing else to answer with.
const LIMIT: Duration = Duration::from_secs(5);
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

/// A value and how it was come by.
pub(super) struct Looked {
    pub(super) envelope: Envelope,
    pub(super) status: CacheStatus,
}

/// For how many seconds after its freshness a value is served while it is refreshed behind the answer. Longer, and rarely
/// visited pages would show prices of yesterday.
pub(super) fn revalidate_behind_seconds(config: &EdgeConfig) -> i64 {
    config.catalog_fresh_seconds.saturating_mul(5).max(60).min(config.catalog_stale_seconds)
}

/// Finds the resource, in the order of the table above.
///
/// # Errors
/// A 404 for what was absent a moment ago; 502 or 503 where neither cache nor origin has an answer.
pub(super) async fn lookup<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    resource: &Resource,
) -> Result<Answer, Problem> {
    let now = platform.now();
    let Some(cached) = cached(platform, config, request_id, resource).await else {
        if platform.memory().absent().contains(&resource.key, now) {
            return Err(Problem::not_found("Product"));
        }
        return from_origin(platform, config, request_id, resource, |stored| CacheStatus::Miss { stored }).await;
    };
    let ttl = cached.ttl_seconds(now);
    if cached.is_fresh(now) {
        return Ok(found(cached, CacheStatus::Hit { ttl }));
    }
    if !cached.is_servable(now) {
        return from_origin(platform, config, request_id, resource, |stored| CacheStatus::Expired { stored }).await;
    }
    if !claim::take(platform, &resource.key, CLAIM).await {
        return Ok(found(cached, CacheStatus::Stale { ttl }));
    }
    if -ttl <= revalidate_behind_seconds(config) {
        refresh_behind(platform, request_id, resource);
        return Ok(found(cached, CacheStatus::Stale { ttl }));
    }
    match fetch(platform, config, request_id, resource, REVALIDATION_LIMIT).await {
        Ok(Fetched::Value { envelope, stored }) => Ok(found(envelope, CacheStatus::Expired { stored })),
        Ok(Fetched::Refused(answer)) => Ok(Answer::Refused(answer)),
        Err(failure) => {
            log::warn(platform, request_id, "catalog.revalidation_failed", &failure.problem);
            Ok(found(cached, CacheStatus::StaleOnError { ttl, origin_status: failure.status }))
        }
    }
}

fn found(envelope: Envelope, status: CacheStatus) -> Answer {
    Answer::Found(Looked { envelope, status })
}

/// What the instance read a moment ago, or what the store has, if it can be read. A store that is down costs time, not the answer.
async fn cached<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    resource: &Resource,
) -> Option<Envelope> {
    let now = platform.now();
    if let Some(hot) = platform.memory().hot().get(&resource.key, now, config.catalog_memory_millis) {
        return Some(hot);
    }
    match platform.get(&resource.key).await {
        Ok(bytes) => {
            let envelope = bytes.as_ref().and_then(Envelope::decode)?;
            platform.memory().hot().insert(&resource.key, &envelope, now);
            Some(envelope)
        }
        Err(error) => {
            log::warn(platform, request_id, "catalog.not_read", error);
            None
        }
    }
}

async fn from_origin<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    resource: &Resource,
    status: impl Fn(bool) -> CacheStatus,
) -> Result<Answer, Problem> {
    match fetch(platform, config, request_id, resource, LIMIT).await {
        Ok(Fetched::Value { envelope, stored }) => Ok(found(envelope, status(stored))),
        Ok(Fetched::Refused(answer)) => Ok(Answer::Refused(answer)),
        Err(failure) => Err(failure.problem),
    }
}

fn refresh_behind<P: Platform>(platform: &P, request_id: &str, resource: &Resource) {
    let (owned, resource, request_id) = (platform.clone(), resource.clone(), request_id.to_owned());
    platform.spawn(async move {
        let Ok(config) = config::load(&owned).await else { return };
        if let Err(failure) = fetch(&owned, config, &request_id, &resource, LIMIT).await {
            log::warn(&owned, &request_id, "catalog.refresh_failed", failure.problem);
        }
    });
}
