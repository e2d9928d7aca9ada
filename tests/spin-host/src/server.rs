//! The HTTP/1.1 side: connections in, requests prepared as Spin prepares them, failures as problem bodies.

mod problem;
mod request;

use crate::worker::Workers;
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use problem::Problem;
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use wasmtime_wasi_http::{WasiBody, handler::ProxyHandler};

/// Connections at a time; more wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send its header section.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take when the host stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

type Answer = Response<Either<WasiBody, Full<Bytes>>>;

/// What every connection needs.
pub(crate) struct Server {
    handler: ProxyHandler<Workers>,
    /// One permit per request in flight: the handler itself would queue without bound.
    in_flight: Semaphore,
    request_timeout: Duration,
    address: SocketAddr,
}

impl Server {
    pub(crate) fn new(workers: Workers, max_in_flight: usize, request_timeout: Duration, address: SocketAddr) -> Self {
        let handler = ProxyHandler::new(workers);
        Self { handler, in_flight: Semaphore::new(max_in_flight), request_timeout, address }
    }

    /// Serves `listener` until `stop` changes, then lets requests in flight end for two seconds.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<()>) {
        let mut connections = JoinSet::new();
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                _ = stop.changed() => break,
                accepted = accept(&listener, &slots) => accepted,
            };
            while connections.try_join_next().is_some() {}
            let Some((stream, peer, slot)) = accepted else { continue };
            let (server, stop) = (Arc::clone(&self), stop.clone());
            connections.spawn(async move {
                server.serve_connection(stream, peer, stop).await;
                drop(slot);
            });
        }
        drop(listener);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if timeout(SHUTDOWN_TIMEOUT, all_ended).await.is_err() {
            tracing::warn!("stopped with requests in flight");
        }
    }

    async fn serve_connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, mut stop: watch::Receiver<()>) {
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.answer(request, peer).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stop.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("connection of {peer}: {error}");
        }
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        match timeout(self.request_timeout, self.handle(request, peer)).await {
            Ok(Ok(response)) => response.map(Either::Left),
            Ok(Err(problem)) => problem.into_response().map(Either::Right),
            Err(_) => Problem::timeout(self.request_timeout).into_response().map(Either::Right),
        }
    }

    async fn handle(&self, request: Request<Incoming>, peer: SocketAddr) -> Result<Response<WasiBody>, Problem> {
        let request = request::prepare(request, peer, self.address)?;
        let _permit = self.in_flight.acquire().await.map_err(|_| Problem::stopping())?;
        let handled = self.handler.handle((), request).await;
        handled.map_err(|error| Problem::from_guest(&error, self.request_timeout))
    }
}

/// The next connection and its slot. A failed accept (no file descriptor left, say) pauses instead of spinning.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // An answer is one small write: waiting for more to send would only delay it.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("connection of {peer}: {error}");
            }
            Some((stream, peer, slot))
        }
        Err(error) => {
            tracing::error!("cannot accept a connection: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}
