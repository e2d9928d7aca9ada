//! A value of the cache as it is answered with.

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    config::EdgeConfig,
    envelope::{Envelope, Lifetime},
};

/// A cached value, and the headers that are the same for everybody who asks: made once, and cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) envelope: Envelope,
    pub(super) cache_control: HeaderValue,
}

impl Entry {
    pub(super) fn new(envelope: Envelope, config: &EdgeConfig) -> Self {
        let cache_control = cache_control(&envelope, config);
        Self { envelope, cache_control }
    }

    /// How many bytes its body has.
    pub(super) fn size(&self) -> usize {
        self.envelope.body.len()
    }

    pub(super) fn body(&self) -> &Bytes {
        &self.envelope.body
    }
}

/// How long a value that the origin has just given is good for.
pub(super) fn lifetime(config: &EdgeConfig) -> Lifetime {
    Lifetime { fresh_seconds: config.catalog_fresh_seconds, stale_seconds: config.catalog_stale_seconds }
}

/// For how many seconds after its freshness a value is served while it is refreshed behind the answer. Longer, and rarely
/// visited pages would show prices of yesterday.
pub(super) fn revalidate_behind_seconds(config: &EdgeConfig) -> i64 {
    config.catalog_fresh_seconds.saturating_mul(5).max(60).min(config.catalog_stale_seconds)
}

/// How long others may keep the answer: `max-age` counts from when the origin gave it, as `Age` does.
fn cache_control(envelope: &Envelope, config: &EdgeConfig) -> HeaderValue {
    let fresh = (envelope.fresh_until - envelope.stored_at) / 1_000;
    let on_error = (envelope.stale_until - envelope.fresh_until) / 1_000;
    let while_revalidating = revalidate_behind_seconds(config);
    let text =
        format!("public, max-age={fresh}, stale-while-revalidate={while_revalidating}, stale-if-error={on_error}");
    HeaderValue::try_from(text).expect("should be a header: ASCII letters, digits and punctuation")
}
