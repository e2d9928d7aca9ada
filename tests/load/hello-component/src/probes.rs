//! One path per thing that a host must do, or must survive.

use bytes::Bytes;
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use spin_sdk::{
    http::{Request, StatusCode},
    key_value::Store,
    variables,
    wasip3::clocks::monotonic_clock,
    wit_bindgen,
};
use std::sync::atomic::{AtomicU32, Ordering};

type Answer = (StatusCode, Bytes);

/// Requests that this instance has counted.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Answers every path but `/`.
pub(crate) async fn probe(request: Request) -> Answer {
    match request.uri().path() {
        "/count" => ok((COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string()),
        "/echo" => echo(request).await,
        "/headers" => ok(describe(&request)),
        "/kv" => key_value(request).await,
        "/outbound" => outbound(&request).await,
        "/var" => variable(&request).await,
        "/sleep" => sleep(&request).await,
        "/background" => background(&request),
        "/alloc" => allocate(&request),
        "/panic" => panic_now(),
        "/spin" => spin_forever(),
        _ => (StatusCode::NOT_FOUND, Bytes::from_static(b"no such probe")),
    }
}

fn ok(text: impl Into<Bytes>) -> Answer {
    (StatusCode::OK, text.into())
}

fn failed(error: impl std::fmt::Debug) -> Answer {
    (StatusCode::BAD_GATEWAY, format!("{error:?}").into())
}

/// The decoded value of a query parameter, empty when it is not there.
fn parameter(request: &Request, name: &str) -> String {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    value.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned()).unwrap_or_default()
}

fn milliseconds(request: &Request) -> u64 {
    parameter(request, "ms").parse().unwrap_or(0)
}

async fn echo(request: Request) -> Answer {
    match request.into_body().collect().await {
        Ok(body) => ok(body.to_bytes()),
        Err(error) => failed(error),
    }
}

fn describe(request: &Request) -> String {
    let mut lines = vec![format!("{} {}", request.method(), request.uri())];
    lines.extend(request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))));
    lines.join("\n")
}

/// `?store=&op=get|set|delete|exists|keys&key=`, the value of `set` being the body.
async fn key_value(request: Request) -> Answer {
    let [store, operation, key] = ["store", "op", "key"].map(|name| parameter(&request, name));
    let store = match Store::open(store).await {
        Ok(store) => store,
        Err(error) => return failed(error),
    };
    let result = match operation.as_str() {
        "get" => store.get(key).await.map(Option::unwrap_or_default),
        "set" => {
            let value = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
            store.set(key, value.unwrap_or_default()).await.map(|()| Vec::new())
        }
        "delete" => store.delete(key).await.map(|()| Vec::new()),
        "exists" => store.exists(key).await.map(|exists| exists.to_string().into_bytes()),
        _ => store.get_keys().await.collect().await.map(|keys| keys.join(",").into_bytes()),
    };
    result.map_or_else(failed, ok)
}

/// `?url=`: what the other side said, as `<status>\n<location>\n<body>`.
async fn outbound(request: &Request) -> Answer {
    let response = match spin_sdk::http::get(parameter(request, "url")).await {
        Ok(response) => response,
        Err(error) => return failed(error),
    };
    let location = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let head = format!("{}\n{location}\n", response.status().as_u16());
    match response.into_body().collect().await {
        Ok(body) => ok([head.as_bytes(), &body.to_bytes()].concat()),
        Err(error) => failed(error),
    }
}

async fn variable(request: &Request) -> Answer {
    variables::get(parameter(request, "name")).await.map_or_else(failed, ok)
}

async fn sleep(request: &Request) -> Answer {
    monotonic_clock::wait_for(milliseconds(request) * 1_000_000).await;
    ok("slept")
}

/// Answers at once; `?ms=` later, writes `?key=` into the default store.
fn background(request: &Request) -> Answer {
    let (key, delay) = (parameter(request, "key"), milliseconds(request));
    wit_bindgen::spawn(async move {
        monotonic_clock::wait_for(delay * 1_000_000).await;
        if let Ok(store) = Store::open_default().await {
            _ = store.set(key, "written after the response").await;
        }
    });
    ok("later")
}

/// `?mb=`: takes that much memory.
fn allocate(request: &Request) -> Answer {
    let megabytes: usize = parameter(request, "mb").parse().unwrap_or(0);
    let memory = vec![1_u8; megabytes * 1024 * 1024];
    ok(std::hint::black_box(&memory).len().to_string())
}

#[expect(clippy::panic, reason = "the host must survive a guest that panics")]
fn panic_now() -> Answer {
    panic!("as asked")
}

fn spin_forever() -> Answer {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}
