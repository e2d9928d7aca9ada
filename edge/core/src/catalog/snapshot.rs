//! Answers of what is published, and what comes before them.

use std::time::Duration;

use commerce_api::Problem;
use http::StatusCode;
use jiff::Timestamp;

use crate::{
    cache_status::CacheStatus,
    catalog::{
        conditional,
        entry::{self, Entry},
        lookup::{Answer, Looked, lookup},
        resource::Resource,
    },
    claim,
    envelope::Envelope,
    log,
    platform::Platform,
    published::{Built, Heads, Made, Unreadable, Wanted, stored},
    request::Call,
};

/// How long the origin may take where what is published is old.
const LIMIT: Duration = Duration::from_secs(1);
/// The least time between two questions to the origin about one thing that is published and old.
const CLAIM: Duration = Duration::from_secs(5);

/// What is published of the resource. None where that does not suffice.
///
/// # Errors
/// A 404 for a product that was not there a moment ago.
pub(super) async fn find<P: Platform>(
    call: &Call<'_, P>,
    resource: &Resource,
    wanted: &Wanted,
) -> Result<Option<Answer>, Problem> {
    let Some(heads) = Heads::current(call).await else { return Ok(None) };
    let made = match make(call, &heads, resource, wanted).await {
        Ok(made) => made,
        Err(error) => {
            log::warn(call.platform, call.request_id, "catalog.not_published", error);
            return Ok(None);
        }
    };
    match made {
        Some(made) if heads.is_stale() => Ok(Some(overdue(call, resource, entry_of(call, made, heads.as_of())).await)),
        Some(made) => Ok(Some(found(call, entry_of(call, made, heads.as_of()), None))),
        None if heads.is_stale() => Ok(None),
        None => Err(Problem::not_found("Product")),
    }
}

/// The answer of these heads, put together once: by this instance, or by another one that left it in the store. None where there is no
/// such thing.
async fn make<P: Platform>(
    call: &Call<'_, P>,
    heads: &Heads,
    resource: &Resource,
    wanted: &Wanted,
) -> Result<Option<Made>, Unreadable> {
    let (memory, versions) = (call.platform.memory(), heads.versions());
    let made = memory.made().get(versions, &resource.target);
    if made.is_some() {
        return Ok(made);
    }
    let (platform, target) = (call.platform, &resource.target);
    let is_stored = call.config.catalog_store_answers && resource.is_countable;
    if is_stored && let Some(made) = stored::get(platform, call.request_id, versions, target).await {
        memory.made().insert(versions, target, &made);
        return Ok(Some(made));
    }
    let Some(Built { body, has_things }) = heads.body(call, wanted).await? else { return Ok(None) };
    let made = Made { etag: conditional::etag(target, &body), body };
    memory.made().insert(versions, target, &made);
    if is_stored && has_things {
        stored::put_behind(platform, versions, target, &made);
    }
    Ok(Some(made))
}

/// It is as old as the older of the heads that it is of.
fn entry_of<P>(call: &Call<'_, P>, Made { body, etag }: Made, as_of: Timestamp) -> Entry {
    Entry::new(Envelope::new(body, etag, as_of, entry::lifetime(call.config)), call.config)
}

/// What is older than promised gives way to what the origin says, now or a moment ago. One request at a time waits for that.
async fn overdue<P: Platform>(call: &Call<'_, P>, resource: &Resource, entry: Entry) -> Answer {
    if !claim::take_here(call.platform, &format!("overdue/{}", resource.key), call.now, CLAIM) {
        return found(call, entry, None);
    }
    match lookup(call, resource, LIMIT).await {
        // What the cache has may be older still.
        Ok(Answer::Found(looked)) if looked.entry.envelope.stored_at < entry.envelope.stored_at => {
            found(call, entry, None)
        }
        Ok(answer) => answer,
        Err(problem) => found(call, entry, Some(problem.status())),
    }
}

fn found<P>(call: &Call<'_, P>, entry: Entry, origin_status: Option<StatusCode>) -> Answer {
    let ttl = entry.envelope.ttl_seconds(call.now);
    let status = match origin_status {
        None if ttl >= 0 => CacheStatus::Hit { ttl },
        None => CacheStatus::Stale { ttl },
        Some(status) => CacheStatus::StaleOnError { ttl, origin_status: Some(status.as_u16()) },
    };
    Answer::Found(Looked { entry, status, at: call.now })
}
