//! The form of every cached value: a line of JSON that says how long it is good for, then the body as it is.
//!
//! A store's own expiry is a hint for cleaning up. Whether a value is fresh is judged here, by the platform's clock.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Another number makes every stored value unreadable, and so absent.
const FORMAT: u32 = 1;

/// The first line is never longer than this.
const MAX_HEADER_LENGTH: usize = 1_024;

/// How long a value is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// Seconds for which the value is served without asking again.
    pub(crate) fresh_seconds: i64,
    /// Seconds after that for which it may be served.
    pub(crate) stale_seconds: i64,
}

/// A cached value and its times, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) stored_at: i64,
    pub(crate) fresh_until: i64,
    pub(crate) stale_until: i64,
    /// The entity tag of the body, quotes included; empty where nobody asks for it by its tag.
    pub(crate) etag: HeaderValue,
    pub(crate) body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    version: u32,
    stored_at: i64,
    fresh_until: i64,
    stale_until: i64,
    #[serde(borrow)]
    etag: Cow<'a, str>,
}

impl Envelope {
    /// A value that was fetched at `now`.
    pub(crate) fn new(body: Bytes, etag: HeaderValue, now: Timestamp, lifetime: Lifetime) -> Self {
        let stored_at = now.as_millisecond();
        let fresh_until = stored_at + lifetime.fresh_seconds * 1_000;
        Self { stored_at, fresh_until, stale_until: fresh_until + lifetime.stale_seconds * 1_000, etag, body }
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Bytes {
        let header = Header {
            version: FORMAT,
            stored_at: self.stored_at,
            fresh_until: self.fresh_until,
            stale_until: self.stale_until,
            etag: self.etag.to_str().unwrap_or_default().into(),
        };
        let mut bytes = serde_json::to_vec(&header).expect("should serialise: numbers and a string");
        bytes.reserve_exact(self.body.len() + 1);
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        bytes.into()
    }

    /// The value, unless it is of another format or not of this code's making.
    pub(crate) fn decode(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().take(MAX_HEADER_LENGTH).position(|byte| *byte == b'\n')?;
        let header: Header<'_> = serde_json::from_slice(&bytes[..end]).ok()?;
        let etag = HeaderValue::from_str(&header.etag).ok()?;
        (header.version == FORMAT).then(|| Self {
            stored_at: header.stored_at,
            fresh_until: header.fresh_until,
            stale_until: header.stale_until,
            etag,
            body: bytes.slice(end + 1..),
        })
    }

    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.as_millisecond() < self.fresh_until
    }

    /// Whether the value may still be served, fresh or not.
    pub(crate) fn is_servable(&self, now: Timestamp) -> bool {
        now.as_millisecond() < self.stale_until
    }

    /// Whole seconds since the value was fetched (RFC 9111, section 5.1).
    pub(crate) fn age_seconds(&self, now: Timestamp) -> i64 {
        ((now.as_millisecond() - self.stored_at) / 1_000).max(0)
    }

    /// Whole seconds for which the value is still fresh; below zero once it is stale (RFC 9211, section 2.3).
    pub(crate) fn ttl_seconds(&self, now: Timestamp) -> i64 {
        (self.fresh_until - now.as_millisecond()).div_euclid(1_000)
    }

    /// How long a store should keep the value.
    pub(crate) fn keep(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.stale_until - self.stored_at).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn envelope() -> Envelope {
        let lifetime = Lifetime { fresh_seconds: 60, stale_seconds: 600 };
        let etag = HeaderValue::from_static("\"tag\"");
        Envelope::new(Bytes::from_static(b"{\"a\":\"\n\"}"), etag, at(5_000), lifetime)
    }

    #[test]
    fn a_value_survives_the_store_with_its_body_unescaped() {
        let stored = envelope().encode();
        assert!(stored.ends_with(b"{\"a\":\"\n\"}"));
        assert_eq!(Envelope::decode(&stored), Some(envelope()));
    }

    #[test]
    fn what_this_code_did_not_store_is_absent() {
        let other_format = String::from_utf8(envelope().encode().to_vec()).unwrap().replace("n\":1,", "n\":2,");
        for bytes in ["", "\n", "{}", "{}\n", "x".repeat(5_000).as_str(), other_format.as_str()] {
            assert_eq!(Envelope::decode(&Bytes::copy_from_slice(bytes.as_bytes())), None, "{bytes}");
        }
    }

    #[test]
    fn a_value_is_fresh_then_stale_then_gone() {
        let envelope = envelope();
        assert!(envelope.is_fresh(at(64_999)) && !envelope.is_fresh(at(65_000)));
        assert!(envelope.is_servable(at(664_999)) && !envelope.is_servable(at(665_000)));
        assert_eq!((envelope.age_seconds(at(6_500)), envelope.ttl_seconds(at(6_500))), (1, 58));
        assert_eq!(envelope.ttl_seconds(at(65_001)), -1, "a stale value never shows a ttl of zero");
        assert_eq!(envelope.keep(), Duration::from_mins(11));
    }
}
