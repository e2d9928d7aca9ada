//! The outside world of the origin under test.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use commerce_auth::{Principal, Role, TokenError};
use commerce_aws::{HttpClient, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use http::{Request, Response};
use jiff::Timestamp;
use origin_core::{
    customers::{LoadProfile, NoProfile, Profile},
    hooks::{HookPoint, Hooks, Stopped},
    tokens::{TokenRefusal, TokenVerifier},
};
use origin_gateways::ReqwestClient;
use test_support::{ManualClock, SystemEntropy};
use tokio::sync::Notify;

use super::http_client;

/// Real HTTP and real pauses under a clock that the test moves.
#[derive(Debug, Clone)]
pub(crate) struct TestEnvironment {
    http: ReqwestClient,
    clock: ManualClock,
}

impl TestEnvironment {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self { http: http_client(), clock }
    }
}

impl HttpClient for TestEnvironment {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.http.send(request).await
    }
}

impl Timer for TestEnvironment {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Clock for TestEnvironment {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Entropy for TestEnvironment {
    fn fill(&self, buffer: &mut [u8]) {
        SystemEntropy.fill(buffer);
    }
}

/// Real pauses, until told to hurry: then a hundredth of each, and the clock goes on by the whole of those that end.
#[derive(Debug, Clone)]
pub(crate) struct TestTimer {
    clock: ManualClock,
    hurries: Arc<AtomicBool>,
    pauses: Arc<AtomicU32>,
}

impl TestTimer {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self { clock, hurries: Arc::default(), pauses: Arc::default() }
    }

    /// How many pauses were waited for to their end.
    pub(crate) fn pauses(&self) -> u32 {
        self.pauses.load(Ordering::Relaxed)
    }

    pub(crate) fn hurry(&self, hurries: bool) {
        self.hurries.store(hurries, Ordering::Relaxed);
    }
}

impl Timer for TestTimer {
    async fn sleep(&self, duration: Duration) {
        let hurries = self.hurries.load(Ordering::Relaxed);
        tokio::time::sleep(if hurries { duration / 100 } else { duration }).await;
        self.pauses.fetch_add(1, Ordering::Relaxed);
        if hurries {
            self.clock.advance(duration.try_into().unwrap());
        }
    }
}

/// Who a caller is.
pub(crate) fn principal(sub: &str, admin: bool) -> Principal {
    Principal {
        subject: sub.to_owned(),
        issuer: "https://issuer.test".to_owned(),
        roles: admin.then_some(Role::Admin).into_iter().collect(),
        client_id: "app-1".to_owned(),
        scope: None,
        username: Some(format!("{sub} by name")),
        token_id: None,
    }
}

/// Accepts `valid <sub>` and `valid-admin <sub>`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestTokens;

impl TokenVerifier for TestTokens {
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal> {
        match token.split_once(' ') {
            Some(("valid", sub)) => Ok(principal(sub, false)),
            Some(("valid-admin", sub)) => Ok(principal(sub, true)),
            _ => Err(TokenRefusal::Invalid(TokenError::Expired)),
        }
    }
}

/// Everybody has an address at example.com, but for `nameless`, of whom nothing is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct TestProfiles {
    asked: Arc<AtomicU32>,
}

impl TestProfiles {
    /// How often somebody's profile was asked for.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl LoadProfile for TestProfiles {
    async fn load_profile(&self, principal: &Principal, token: &str) -> Result<Profile, NoProfile> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let sub = &principal.subject;
        if sub == "nameless" || token != format!("valid {sub}") {
            return Err(NoProfile("nothing is known".to_owned()));
        }
        Ok(Profile { email: Some(format!("{sub}@example.com")) })
    }
}

/// Stops, or holds up, the next request that reaches a point.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stops {
    stop: Arc<Mutex<Option<HookPoint>>>,
    pause: Arc<Mutex<Option<PauseAt>>>,
}

type PauseAt = (HookPoint, Arc<Pause>);

/// Holds a request up.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    reached: Notify,
    released: Notify,
}

impl Pause {
    /// Returns once the request waits.
    pub(crate) async fn reached(&self) {
        let reached = tokio::time::timeout(Duration::from_mins(1), self.reached.notified());
        reached.await.expect("the request should come this far");
    }

    /// Waits, as the request.
    pub(super) async fn wait(&self) {
        self.reached.notify_one();
        self.released.notified().await;
    }

    /// Lets the request go on.
    pub(crate) fn release(&self) {
        self.released.notify_one();
    }
}

impl Stops {
    /// Stops one request, at this point.
    pub(crate) fn stop_once_at(&self, point: HookPoint) {
        *self.stop.lock().unwrap() = Some(point);
    }

    /// Whether a request was stopped since.
    pub(crate) fn was_reached(&self) -> bool {
        self.stop.lock().unwrap().is_none()
    }

    /// Holds one request up, at this point.
    pub(crate) fn pause_once_at(&self, point: HookPoint) -> Arc<Pause> {
        let pause = Arc::new(Pause::default());
        *self.pause.lock().unwrap() = Some((point, Arc::clone(&pause)));
        pause
    }
}

impl Hooks for Stops {
    async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        let pause = self.pause.lock().unwrap().take_if(|(at, _)| *at == point);
        if let Some((_, pause)) = pause {
            pause.wait().await;
        }
        match self.stop.lock().unwrap().take_if(|at| *at == point) {
            Some(point) => Err(Stopped(point)),
            None => Ok(()),
        }
    }
}
