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
use std::{
    fs, io,
    net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
};

type Answer = (StatusCode, Bytes);

/// How often a request that waits for others looks for them.
const LOOK_NANOSECONDS: u64 = 1_000_000;

/// Requests that this instance has counted.
static COUNT: AtomicU32 = AtomicU32::new(0);
/// Requests that have come to meet others in this instance.
static MET: AtomicU32 = AtomicU32::new(0);

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
        "/meet" => meet(&request).await,
        "/pass" => pass(&request).await,
        "/background" => background(&request),
        "/reach" => reach(&request),
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

/// `?count=`: answers once so many requests are in this instance at the same time. Until then none of them leaves.
async fn meet(request: &Request) -> Answer {
    let count: u32 = parameter(request, "count").parse().unwrap_or(0);
    MET.fetch_add(1, Ordering::Relaxed);
    while MET.load(Ordering::Relaxed) < count {
        monotonic_clock::wait_for(LOOK_NANOSECONDS).await;
    }
    ok("met")
}

/// Writes `?begun=` into the default store, and answers once `?until=` is there.
async fn pass(request: &Request) -> Answer {
    let [begun, until] = ["begun", "until"].map(|name| parameter(request, name));
    let store = match Store::open_default().await {
        Ok(store) => store,
        Err(error) => return failed(error),
    };
    if let Err(error) = store.set(begun, "begun").await {
        return failed(error);
    }
    wait_for_key(&store, &until).await;
    ok("passed")
}

/// Answers at once; later, when `?until=` is in the default store, writes `?key=` into it.
fn background(request: &Request) -> Answer {
    let [key, until] = ["key", "until"].map(|name| parameter(request, name));
    wit_bindgen::spawn(async move {
        if let Ok(store) = Store::open_default().await {
            wait_for_key(&store, &until).await;
            _ = store.set(key, "written after the response").await;
        }
    });
    ok("later")
}

async fn wait_for_key(store: &Store, key: &str) {
    while !store.exists(key).await.unwrap_or(false) {
        monotonic_clock::wait_for(LOOK_NANOSECONDS).await;
    }
}

/// `?what=&address=`: whether the guest gets hold of something that no manifest grants.
fn reach(request: &Request) -> Answer {
    let address = parameter(request, "address");
    let reached = match parameter(request, "what").as_str() {
        "file" => fs::read("/etc/passwd").map(drop),
        "folder" => fs::read_dir("/").map(drop),
        "new file" => fs::write("/tmp/written-by-a-guest", "x"),
        "connection" => TcpStream::connect(&address).map(drop),
        "listener" => TcpListener::bind("127.0.0.1:0").map(drop),
        "datagram" => UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", &address)).map(drop),
        "name" => ("localhost", 80).to_socket_addrs().map(drop),
        "environment" => return ok(lines(std::env::vars().map(|(name, value)| format!("{name}={value}")))),
        "arguments" => return ok(lines(std::env::args())),
        what => Err(io::Error::other(format!("there is no probe for {what}"))),
    };
    match reached {
        Ok(()) => ok("reached"),
        Err(error) => (StatusCode::FORBIDDEN, error.to_string().into()),
    }
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("\n")
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
