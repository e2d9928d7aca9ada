//! A small HTTP/1 server for the fakes: loopback only, bounded connections, graceful stop, and the power to drop a
//! connection without an answer, which is how a lost reply looks to the caller.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;

/// Connections that one server holds open at most; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long [`HttpServer::stop`] waits for running requests.
const GRACE: Duration = Duration::from_secs(2);
/// How long a client may take to send its request head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// A TCP port on 127.0.0.1 that nothing listened on a moment ago. Another process may take it first: prefer to bind
/// port 0 where the server can say which port it got.
///
/// # Errors
/// Where the system has no free port.
pub fn free_port() -> io::Result<u16> {
    Ok(StdListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A client of servers on this machine: no proxy, no redirects. TLS is ring's, as in the origin.
pub fn client_builder() -> reqwest::ClientBuilder {
    // Whoever installs one first in a process has chosen for all: an error says just that.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

/// A running server on 127.0.0.1. Dropping it ends the server and its connections at once.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    url: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl HttpServer {
    /// Serves `router` on 127.0.0.1:`port`; 0 takes any free port.
    ///
    /// # Errors
    /// Where the port is taken or may not be used.
    pub async fn start(port: u16, router: Router) -> io::Result<Self> {
        let listener = Self::bind(port).await?;
        Self::serve(listener, router)
    }

    /// Takes 127.0.0.1:`port` without serving yet, for servers whose answers carry their own URL.
    pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on 127.0.0.1:{port}: {error}")))
    }

    pub(crate) fn serve(listener: TcpListener, router: Router) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, router, stopped));
        Ok(Self { address, url: format!("http://{address}"), stop, task })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets running requests finish for at most two seconds, then ends every connection.
    pub async fn stop(mut self) {
        // The receiver lives as long as the task: an error means that it has ended already.
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Marks a response that must not be sent: the connection closes instead, though the request had its effect.
#[derive(Debug, Clone, Copy)]
struct NoReply;

/// A response that closes the connection without a byte of answer.
pub(crate) fn lost_reply() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(NoReply);
    response
}

/// A JSON response.
pub(crate) fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

async fn accept(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) {
    // Dropping the set ends every connection, so aborting this task ends them too.
    let mut connections = JoinSet::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = stopped.clone();
    loop {
        let slot = Arc::clone(&slots).acquire_owned();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            (slot, accepted) = async { (slot.await, listener.accept().await) } => {
                if let (Ok(slot), Ok((stream, _))) = (slot, accepted) {
                    let connection = serve_connection(stream, router.clone(), stopped.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(slot);
                    });
                }
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
}

async fn serve_connection(stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A broken connection concerns its client alone, and a lost reply ends as an error on purpose.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(router: Router, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let response: Result<_, Infallible> = router.oneshot(request.map(Body::new)).await;
    let Ok(response) = response;
    match response.extensions().get::<NoReply>() {
        Some(NoReply) => Err(io::Error::other("reply withheld")),
        None => Ok(response),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    fn slow(milliseconds: u64) -> Router {
        Router::new().route(
            "/",
            get(move || async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                "done"
            }),
        )
    }

    #[tokio::test]
    async fn a_stop_lets_the_running_request_finish_and_frees_the_port() {
        let server = HttpServer::start(0, slow(200)).await.unwrap();
        let (url, address) = (server.url().to_owned(), server.address());
        assert!(address.ip().is_loopback());
        let request = tokio::spawn(async move { reqwest::get(url).await?.text().await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.stop().await;
        assert_eq!(request.await.unwrap().unwrap(), "done");
        StdListener::bind(address).unwrap();
    }

    #[tokio::test]
    async fn dropping_the_handle_ends_open_connections() {
        let server = HttpServer::start(0, slow(60_000)).await.unwrap();
        let url = server.url().to_owned();
        let request = tokio::spawn(reqwest::get(url));
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(server);
        assert!(request.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_lost_reply_closes_the_connection_without_an_answer() {
        let server = HttpServer::start(0, Router::new().route("/", get(|| async { lost_reply() }))).await.unwrap();
        let error = reqwest::get(server.url()).await.unwrap_err();
        assert!(error.is_request(), "{error}");
    }

    #[tokio::test]
    async fn a_taken_port_is_named_in_the_error() {
        let server = HttpServer::start(0, Router::new()).await.unwrap();
        let port = server.address().port();
        let error = HttpServer::start(port, Router::new()).await.unwrap_err();
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }

    #[test]
    fn a_free_port_can_be_bound() {
        StdListener::bind((Ipv4Addr::LOCALHOST, free_port().unwrap())).unwrap();
    }
}
