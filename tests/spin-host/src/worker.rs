//! How instances are made, reused and ended.
//!
//! `wasmtime_wasi_http::handler` drives the instances: it asks here whether one takes another request, and when one has
//! lived long enough. An instance that traps ends; every request that was inside it ends with it.

use crate::{
    HostConfig,
    engine::Ticker,
    guest::{Grants, Guest},
};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::Sleep,
};
use wasmtime::{Engine, Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi_http::{
    WasiHttpView,
    handler::{HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus},
};

/// How much later than the request's own deadline the instance is ended, so that the client hears of a timeout and not of
/// a trap, and a guest that is merely slow can still be told.
const GRACE: Duration = Duration::from_millis(100);

/// What a request brings to its instance.
pub(crate) struct Ticket {
    /// The right to look for an instance when none has room. It ends when an instance takes the request: the next in line looks.
    pub(crate) turn: Option<OwnedSemaphorePermit>,
    /// Set when an instance takes the request.
    pub(crate) taken: Arc<AtomicBool>,
}

/// The limits that instances live under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    request: Duration,
    background: Duration,
    idle: Duration,
    reuse: usize,
    concurrent: usize,
}

impl From<&HostConfig> for Limits {
    fn from(config: &HostConfig) -> Self {
        Self {
            request: config.request_timeout,
            background: config.background_timeout,
            idle: config.idle_timeout,
            reuse: config.reuse.max(1),
            concurrent: config.concurrent.max(1),
        }
    }
}

/// Makes instances of the component.
pub(crate) struct Workers {
    pub(crate) engine: Engine,
    pub(crate) proxy: ProxyPre<Guest>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
    /// Changes when the host ends.
    pub(crate) stopped: watch::Receiver<()>,
    /// Held, so that guests are interrupted as long as there can be any.
    pub(crate) _ticker: Ticker,
}

impl HandlerState for Workers {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = State;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, State>> {
        let mut store = Store::new(&self.engine, Guest::new(Arc::clone(&self.grants)));
        store.limiter(|guest| &mut guest.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let proxy = tokio::time::timeout(self.limits.request, self.proxy.instantiate_async(&mut store)).await??;
        let state = State { limits: self.limits, stopped: self.stopped.clone() };
        Ok(Instance { store, proxy, view: WasiHttpView::http, expiration: self.limits.into(), state })
    }
}

/// What is asked about an instance as it serves.
pub(crate) struct State {
    limits: Limits,
    stopped: watch::Receiver<()>,
}

impl WorkerState for State {
    type StoreData = Guest;
    type RequestData = Ticket;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.reuse {
            ShouldAccept::Never
        } else if concurrent >= self.limits.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, Guest>,
        ticket: Ticket,
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync + 'static>> {
        ticket.taken.store(true, Ordering::Relaxed);
        drop(ticket.turn);
        Box::pin(tokio::time::sleep(self.limits.request))
    }

    fn drop(&self, _store: Store<Guest>, result: wasmtime::Result<()>) {
        // An instance that ends with the host is dropped half way, which wasmtime calls a panic.
        let host_ends = self.stopped.has_changed().unwrap_or(true);
        if let Err(error) = result
            && !host_ends
        {
            tracing::error!("an instance ended: {error:?}");
        }
    }
}

/// Ends an instance that has been too long in one state.
///
/// Asked after every turn of the instance, several times a request, it touches its timer only when it must: a timer that
/// is set too early is corrected when it fires.
pub(crate) struct Expiration {
    limits: Limits,
    timer: Pin<Box<Sleep>>,
}

impl From<Limits> for Expiration {
    fn from(limits: Limits) -> Self {
        Self { limits, timer: Box::pin(tokio::time::sleep(limits.idle)) }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let limit = match status {
            WorkerStatus::Idle => self.limits.idle,
            WorkerStatus::Requests => self.limits.request.saturating_add(GRACE),
            WorkerStatus::PostReturn => self.limits.background,
        };
        let Some(deadline) = start.checked_add(limit).map(tokio::time::Instant::from_std) else {
            return Poll::Pending;
        };
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if self.timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
