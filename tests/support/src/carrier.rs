//! A fake carrier: labels, trackers and signed webhooks, as `origin-gateways` expects them of a carrier, and faults that are
//! switched while it runs.
//!
//! | for tests and by hand | |
//! |---|---|
//! | `POST /test/parcels/{id}/in_transit` or `/delivered` | moves a parcel, known by its tracker, its number or its reference, and sends the webhook |
//! | `PUT /test/faults` | replaces the switches ([`CarrierFaults`]) |
//! | `GET /test/state` | every label |
//!
//! Parcels to Antarctica (`AQ`) are refused as `address_not_served`.

mod book;
mod faults;
mod routes;
#[cfg(test)]
mod tests;
mod webhooks;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use self::book::Book;
pub use self::faults::CarrierFaults;
use crate::{HttpServer, SharedClock, SharedEntropy, SystemClock, SystemEntropy, payments::WebhookTarget};

/// How to start a [`FakeCarrier`].
#[derive(Clone)]
pub struct CarrierSettings {
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The key that callers must send.
    pub api_key: String,
    /// The file that keeps parcels between runs; absent: they are forgotten at the end.
    pub state_file: Option<PathBuf>,
    /// Time for estimates and signatures.
    pub clock: SharedClock,
    /// Randomness for ids and numbers.
    pub entropy: SharedEntropy,
}

impl Default for CarrierSettings {
    fn default() -> Self {
        Self {
            port: 0,
            api_key: "carrier_test_local".to_owned(),
            state_file: None,
            clock: SystemClock::shared(),
            entropy: SystemEntropy::shared(),
        }
    }
}

/// The running carrier. Dropping it ends the server.
pub struct FakeCarrier {
    server: HttpServer,
    shared: Arc<Shared>,
}

/// What the routes and the handle have in common.
struct Shared {
    url: String,
    settings: CarrierSettings,
    api_key: Mutex<String>,
    book: Mutex<Book>,
    faults: Mutex<CarrierFaults>,
    webhook: Mutex<Option<WebhookTarget>>,
}

impl FakeCarrier {
    /// Starts to serve.
    ///
    /// # Errors
    /// Where the port is taken, or what an earlier run has kept cannot be read.
    pub async fn start(settings: CarrierSettings) -> io::Result<Self> {
        let listener = HttpServer::bind(settings.port).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let api_key = Mutex::new(settings.api_key.clone());
        let book = Book::open(settings.state_file.clone())?;
        let shared = Arc::new(Shared {
            url,
            settings,
            api_key,
            book: Mutex::new(book),
            faults: Mutex::default(),
            webhook: Mutex::default(),
        });
        let server = HttpServer::serve(listener, routes::router(Arc::clone(&shared)))?;
        Ok(Self { server, shared })
    }

    /// Where its API begins.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Replaces all switches; counts start anew.
    pub fn set_faults(&self, faults: CarrierFaults) {
        *lock(&self.shared.faults) = faults;
    }

    /// Sends webhooks to `target` from here on; none where absent.
    pub fn set_webhook(&self, target: Option<WebhookTarget>) {
        *lock(&self.shared.webhook) = target;
    }

    /// Asks callers for another key from here on.
    pub fn set_key(&self, key: &str) {
        key.clone_into(&mut lock(&self.shared.api_key));
    }

    /// Every label, oldest first: `{"labels": [{"reference", "tracker", "trackingNumber", "status", …}]}`.
    pub fn state(&self) -> Value {
        lock(&self.shared.book).state()
    }

    /// Moves a parcel, known by its tracker, its number or its reference. No webhook is sent. Whether there is such a parcel.
    pub fn move_parcel(&self, id: &str, status: &str) -> bool {
        lock(&self.shared.book).move_parcel(id, status, self.shared.settings.clock.now()).is_some()
    }

    /// Ends the server once running requests are answered.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// The lock, also where a test that held it has failed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
