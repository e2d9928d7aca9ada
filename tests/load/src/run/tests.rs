//! Runs against a server that counts its connections and answers from a script.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    requests: AtomicU64,
}

type Script = fn(u64) -> Option<&'static str>;

const RIGHT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncache-status: edge; hit\r\n\r\nhello";
const OTHER_BODY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncache-status: edge; hit\r\n\r\nhallo";
const MISS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncache-status: edge; fwd=miss\r\n\r\nhello";
const SERVER_ERROR: &str = "HTTP/1.1 500 Oops\r\ncontent-length: 5\r\ncache-status: edge; hit\r\n\r\nhello";

/// Answers the n-th request with what the script says; None closes the connection.
async fn server(script: Script) -> (SocketAddr, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let counts = Arc::new(Counts::default());
    let counting = counts.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counting.connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(serve(stream, script, counting.clone()));
        }
    });
    (address, counts)
}

async fn serve(mut stream: TcpStream, script: Script, counts: Arc<Counts>) {
    let mut buffer = [0; 1024];
    // Each request here comes in one piece: it is shorter than a packet.
    while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
        let Some(answer) = script(counts.requests.fetch_add(1, Ordering::Relaxed)) else { return };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn plan(address: SocketAddr) -> Plan {
    Plan {
        target: format!("http://{address}/").parse().unwrap(),
        expectation: Some("cache-status=; hit".parse().unwrap()),
        pid: std::process::id(),
        connections: 3,
        warm_up: Duration::from_millis(20),
        measured: Duration::from_millis(200),
    }
}

#[tokio::test]
async fn connections_are_kept_and_answers_counted() {
    let (address, counts) = server(|_| Some(RIGHT)).await;
    let report = run(plan(address)).await.unwrap();
    assert_eq!(counts.connections.load(Ordering::Relaxed), 4, "one for the first answer, and one each");
    assert!(report.requests > 0 && report.requests <= counts.requests.load(Ordering::Relaxed));
    assert_eq!((report.failed, report.wrong, report.body_bytes), (0, 0, 5));
    assert!(report.p50_micros <= report.p95_micros && report.p95_micros <= report.p99_micros && report.p99_micros > 0);
    assert!(report.elapsed_micros >= 200_000);
}

#[tokio::test]
async fn another_body_status_or_header_is_wrong() {
    for later in [
        (|request| Some(if request == 0 { RIGHT } else { OTHER_BODY })) as Script,
        |request| Some(if request == 0 { RIGHT } else { SERVER_ERROR }),
        |request| Some(if request == 0 { RIGHT } else { MISS }),
    ] {
        let report = run(plan(server(later).await.0)).await.unwrap();
        assert!(report.wrong > 0);
        assert_eq!((report.requests, report.failed), (0, 0));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_counted_and_replaced() {
    let (address, counts) = server(|request| (request % 3 != 2).then_some(RIGHT)).await;
    let report = run(plan(address)).await.unwrap();
    assert!(report.failed > 0 && report.requests > 0, "{report:?}");
    assert!(counts.connections.load(Ordering::Relaxed) > 4);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_answers_wrongly_at_once_is_a_failure() {
    let nobody = { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
    assert!(run(plan(nobody)).await.is_err());
    let failure = run(plan(server(|_| Some(SERVER_ERROR)).await.0)).await.unwrap_err();
    assert!(failure.contains("500"), "{failure}");
}
