//! How long a request, or a sweep about one thing, talks to a provider.

use std::{future::Future, pin::pin, time::Duration};

use commerce_aws::Timer as _;
use commerce_domain::{Clock as _, Entropy as _};
use futures_util::future::{Either, select};
use jiff::Timestamp;

use super::{gateway::GatewayError, webhook::Unverified};
use crate::{Backend, idempotency::LEASE};

/// No call to the provider lasts longer, counted from the request's beginning. The edge waits 15 seconds for the answer.
const DEADLINE: Duration = Duration::from_secs(12);
/// With less time than this no charge is begun: its outcome would hardly be heard.
const LEAST_FOR_A_CHARGE: Duration = Duration::from_secs(2);
/// The longest pause before the second call; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause at all.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

// Nobody takes up the attempt of a request that may still begin to charge for it.
const _: () = assert!(DEADLINE.as_secs() < LEASE.as_secs());

/// An error that can say that nothing was heard.
pub trait Unanswered {
    /// The error of a call that has not ended, or was not sent, and may have its effect.
    fn unanswered(cause: &str) -> Self;
}

impl Unanswered for GatewayError {
    fn unanswered(cause: &str) -> Self {
        Self::Unknown(cause.to_owned())
    }
}

impl Unanswered for Unverified {
    fn unanswered(cause: &str) -> Self {
        GatewayError::unanswered(cause).into()
    }
}

/// The time that a request has left for the provider.
pub(crate) struct Patience<'a, B> {
    backend: &'a B,
    until: Timestamp,
}

impl<'a, B: Backend> Patience<'a, B> {
    /// All of it.
    pub(crate) fn new(backend: &'a B) -> Self {
        Self { backend, until: backend.clock().now().saturating_add(DEADLINE).unwrap_or(Timestamp::MAX) }
    }

    /// Less of it: none after that.
    pub(crate) fn until(backend: &'a B, until: Timestamp) -> Self {
        let all = Self::new(backend);
        Self { until: all.until.min(until), ..all }
    }

    fn left(&self) -> Duration {
        Duration::try_from(self.until.duration_since(self.backend.clock().now())).unwrap_or_default()
    }

    /// Whether a charge may be begun.
    pub(super) fn allows_a_charge(&self) -> bool {
        self.left() >= LEAST_FOR_A_CHARGE
    }

    /// The call's outcome, which is unknown if it has not come when the time is over. Without time the call is not sent.
    pub(crate) async fn within<T, E: Unanswered>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let left = self.left();
        if left.is_zero() {
            return Err(E::unanswered("no time was left for the call"));
        }
        match select(pin!(call), pin!(self.backend.timer().sleep(left))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(E::unanswered("no answer before the deadline")),
        }
    }

    /// Waits before a call is repeated, for a time drawn evenly from zero to a limit that doubles. Whether there is time for
    /// the call; if not, there was no wait.
    pub(crate) async fn pause(&self, repetition: u32) -> bool {
        let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(repetition - 1).unwrap_or(u32::MAX));
        let longest = doubled.min(LONGEST_PAUSE);
        let mut bytes = [0; 8];
        self.backend.entropy().fill(&mut bytes);
        let drawn = (longest.as_nanos() * u128::from(u64::from_le_bytes(bytes))) >> 64;
        let pause = Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX));
        let in_time = pause < self.left();
        if in_time {
            self.backend.timer().sleep(pause).await;
        }
        in_time
    }
}
