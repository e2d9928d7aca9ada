//! A fake payment provider that speaks Stripe's wire format: payment intents, refunds, disputes, idempotency keys, test cards,
//! signed webhooks, and faults that are switched over HTTP while it runs (`PUT /test/faults`).
//!
//! It stands in for <https://docs.stripe.com/api> where the shop calls it; what the shop does not send is refused as an
//! unknown parameter. `GET /test/state` shows everything, so that a test can assert that exactly one charge exists.

mod amounts;
mod book;
mod cards;
mod control;
mod disputes;
mod error;
mod faults;
mod form;
mod idempotency;
mod intents;
mod journal;
mod model;
mod pipeline;
mod refunds;
mod routes;
#[cfg(test)]
mod tests;
mod webhooks;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use book::Book;
pub use faults::{Faults, Operation};
use idempotency::Keys;
use journal::Journal;
use serde_json::Value;
pub use webhooks::{WebhookTarget, signature_header};
use webhooks::{Webhooks, run_worker};

use crate::{HttpServer, SharedClock, SharedEntropy, SystemClock, SystemEntropy};

/// How to start a [`PaymentProvider`].
#[derive(Clone)]
pub struct PaymentsConfig {
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The secret key that callers must send, such as `sk_test_…`.
    pub api_key: String,
    /// Where webhooks go; may be set later.
    pub webhook: Option<WebhookTarget>,
    /// Where payments are kept between runs; absent: they are forgotten at the end.
    pub state_dir: Option<PathBuf>,
    /// Time for `created`, for signatures and for the life of keys.
    pub clock: SharedClock,
    /// Randomness for ids and secrets.
    pub entropy: SharedEntropy,
}

impl Default for PaymentsConfig {
    fn default() -> Self {
        Self {
            port: 0,
            api_key: "sk_test_local".to_owned(),
            webhook: None,
            state_dir: None,
            clock: SystemClock::shared(),
            entropy: SystemEntropy::shared(),
        }
    }
}

/// The running provider. Dropping it ends the server and the delivery of webhooks.
pub struct PaymentProvider {
    server: HttpServer,
    shared: Arc<Shared>,
    worker: Worker,
}

/// What the routes, the worker and the handle have in common.
struct Shared {
    api_key: String,
    clock: SharedClock,
    entropy: SharedEntropy,
    book: Mutex<Book>,
    keys: Mutex<Keys>,
    journal: Journal,
    faults: Mutex<Faults>,
    webhooks: Webhooks,
}

impl PaymentProvider {
    /// Starts to serve.
    ///
    /// # Errors
    /// Where the port is taken, or what an earlier run has kept cannot be read; the text names the file.
    pub async fn start(config: PaymentsConfig) -> io::Result<Self> {
        let listener = HttpServer::bind(config.port).await?;
        let own_url = format!("http://{}", listener.local_addr()?);
        let (webhooks, queue) = Webhooks::new(config.webhook);
        let mut book = Book::new(own_url, Arc::clone(&config.entropy));
        let mut keys = Keys::new();
        let journal = match &config.state_dir {
            Some(folder) => Journal::open(folder, &mut book, &mut keys)?,
            None => Journal::none(),
        };
        let shared = Arc::new(Shared {
            api_key: config.api_key,
            clock: config.clock,
            book: Mutex::new(book),
            entropy: config.entropy,
            keys: Mutex::new(keys),
            journal,
            faults: Mutex::default(),
            webhooks,
        });
        let worker = Worker(tokio::spawn(run_worker(Arc::clone(&shared), queue)));
        let server = HttpServer::serve(listener, routes::router(Arc::clone(&shared)))?;
        Ok(Self { server, shared, worker })
    }

    /// `http://127.0.0.1:<port>`, which stands in for `https://api.stripe.com`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Replaces all switches; counts start anew.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// The switches, with counts as far as they have not been used up.
    pub fn faults(&self) -> Faults {
        lock(&self.shared.faults).clone()
    }

    /// Sends webhooks to `target` from here on; none where absent.
    pub fn set_webhook(&self, target: Option<WebhookTarget>) {
        self.shared.webhooks.set_target(target);
    }

    /// Every payment intent, charge, refund and dispute, and the latest webhooks with their deliveries, oldest first.
    pub fn state(&self) -> Value {
        self.shared.state()
    }

    /// Ends the server once running requests are answered. Webhooks that are still to be sent are not.
    pub async fn stop(self) {
        let Self { server, worker, .. } = self;
        server.stop().await;
        drop(worker);
    }
}

/// The task that sends webhooks; ends with its handle.
struct Worker(tokio::task::JoinHandle<()>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Notes and announces what a change has done. The book is still locked, so that all of it stands in the order of the
    /// changes.
    fn take_note(&self, book: &mut Book, request_id: &str, key: Option<&str>) {
        let happened = book.take_happenings();
        self.journal.note(book.changed(&happened));
        self.publish(happened, request_id, key);
    }

    /// A change that nobody has asked for by the API.
    fn change<T>(&self, request_id: &str, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut book = lock(&self.book);
        let changed = change(&mut book);
        self.take_note(&mut book, request_id, None);
        changed
    }

    fn state(&self) -> Value {
        let mut state = lock(&self.book).state();
        state["webhooks"] = self.webhooks.deliveries();
        state
    }
}

/// The lock, also where a test that held it has failed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
