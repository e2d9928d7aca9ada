//! What the edge expects of any key-value store, as a suite that runs on the runtime itself: built with the feature
//! `kv-contract`, an adapter answers every request with what comes of it. For stores on one machine: one that is spread over
//! the world shows a write to others late, which the edge is made for, and this suite is not.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};

use crate::{
    body::Body,
    platform::{KvError, KvStore, Platform},
    reply,
};

/// How long values are asked to be kept. Less than a minute: some stores cannot do less, and must not refuse it.
const KEEP: Duration = Duration::from_secs(5);
/// A value that is as long as a long page of the catalog.
const LONG: usize = 256 * 1024;

/// In the place of [`crate::serve`]: 204 where the platform's store keeps the contract, or 500 with the clause that it breaks.
pub async fn serve<P: Platform>(
    platform: &P,
    _head: Parts,
    _read: impl AsyncFnOnce() -> Option<Bytes>,
) -> Response<Body> {
    let response = match check(platform).await {
        Ok(()) => reply::empty(StatusCode::NO_CONTENT),
        Err(broken) => {
            let mut response = reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
            *response.body_mut() = broken.into();
            response
        }
    };
    response.map(Body::Whole)
}

/// Runs the contract over a store that holds none of its keys, and leaves none behind.
///
/// # Errors
/// The first clause that the store breaks.
pub async fn check(store: &impl KvStore) -> Result<(), String> {
    let (plain, list) = ("contract/a", "contract/products?category=a-b&page=2&sort=price_asc");
    expect(store, plain, None, "what was never stored is absent").await?;
    done(store.delete(plain).await, "deleting what is absent is no error")?;

    let binary = Bytes::from_static(b"\x00\xff\n{}");
    done(store.put(plain, binary.clone(), KEEP).await, "a value is taken")?;
    done(store.put(list, Bytes::new(), KEEP).await, "an empty value is taken, under a key with a query")?;
    expect(store, plain, Some(&binary), "bytes come back as they were").await?;
    expect(store, list, Some(&Bytes::new()), "an empty value is not an absent one").await?;
    expect(store, "contract/products", None, "a key is not its beginning").await?;

    let long = Bytes::from(vec![b'x'; LONG]);
    done(store.put(plain, long.clone(), KEEP).await, "a long value is taken, in the place of another")?;
    expect(store, plain, Some(&long), "the last value counts").await?;

    done(store.delete(plain).await, "a value is deleted")?;
    expect(store, plain, None, "what was deleted is absent").await?;
    expect(store, list, Some(&Bytes::new()), "deleting one value leaves the others").await?;
    done(store.delete(list).await, "an empty value is deleted")?;
    expect(store, list, None, "an empty value that was deleted is absent").await
}

async fn expect(store: &impl KvStore, key: &str, wanted: Option<&Bytes>, clause: &str) -> Result<(), String> {
    let found = store.get(key).await.map_err(|error| format!("{clause}: {error}"))?;
    if found.as_ref() == wanted {
        return Ok(());
    }
    let length = |value: Option<&Bytes>| value.map_or("nothing".to_owned(), |value| format!("{} bytes", value.len()));
    Err(format!("{clause}: {key} holds {}, not {}", length(found.as_ref()), length(wanted)))
}

fn done(outcome: Result<(), KvError>, clause: &str) -> Result<(), String> {
    outcome.map_err(|error| format!("{clause}: {error}"))
}
