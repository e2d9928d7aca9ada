//! The machine's own clock and randomness: the one place of the origin that reads them.

use std::time::Duration;

use bytes::Bytes;
use commerce_aws::{HttpClient, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use http::{Request, Response};
use jiff::Timestamp;

use crate::ReqwestClient;

/// The machine's clock, in whole milliseconds: what a Worker's clock has, and what every client of the API can keep.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port of the origin")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default()
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the Entropy port of the origin")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer)
            .expect("should succeed: the operating system always has randomness once it has started");
    }
}

/// The runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// All that the signed AWS client needs of the outside world.
#[derive(Debug, Clone)]
pub struct System {
    http: ReqwestClient,
}

impl System {
    /// The machine, with that client for its calls.
    #[must_use]
    pub fn new(http: ReqwestClient) -> Self {
        Self { http }
    }
}

impl Clock for System {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        SystemEntropy.fill(buffer);
    }
}

impl HttpClient for System {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.http.send(request).await
    }
}

impl Timer for System {
    async fn sleep(&self, duration: Duration) {
        SystemTimer.sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_milliseconds() {
        for _ in 0..10 {
            let now = SystemClock.now();
            assert_eq!(now.subsec_nanosecond() % 1_000_000, 0);
            assert!(now.as_second() > 1_760_000_000);
        }
    }
}
