//! Answers that were put together, in the key-value store: for hosts that make a new instance for each request. Each is kept under what
//! was asked for, with the states that it is of; an answer of other states is none.

use std::time::Duration;

use bytes::Bytes;
use commerce_catalog::SegmentId;
use http::HeaderValue;

use super::{Made, Versions};
use crate::{kv, log, platform::Platform};

/// How long the store has to keep an answer that nobody puts together anew.
const KEEP: Duration = Duration::from_hours(24);
/// The first line is never longer than this.
const MAX_LINE: usize = 256;

/// The answer of these states, if another instance put it together.
pub(crate) async fn get<P: Platform>(platform: &P, request_id: &str, of: Versions, target: &str) -> Option<Made> {
    match kv::get(platform, &key(target)).await {
        Ok(stored) => decode(of, &stored?),
        Err(error) => {
            log::warn(platform, request_id, "catalog.answer_not_read", error);
            None
        }
    }
}

/// Leaves the answer to other instances, behind this one's. Best effort: they can put it together, too.
pub(crate) fn put_behind<P: Platform>(platform: &P, of: Versions, target: &str, made: &Made) {
    let (owned, key, value) = (platform.clone(), key(target), encode(of, made));
    platform.spawn(async move {
        let _ = kv::put(&owned, &key, value, KEEP).await;
    });
}

fn key(target: &str) -> String {
    format!("catalog/answers{target}")
}

/// A line of the states and the entity tag, then the body as it is.
fn encode([catalog, stock]: Versions, Made { body, etag }: &Made) -> Bytes {
    let line = format!("{catalog} {stock} {}\n", etag.to_str().unwrap_or_default());
    [line.as_bytes(), body].concat().into()
}

fn decode(of: Versions, stored: &Bytes) -> Option<Made> {
    let end = stored.iter().take(MAX_LINE).position(|byte| *byte == b'\n')?;
    let mut parts = std::str::from_utf8(&stored[..end]).ok()?.split(' ');
    let mut version = || parts.next()?.parse::<SegmentId>().ok();
    let is_of = [version()?, version()?] == of;
    let etag = HeaderValue::from_str(parts.next()?).ok()?;
    is_of.then(|| Made { body: stored.slice(end + 1..), etag })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(catalog: u8, stock: u8) -> Versions {
        [SegmentId::of(&[catalog]), SegmentId::of(&[stock])]
    }

    #[test]
    fn an_answer_comes_back_as_it_was_and_for_its_states_alone() {
        let made = Made { body: Bytes::from_static(b"{\"a\":\"\n b\"}"), etag: HeaderValue::from_static("\"tag\"") };
        let stored = encode(state(1, 2), &made);
        assert_eq!(decode(state(1, 2), &stored), Some(made));
        assert_eq!((decode(state(1, 1), &stored), decode(state(2, 2), &stored)), (None, None));
    }

    #[test]
    fn what_this_code_did_not_store_is_no_answer() {
        let [catalog, stock] = state(1, 2);
        let long = format!("{}\n", "x".repeat(MAX_LINE));
        for text in
            ["", "\n", "a b c\n{}", &format!("{catalog} {stock}\n{{}}"), &format!("{catalog} {stock} \"x\""), &long]
        {
            assert_eq!(decode([catalog, stock], &Bytes::copy_from_slice(text.as_bytes())), None, "{text}");
        }
    }
}
