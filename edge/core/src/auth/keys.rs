//! The issuer's key set: in memory, in the key-value store, and fetched when it must be.
//!
//! A key set that has grown old is served while one request refreshes it, and for a day while the issuer is down. A token
//! that names an unknown key is worth a fetch, at most one in [`COOLDOWN`], so that nobody can make the edge flood the issuer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_api::Problem;
use commerce_auth::Jwks;
use commerce_aws::HttpClient;
use http::{Request, StatusCode, header};
use jiff::Timestamp;

use crate::{
    claim,
    config::{self, EdgeConfig},
    deadline::Deadline,
    envelope::{Envelope, Lifetime},
    platform::Platform,
};

/// Where the key-value store has the key set.
const KEY: &str = "auth/1/jwks";
const LIFETIME: Lifetime = Lifetime { fresh_seconds: 300, stale_seconds: 86_400 };
/// The least time between two fetches for unknown keys, and between two attempts to refresh.
const COOLDOWN: Duration = Duration::from_secs(30);
/// For how long a key is taken to be unknown after the issuer did not know it, in milliseconds.
const UNKNOWN_MILLIS: i64 = 60_000;
const MAX_UNKNOWN: usize = 64;
const FETCH_LIMIT: Duration = Duration::from_secs(3);
const FETCH_MILLIS: i64 = 3_000;
/// How often a request looks whether the key set that another one fetches is there.
const POLL: Duration = Duration::from_millis(25);
const RETRY_AFTER_SECONDS: u32 = 5;

/// What an instance remembers of the issuer's keys.
pub(crate) struct KeyMemory {
    held: Option<Held>,
    /// Key ids that the issuer did not know, and until when that is believed.
    unknown: BTreeMap<String, i64>,
    /// Until when a fetch for an unknown key may be under way, in milliseconds; 0 if none is.
    fetching_until: i64,
}

#[derive(Clone)]
struct Held {
    keys: Arc<Jwks>,
    envelope: Envelope,
}

impl KeyMemory {
    pub(crate) const fn new() -> Self {
        Self { held: None, unknown: BTreeMap::new(), fetching_until: 0 }
    }

    fn is_unknown(&self, kid: &str, now: Timestamp) -> bool {
        self.unknown.get(kid).is_some_and(|until| now.as_millisecond() < *until)
    }

    fn remember_unknown(&mut self, kid: &str, now: Timestamp) {
        if self.unknown.len() >= MAX_UNKNOWN {
            self.unknown.retain(|_, until| now.as_millisecond() < *until);
        }
        // Full of young ones: somebody is guessing, and the cooldown alone has to do.
        if self.unknown.len() < MAX_UNKNOWN {
            self.unknown.insert(kid.to_owned(), now.as_millisecond() + UNKNOWN_MILLIS);
        }
    }
}

/// A key set that holds `kid`, or the newest there is.
///
/// # Errors
/// A 503 where there is no key set and the issuer does not answer.
pub(crate) async fn with_kid<P: Platform>(platform: &P, config: &EdgeConfig, kid: &str) -> Result<Arc<Jwks>, Problem> {
    let held = current(platform, config).await?;
    if held.keys.get(kid).is_some() || platform.memory().keys().is_unknown(kid, platform.now()) {
        return Ok(held.keys);
    }
    // Another instance may have fetched the new key set already.
    if let Some(stored) = stored(platform).await.filter(|stored| stored.keys.get(kid).is_some()) {
        return Ok(remember(platform, stored).keys);
    }
    if !begin_fetch(platform) {
        return Ok(fetched_meanwhile(platform, kid).await.unwrap_or(held.keys));
    }
    let may_fetch = claim::take(platform, "jwks-unknown-kid", COOLDOWN).await;
    let fetched = if may_fetch { fetch(platform, config).await.ok() } else { None };
    let mut memory = platform.memory().keys();
    memory.fetching_until = 0;
    let Some(fetched) = fetched else { return Ok(held.keys) };
    if fetched.keys.get(kid).is_none() {
        memory.remember_unknown(kid, platform.now());
    }
    Ok(fetched.keys)
}

/// Whether no other request of this instance is fetching for an unknown key; this one is from here on.
fn begin_fetch<P: Platform>(platform: &P) -> bool {
    let now = platform.now().as_millisecond();
    let mut memory = platform.memory().keys();
    let is_first = now >= memory.fetching_until;
    if is_first {
        memory.fetching_until = now + FETCH_MILLIS;
    }
    is_first
}

/// The key set that another request of this instance is just fetching, once it is there and holds `kid`. Tokens of a new key
/// come many at a time, and none of them is to be called invalid because it came second.
async fn fetched_meanwhile<P: Platform>(platform: &P, kid: &str) -> Option<Arc<Jwks>> {
    loop {
        {
            let memory = platform.memory().keys();
            if let Some(held) = memory.held.as_ref().filter(|held| held.keys.get(kid).is_some()) {
                return Some(Arc::clone(&held.keys));
            }
            if platform.now().as_millisecond() >= memory.fetching_until {
                return None;
            }
        }
        platform.sleep(POLL).await;
    }
}

/// The key set to begin with: fresh, or stale while it is refreshed behind the answer, or fetched now.
async fn current<P: Platform>(platform: &P, config: &EdgeConfig) -> Result<Held, Problem> {
    let now = platform.now();
    let in_memory = platform.memory().keys().held.clone();
    if let Some(held) = in_memory.clone().filter(|held| held.envelope.is_fresh(now)) {
        return Ok(held);
    }
    let newest = match stored(platform).await {
        Some(stored) => Some(remember(platform, stored)),
        None => in_memory,
    };
    match newest.filter(|held| held.envelope.is_servable(now)) {
        Some(held) => {
            if !held.envelope.is_fresh(now) && claim::take(platform, "jwks-refresh", COOLDOWN).await {
                refresh_behind(platform);
            }
            Ok(held)
        }
        None => fetch(platform, config).await.map_err(|cause| Problem::unavailable(RETRY_AFTER_SECONDS, cause)),
    }
}

fn refresh_behind<P: Platform>(platform: &P) {
    let owned = platform.clone();
    platform.spawn(async move {
        if let Ok(config) = config::load(&owned).await
            && let Err(cause) = fetch(&owned, config).await
        {
            crate::log::warn(&owned, "", "jwks.refresh_failed", cause);
        }
    });
}

async fn stored<P: Platform>(platform: &P) -> Option<Held> {
    let envelope = Envelope::decode(&platform.get(KEY).await.ok()??)?;
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
    let envelope = Envelope::new(answer.into_body(), String::new(), platform.now(), LIFETIME);
    if let Err(error) = platform.put(KEY, envelope.encode(), envelope.keep()).await {
        crate::log::warn(platform, "", "jwks.not_stored", error);
    }
    Ok(remember(platform, Held { keys: Arc::new(keys), envelope }))
}

/// Keeps the key set in memory if it is newer than what is there. Where a key has gone, tokens that it signed must be
/// verified again, and will be refused.
fn remember<P: Platform>(platform: &P, candidate: Held) -> Held {
    let (newest, lost_a_key) = {
        let mut memory = platform.memory().keys();
        match &memory.held {
            Some(held) if held.envelope.stored_at > candidate.envelope.stored_at => (held.clone(), false),
            before => {
                let lost = before
                    .as_ref()
                    .is_some_and(|before| before.keys.key_ids().any(|kid| candidate.keys.get(kid).is_none()));
                memory.held = Some(candidate.clone());
                memory.unknown.retain(|kid, _| candidate.keys.get(kid).is_none());
                (candidate, lost)
            }
        }
    };
    if lost_a_key {
        platform.memory().tokens().clear();
    }
    newest
}
