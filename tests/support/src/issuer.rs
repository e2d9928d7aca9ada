//! The development token issuer: RS256 access tokens of Cognito's shape, and the key set that verifies them.
//!
//! Claims follow the Amazon Cognito developer guide, "Understanding the access token": `token_use` is `access`, roles are
//! `cognito:groups`, and there is no `aud`. Never part of a production artifact: anyone who reaches it can be anyone.

mod forgery;
mod keys;
mod routes;
#[cfg(test)]
mod tests;
mod tokens;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

pub use forgery::Forgery;
use keys::Keys;
pub use tokens::{MAX_TTL_SECONDS, TokenRequest};

use crate::{HttpServer, SharedClock, SharedEntropy, SystemClock, SystemEntropy, bounded::BoundedMap};

/// Customers whose e-mail address the issuer remembers; the oldest goes first.
const MAX_CUSTOMERS: usize = 10_000;

/// How to start an [`Issuer`].
#[derive(Clone)]
pub struct IssuerConfig {
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The `iss` claim; the issuer's own URL where absent.
    pub issuer: Option<String>,
    /// The `client_id` claim.
    pub client_id: String,
    /// Where keys are kept between runs (readable by the owner alone); absent: a new key at every start.
    pub state_dir: Option<PathBuf>,
    /// Time for `iat`, `exp` and `auth_time`.
    pub clock: SharedClock,
    /// Randomness for `jti`. Keys always come from the operating system.
    pub entropy: SharedEntropy,
}

impl Default for IssuerConfig {
    fn default() -> Self {
        Self {
            port: 0,
            issuer: None,
            client_id: "local-shop".to_owned(),
            state_dir: None,
            clock: SystemClock::shared(),
            entropy: SystemEntropy::shared(),
        }
    }
}

/// Why the issuer could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The request for a token breaks a limit; says which.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The kept keys could not be read or written, or the port not be bound.
    #[error("token issuer: {0}")]
    Io(#[from] io::Error),
    /// The kept keys are not what this version writes; the text names the file.
    #[error("token issuer: {0}")]
    State(String),
    /// A key could not be made or used.
    #[error("token issuer: signing failed: {0}")]
    Signing(String),
}

/// The running issuer. Dropping it ends the server.
pub struct Issuer {
    server: HttpServer,
    shared: Arc<Shared>,
}

/// What the routes and the handle have in common.
struct Shared {
    own_url: String,
    issuer: String,
    client_id: String,
    state_dir: Option<PathBuf>,
    clock: SharedClock,
    entropy: SharedEntropy,
    keys: RwLock<Keys>,
    /// E-mail addresses by `sub`.
    customers: Mutex<BoundedMap<String>>,
}

impl Issuer {
    /// Loads or makes the signing key, then serves. Making a key takes up to some seconds of one core.
    ///
    /// # Errors
    /// A taken port, kept keys that cannot be read, or a state directory that cannot be written.
    pub async fn start(config: IssuerConfig) -> Result<Self, IssuerError> {
        let listener = HttpServer::bind(config.port).await?;
        let own_url = format!("http://{}", listener.local_addr()?);
        let state_dir = config.state_dir.clone();
        let keys = blocking(move || Keys::load_or_generate(state_dir.as_deref())).await?;
        let shared = Arc::new(Shared {
            issuer: config.issuer.unwrap_or_else(|| own_url.clone()),
            own_url,
            client_id: config.client_id,
            state_dir: config.state_dir,
            clock: config.clock,
            entropy: config.entropy,
            keys: RwLock::new(keys),
            customers: Mutex::new(BoundedMap::new(MAX_CUSTOMERS)),
        });
        let server = HttpServer::serve(listener, routes::router(Arc::clone(&shared)))?;
        Ok(Self { server, shared })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Where the key set is served.
    pub fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.url())
    }

    /// Where the bearer of a token is told who it is for.
    pub fn user_info_url(&self) -> String {
        format!("{}/oauth2/userInfo", self.url())
    }

    /// The key set as it is served now.
    pub fn jwks(&self) -> serde_json::Value {
        self.shared.jwks()
    }

    /// A signed access token for `request`, whose e-mail address is remembered for its `sub`.
    ///
    /// # Errors
    /// [`IssuerError::InvalidRequest`] where the request breaks a limit.
    pub fn mint(&self, request: &TokenRequest) -> Result<String, IssuerError> {
        self.shared.mint(request)
    }

    /// What an attacker makes of a token of this issuer's; none where it is no token.
    pub fn forge(&self, token: &str, forgery: Forgery) -> Option<String> {
        self.shared.forge(token, forgery)
    }

    /// Signs with a new key from here on and returns its `kid`. The key set keeps the two keys before it.
    ///
    /// # Errors
    /// Where the state directory cannot be written.
    pub async fn rotate(&self) -> Result<String, IssuerError> {
        Arc::clone(&self.shared).rotate().await
    }

    /// Ends the server once running requests are answered.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Shared {
    fn jwks(&self) -> serde_json::Value {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).public_set()
    }

    fn email(&self, sub: &str) -> Option<String> {
        self.customers.lock().unwrap_or_else(PoisonError::into_inner).get(sub).cloned()
    }

    async fn rotate(self: Arc<Self>) -> Result<String, IssuerError> {
        let fresh = blocking(keys::generate).await?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.rotate_to(fresh);
        keys.save(self.state_dir.as_deref())?;
        Ok(keys.current_id())
    }
}

/// Runs work that holds a core for long away from the tasks that answer requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IssuerError> + Send + 'static,
) -> Result<T, IssuerError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| IssuerError::Signing(error.to_string()))?
}
