//! Outgoing requests of the component: allowed, refused, redirected, failing.

use crate::fixture::{Application, get};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use spin_host::{Host, HostConfig, RunningHost};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server that counts its requests and answers `/redirect` with a 302 and anything else with its request line.
struct Peer {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, requests) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                counter.fetch_add(1, Ordering::SeqCst);
                let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let line = request.lines().next().unwrap_or_default();
                let (status, extra) =
                    if line.contains("/redirect") { ("302 Found", "location: /elsewhere\r\n") } else { ("200 OK", "") };
                let length = line.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{extra}\r\n{line}");
                _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn host_allowing(entry: &str) -> RunningHost {
    Application::new(&format!("allowed_outbound_hosts = [{entry:?}]")).start().await
}

async fn outbound(host: &RunningHost, url: &str) -> String {
    let url = utf8_percent_encode(url, NON_ALPHANUMERIC);
    get(host, &format!("/outbound?url={url}")).await.text().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_host_is_called() {
    let peer = Peer::start().await;
    let url = format!("http://127.0.0.1:{}", peer.port);
    let host = host_allowing(&url).await;
    assert_eq!(outbound(&host, &format!("{url}/path?q=1")).await, "200\n\nGET /path?q=1 HTTP/1.1");
    assert_eq!(peer.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_may_be_a_template() {
    let peer = Peer::start().await;
    let url = format!("http://127.0.0.1:{}", peer.port);
    let application = Application::new(r#"allowed_outbound_hosts = ["{{ peer }}"]"#);
    let host = application.start().await;
    assert_eq!(outbound(&host, &url).await, "ErrorCode::HttpRequestDenied", "the template is empty");

    let variables = BTreeMap::from([("peer".to_owned(), url.clone())]);
    let host = Host::start(HostConfig { variables, ..application.config() }).await.unwrap();
    assert!(outbound(&host, &url).await.starts_with("200\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_an_error_to_the_guest_and_never_sent() {
    let peer = Peer::start().await;
    let port = peer.port;
    let host = host_allowing(&format!("http://127.0.0.1:{port}")).await;
    for url in [
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://user:secret@127.0.0.1:{port}/"),
        format!("http://127.0.0.2:{port}/"),
        "http://127.0.0.1/".to_owned(),
    ] {
        let answer = outbound(&host, &url).await;
        assert!(answer.starts_with("ErrorCode::HttpRequest"), "{url}: {answer}");
    }
    assert_eq!(peer.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_handed_to_the_guest() {
    let peer = Peer::start().await;
    let url = format!("http://127.0.0.1:{}", peer.port);
    let host = host_allowing(&url).await;
    assert!(outbound(&host, &format!("{url}/redirect")).await.starts_with("302\n/elsewhere\n"));
    assert_eq!(peer.requests(), 1, "the redirect was not followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_never_spoken_in_clear_text() {
    let peer = Peer::start().await;
    let url = format!("https://127.0.0.1:{}", peer.port);
    let host = host_allowing(&url).await;
    assert_eq!(outbound(&host, &format!("{url}/secret")).await, "ErrorCode::ConnectionRefused");
    assert_eq!(peer.requests(), 1, "the peer saw a TLS greeting, and answered in plain HTTP");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_host_is_an_error_to_the_guest() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let host = host_allowing(&format!("http://{closed}")).await;
    assert_eq!(outbound(&host, &format!("http://{closed}/")).await, "ErrorCode::ConnectionRefused");
}
