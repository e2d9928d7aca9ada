//! The host's memory stays flat, however many requests it has served. Measured from outside, as its process.

use crate::{cli::command, fixture::Application};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

const GRANT: &str = r#"key_value_stores = ["default"]"#;
const CONNECTIONS: usize = 8;
/// Before the first look: threads, pools and the allocator have what they want by then.
const WARM_UP: usize = 3_000;
/// What may come and go. A leak of 500 bytes a request shows in the short run, one of 50 in the long one.
const ALLOWED_KIB: u64 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_leave_memory_flat() {
    serve(10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute of requests"]
async fn a_hundred_thousand_requests_leave_memory_flat() {
    serve(100_000).await;
}

async fn serve(requests: usize) {
    for reuse in ["1", "128"] {
        let application = Application::new(GRANT);
        let mut command = command(&application);
        command.args(["--listen", "127.0.0.1:0", "--reuse", reuse]).stderr(std::process::Stdio::null());
        let mut host = command.spawn().unwrap();
        let mut lines = BufReader::new(host.stdout.take().unwrap()).lines();
        let url = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await.unwrap().unwrap().unwrap();
        let id = host.id().unwrap();
        ask(&url, WARM_UP).await;
        let Some(before) = resident_kib(id) else {
            println!("skipped: a process's memory is read from /proc, which is not here");
            return;
        };
        ask(&url, requests).await;
        let after = resident_kib(id).unwrap();
        println!("{requests} requests, --reuse {reuse}: {before} KiB before, {after} KiB after");
        assert!(
            after < before + ALLOWED_KIB,
            "--reuse {reuse}: {before} KiB before, {after} KiB after {requests} requests"
        );
        host.kill().await.unwrap();
    }
}

/// Asks for a bare answer, a write and a task behind the response, in turns.
async fn ask(url: &str, requests: usize) {
    const PATHS: [&str; 3] = ["/", "/kv?store=default&op=set&key=open", "/background?key=late&until=open"];
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (client, url) = (client.clone(), url.to_owned());
        connections.spawn(async move {
            for number in 0..requests / CONNECTIONS {
                answer(&client, &format!("{url}{}", PATHS[number % PATHS.len()])).await;
            }
        });
    }
    connections.join_all().await;
}

async fn answer(client: &Client<HttpConnector, Full<Bytes>>, url: &str) {
    let request = Request::post(url).body(Full::new(Bytes::from_static(b"value"))).unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    response.into_body().collect().await.unwrap();
}

fn resident_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
