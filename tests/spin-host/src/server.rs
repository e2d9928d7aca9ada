//! The HTTP/1.1 side: connections in, requests prepared as Spin prepares them, failures as problem bodies.

mod problem;
mod request;

use crate::worker::{Ticket, Workers};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use problem::Problem;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::{
    WasiBody,
    handler::{InstantiationError, ProxyHandler},
};

/// Connections at a time; more wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send its header section.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take when the host stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the first in line waits before it looks again for an instance with room: the handler tells nobody.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

type Answer = Response<Either<WasiBody, Full<Bytes>>>;

/// What every connection needs.
pub(crate) struct Server {
    handler: ProxyHandler<Workers>,
    /// One permit per request in flight: the handler itself would queue without bound.
    in_flight: Semaphore,
    /// The right to look for an instance when none has room. One request at a time has it, the others stand in line: each
    /// look costs a failed instantiation.
    turn: Arc<Semaphore>,
    request_timeout: Duration,
    address: SocketAddr,
}

impl Server {
    /// `capacity` is what all instances together serve at a time.
    pub(crate) fn new(workers: Workers, capacity: usize, request_timeout: Duration, address: SocketAddr) -> Self {
        // A connection has one request in flight.
        let in_flight = Semaphore::new(capacity.clamp(1, MAX_CONNECTIONS));
        let turn = Arc::new(Semaphore::new(1));
        Self { handler: ProxyHandler::new(workers), in_flight, turn, request_timeout, address }
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

    #[expect(clippy::disallowed_methods, reason = "a time limit on the machine that this host serves")]
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        match self.handle(request, peer, Instant::now() + self.request_timeout).await {
            Ok(response) => response.map(Either::Left),
            Err(problem) => problem.into_response().map(Either::Right),
        }
    }

    async fn handle(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        deadline: Instant,
    ) -> Result<Response<WasiBody>, Problem> {
        let mut request = request::prepare(request, peer, self.address)?;
        let permit = timeout_at(deadline, self.in_flight.acquire()).await.map_err(|_| Problem::no_instance())?;
        let _permit = permit.map_err(|_| Problem::stopping())?;
        let taken = Arc::new(AtomicBool::new(false));
        // Nobody passes those who wait.
        let mut turn =
            if self.turn.available_permits() == 0 { Some(self.stand_in_line(deadline).await?) } else { None };
        loop {
            let ticket = Ticket { turn, taken: Arc::clone(&taken) };
            let handled = timeout_at(deadline, self.handler.handle(ticket, request)).await;
            let error = match handled {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => error,
                Err(_) if taken.load(Ordering::Relaxed) => return Err(Problem::timeout(self.request_timeout)),
                Err(_) => return Err(Problem::no_instance()),
            };
            let (ticket, given_back) =
                no_room(error).map_err(|error| Problem::from_guest(&error, self.request_timeout))?;
            request = given_back;
            turn = Some(match ticket.turn {
                Some(turn) => {
                    timeout_at(deadline, sleep(LOOK_AGAIN)).await.map_err(|_| Problem::no_instance())?;
                    turn
                }
                None => self.stand_in_line(deadline).await?,
            });
        }
    }

    async fn stand_in_line(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = timeout_at(deadline, Arc::clone(&self.turn).acquire_owned()).await;
        turn.map_err(|_| Problem::no_instance())?.map_err(|_| Problem::stopping())
    }
}

/// The request, given back because the pool has no instance left and those that there are take no more for now; the error, if
/// that is not what it says.
fn no_room(error: wasmtime::Error) -> Result<(Ticket, Request<WasiBody>), wasmtime::Error> {
    let refused = error.downcast::<InstantiationError<Ticket>>()?;
    if !refused.error.is::<PoolConcurrencyLimitError>() {
        return Err(refused.into());
    }
    Ok((refused.request_data, refused.request.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// The next connection and its slot. A failed accept (no file descriptor left, say) pauses instead of spinning.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
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
