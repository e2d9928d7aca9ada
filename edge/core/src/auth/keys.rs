//! The issuer's key set: in memory, in the key-value store, and fetched when it must be.
//!
//! A key set that has grown old is served while one request refreshes it, and for a day while the issuer is down. A token
//! that names an unknown key is worth a fetch, at most one in [`COOLDOWN`], so that nobody can make the edge flood the issuer.
//! A key counts as unknown only against a key set that was fetched within that time: else the token may well be good, and its
//! bearer is asked to come back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_api::Problem;
use commerce_auth::Jwks;
use commerce_aws::HttpClient;
use http::{HeaderValue, Request, StatusCode, header};
use jiff::Timestamp;

use super::held::{Held, remember};
use crate::{
    claim,
    config::{self, EdgeConfig},
    deadline::Deadline,
    envelope::{Envelope, Lifetime},
    kv, log,
    platform::Platform,
};

/// Where the key-value store has the key set.
const KEY: &str = "auth/1/jwks";
const LIFETIME: Lifetime = Lifetime { fresh_seconds: 300, stale_seconds: 86_400 };
/// The least time between two fetches for unknown keys, and between two attempts to refresh.
const COOLDOWN: Duration = Duration::from_secs(30);
/// The least time between two fetches of an instance that has no key set at all.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// What these fetches are claimed by.
const REFRESH: &str = "jwks-refresh";
const UNKNOWN_KID: &str = "jwks-unknown-kid";
const FIRST: &str = "jwks-first";
const FETCH_LIMIT: Duration = Duration::from_secs(3);
/// How long a search for a key set may take, with all that it reads and writes, in milliseconds.
const SEARCH_MILLIS: i64 = 5_000;
/// How often a request looks whether another one of its instance has found the key set.
const POLL: Duration = Duration::from_millis(25);
/// How often, and how many times, a request looks whether another instance has put the key set into the store.
const STORE_POLL: Duration = Duration::from_millis(100);
const STORE_POLLS: usize = 8;
const RETRY_AFTER_SECONDS: u32 = 5;

/// Whether a token that was verified before is still good at `now`: not where the keys have grown too old to be trusted. Sees to
/// it that keys which are only old are refreshed behind the answer, so that an instance that meets known tokens alone learns
/// of a key that was withdrawn.
pub(super) fn vouch_for_known<P: Platform>(platform: &P, now: Timestamp) -> bool {
    let age = {
        let memory = platform.memory().keys();
        memory.held.as_ref().map(|held| (held.envelope.is_fresh(now), held.envelope.is_servable(now)))
    };
    if age == Some((false, true)) {
        refresh_behind(platform, now);
    }
    age.is_some_and(|(_, is_servable)| is_servable)
}

/// A key set that holds `kid`, or one so new that `kid` does not exist.
///
/// # Errors
/// A 503 where neither is to be had.
pub(super) async fn with_kid<P: Platform>(platform: &P, config: &EdgeConfig, kid: &str) -> Result<Arc<Jwks>, Problem> {
    let held = current(platform, config).await?;
    if held.has(kid) || platform.memory().keys().is_unknown(kid, platform.now()) {
        return Ok(held.keys);
    }
    if begin_search(platform) {
        search(platform, config, kid, &held).await;
        end_search(platform);
    } else {
        await_search(platform, |held| held.has(kid)).await;
    }
    let newest = platform.memory().keys().held.clone().unwrap_or(held);
    if newest.has(kid) || newest.is_younger(COOLDOWN, platform.now()) {
        Ok(newest.keys)
    } else {
        Err(Problem::unavailable(
            RETRY_AFTER_SECONDS,
            "the key of a token is unknown, and the issuer's keys are not at hand",
        ))
    }
}

/// The key set to begin with: what the instance has, refreshed behind the answer where it has grown old, or the first one.
async fn current<P: Platform>(platform: &P, config: &EdgeConfig) -> Result<Held, Problem> {
    let now = platform.now();
    let in_memory = platform.memory().keys().held.clone();
    let Some(held) = in_memory.filter(|held| held.envelope.is_servable(now)) else {
        let first = first(platform, config).await;
        return first.map_err(|cause| Problem::unavailable(RETRY_AFTER_SECONDS, cause));
    };
    if !held.envelope.is_fresh(now) {
        refresh_behind(platform, now);
    }
    Ok(held)
}

/// A key set for an instance that has none: the store's, or the issuer's, whom one request asks, the others wait for it, and
/// for a moment nobody asks again. The error is for the log.
async fn first<P: Platform>(platform: &P, config: &EdgeConfig) -> Result<Held, String> {
    let is_servable = |held: &Held| held.envelope.is_servable(platform.now());
    if !begin_search(platform) {
        let found = await_search(platform, is_servable).await;
        return found.ok_or_else(|| "key set: another request could not get it either".to_owned());
    }
    let stored = stored(platform).await.map(|stored| remember(platform, stored));
    let found = match stored.filter(is_servable) {
        Some(held) => {
            if !held.envelope.is_fresh(platform.now()) {
                refresh_behind(platform, platform.now());
            }
            Ok(held)
        }
        None if claim::take_here(platform, FIRST, platform.now(), FIRST_PAUSE) => fetch(platform, config).await,
        None => Err("key set: was not to be had a moment ago".to_owned()),
    };
    end_search(platform);
    found
}

/// Looks for a key that the held set lacks: in the store, where another instance may have put a newer set, then at the issuer,
/// unless it was asked a short time ago. Where another instance is asking, waits for a moment for what it will store.
async fn search<P: Platform>(platform: &P, config: &EdgeConfig, kid: &str, held: &Held) {
    let is_newer = |stored: &Held| stored.envelope.stored_at > held.envelope.stored_at;
    if let Some(newer) = stored(platform).await.filter(is_newer)
        && remember(platform, newer).has(kid)
    {
        return;
    }
    if !claim::take_here(platform, UNKNOWN_KID, platform.now(), COOLDOWN) {
        return;
    }
    if claim::take_shared(platform, UNKNOWN_KID, COOLDOWN).await {
        match fetch(platform, config).await {
            Ok(fetched) if fetched.has(kid) => {}
            Ok(_) => platform.memory().keys().remember_unknown(kid, platform.now()),
            Err(cause) => log::warn(platform, "", "jwks.not_fetched", cause),
        }
        return;
    }
    for _ in 0..STORE_POLLS {
        platform.sleep(STORE_POLL).await;
        if let Some(newer) = stored(platform).await.filter(is_newer) {
            remember(platform, newer);
            return;
        }
    }
}

/// Whether no other request of this instance is searching for a key set; this one is from here on.
fn begin_search<P: Platform>(platform: &P) -> bool {
    let now = platform.now().as_millisecond();
    let mut memory = platform.memory().keys();
    let is_first = now >= memory.searching_until;
    if is_first {
        memory.searching_until = now + SEARCH_MILLIS;
    }
    is_first
}

fn end_search<P: Platform>(platform: &P) {
    platform.memory().keys().searching_until = 0;
}

/// The key set that another request of this instance is just searching for, once it is there and is what is `wanted`. Tokens of
/// a new key come many at a time, and none of them is to be refused because it came second.
async fn await_search<P: Platform>(platform: &P, wanted: impl Fn(&Held) -> bool) -> Option<Held> {
    loop {
        {
            let memory = platform.memory().keys();
            if let Some(held) = memory.held.as_ref().filter(|held| wanted(held)) {
                return Some(held.clone());
            }
            if platform.now().as_millisecond() >= memory.searching_until {
                return None;
            }
        }
        platform.sleep(POLL).await;
    }
}

/// Has the key set refreshed behind the answer, by one request at a time.
fn refresh_behind<P: Platform>(platform: &P, now: Timestamp) {
    if !claim::take_here(platform, REFRESH, now, COOLDOWN) {
        return;
    }
    let owned = platform.clone();
    platform.spawn(async move {
        if let Err(cause) = refresh(&owned).await {
            log::warn(&owned, "", "jwks.refresh_failed", cause);
        }
    });
}

async fn refresh<P: Platform>(platform: &P) -> Result<(), String> {
    // Another instance may have done it already.
    if let Some(stored) = stored(platform).await
        && remember(platform, stored).envelope.is_fresh(platform.now())
    {
        return Ok(());
    }
    if !claim::take_shared(platform, REFRESH, COOLDOWN).await {
        return Ok(());
    }
    let config = config::load(platform).await.map_err(|error| error.to_string())?;
    fetch(platform, config).await.map(drop)
}

async fn stored<P: Platform>(platform: &P) -> Option<Held> {
    let envelope = Envelope::decode(&kv::get(platform, KEY).await.ok()??)?;
    let keys = Arc::new(Jwks::from_json(&envelope.body).ok()?);
    Some(Held { keys, envelope })
}

/// Asks the issuer, and stores what it says. The error is for the log.
async fn fetch<P: Platform>(platform: &P, config: &EdgeConfig) -> Result<Held, String> {
    let request = Request::get(&config.jwks_url).header(header::ACCEPT, "application/json").body(Bytes::new());
    let client = Deadline { platform, limit: FETCH_LIMIT };
    let answer = client.send(request.map_err(|error| error.to_string())?).await;
    let answer = answer.map_err(|error| format!("key set: {error}"))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("key set: answered {}", answer.status()));
    }
    let keys = Jwks::from_json(answer.body()).map_err(|error| error.to_string())?;
    let envelope = Envelope::new(answer.into_body(), HeaderValue::from_static(""), platform.now(), LIFETIME);
    if let Err(error) = kv::put(platform, KEY, envelope.encode(), envelope.keep()).await {
        log::warn(platform, "", "jwks.not_stored", error);
    }
    Ok(remember(platform, Held { keys: Arc::new(keys), envelope }))
}
