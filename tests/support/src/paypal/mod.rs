//! A fake PayPal: tokens, orders that a customer agrees to, captures, refunds, disputes, webhooks with their verification, and faults
//! that are switched while it runs.
//!
//! | for tests and by hand | |
//! |---|---|
//! | `POST /test/approve/{order}` | the customer agrees, as by the button of the page that an order's link leads to |
//! | `POST /test/captures/{order}/completed` or `/declined` | what becomes of a capture that was PENDING |
//! | `POST /test/refunds/{id}/completed` or `/failed` | what becomes of a refund that was PENDING |
//! | `POST /test/disputes/{order}`, `POST /test/disputes/{id}/{outcome}` | the customer calls the payment back, and PayPal decides |
//! | `PUT /test/faults` | replaces the switches ([`PayPalFaults`]) |
//! | `GET /test/state` | every order |

mod book;
mod control;
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

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use self::book::{Book, Refusal};
pub use self::{
    faults::{PayPalFaults, PayPalOperation},
    webhooks::{PayPalWebhook, TransmissionHeaders, transmission_headers},
};
use crate::{
    HttpServer, SharedClock, SharedEntropy, SystemClock, SystemEntropy, bounded::BoundedMap, entropy::random_hex,
};

/// Tokens that are good at once.
const MAX_TOKENS: usize = 1_000;

/// How to start a [`FakePayPal`].
#[derive(Clone)]
pub struct PayPalSettings {
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The app's client id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// How long a token is good.
    pub token_seconds: u32,
    /// The file that keeps orders between runs; absent: they are forgotten at the end.
    pub state_file: Option<PathBuf>,
    /// Time for tokens and webhooks.
    pub clock: SharedClock,
    /// Randomness for ids.
    pub entropy: SharedEntropy,
}

impl Default for PayPalSettings {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "paypal_client_local".to_owned(),
            client_secret: "paypal_secret_local".to_owned(),
            token_seconds: 32_400,
            state_file: None,
            clock: SystemClock::shared(),
            entropy: SystemEntropy::shared(),
        }
    }
}

/// The running fake. Dropping it ends the server.
pub struct FakePayPal {
    server: HttpServer,
    shared: Arc<Shared>,
}

/// What the routes and the handle have in common.
struct Shared {
    settings: PayPalSettings,
    tokens: Mutex<BoundedMap<Timestamp>>,
    book: Mutex<Book>,
    faults: Mutex<PayPalFaults>,
    webhook: Mutex<Option<PayPalWebhook>>,
}

impl FakePayPal {
    /// Starts to serve.
    ///
    /// # Errors
    /// Where the port is taken, or what an earlier run has kept cannot be read.
    pub async fn start(settings: PayPalSettings) -> io::Result<Self> {
        let listener = HttpServer::bind(settings.port).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let book = Book::open(url.clone(), Arc::clone(&settings.entropy), settings.state_file.clone())?;
        let shared = Arc::new(Shared {
            settings,
            tokens: Mutex::new(BoundedMap::new(MAX_TOKENS)),
            book: Mutex::new(book),
            faults: Mutex::default(),
            webhook: Mutex::default(),
        });
        let server = HttpServer::serve(listener, routes::router(Arc::clone(&shared)))?;
        Ok(Self { server, shared })
    }

    /// `http://127.0.0.1:<port>`, which stands in for `https://api-m.paypal.com`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Replaces all switches; counts start anew.
    pub fn set_faults(&self, faults: PayPalFaults) {
        *lock(&self.shared.faults) = faults;
    }

    /// Sends webhooks there from here on; nowhere if absent.
    pub fn set_webhook(&self, webhook: Option<PayPalWebhook>) {
        *lock(&self.shared.webhook) = webhook;
    }

    /// No token that was given out is good any more.
    pub fn revoke_tokens(&self) {
        *lock(&self.shared.tokens) = BoundedMap::new(MAX_TOKENS);
    }

    /// Every order, oldest first.
    pub fn state(&self) -> Value {
        lock(&self.shared.book).state()
    }

    /// The customer agrees to an order. Whether there is such an order.
    pub fn approve(&self, order: &str) -> bool {
        self.shared.change(|book| book.approve(order)).is_ok()
    }

    /// What becomes of a capture that was PENDING: `COMPLETED` or `DECLINED`.
    pub fn decide_capture(&self, order: &str, status: &str) -> bool {
        self.shared.change(|book| book.decide(order, status)).is_ok()
    }

    /// What becomes of a refund that was PENDING: `COMPLETED` or `FAILED`.
    pub fn decide_refund(&self, refund: &str, status: &str) -> bool {
        self.shared.change(|book| book.decide_refund(refund, status)).is_ok()
    }

    /// The customer calls the payment of an order back: the dispute.
    pub fn dispute(&self, order: &str) -> Option<Value> {
        self.shared.change(|book| book.dispute(order)).ok()
    }

    /// PayPal decides a dispute: the dispute.
    pub fn close_dispute(&self, dispute: &str, outcome: &str) -> Option<Value> {
        self.shared.change(|book| book.close_dispute(dispute, outcome)).ok()
    }

    /// The headers of a transmission of that body now, to the webhook of that id.
    pub fn transmission(&self, webhook_id: &str, body: &str) -> TransmissionHeaders {
        self.shared.transmission(webhook_id, body)
    }

    /// Ends the server once running requests are answered.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Shared {
    /// A change that nobody has asked for by the API, and its webhooks.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut Book) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
        let (answer, happened) = {
            let mut book = lock(&self.book);
            (change(&mut book), book.take_happened())
        };
        self.publish(happened);
        answer
    }

    fn new_token(&self) -> String {
        let token = format!("A21{}", random_hex(&*self.settings.entropy, 16));
        let good_for = SignedDuration::from_secs(i64::from(self.settings.token_seconds));
        let until = self.settings.clock.now().saturating_add(good_for).unwrap_or(Timestamp::MAX);
        lock(&self.tokens).insert(&token, until);
        token
    }

    fn is_good(&self, token: &str) -> bool {
        lock(&self.tokens).get(token).is_some_and(|until| self.settings.clock.now() < *until)
    }
}

/// The lock, also where a test that held it has failed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
