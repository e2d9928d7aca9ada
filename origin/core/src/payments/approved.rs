//! Charging for what the customer has agreed to at the provider, where that waits for this shop's word (PayPal).
//!
//! Whoever learns of it first charges: the request that is repeated, the webhook, or the sweep. That the charge goes out is
//! written down before, by compare and swap under the lock of the order's row, so that one of them does at a time, and none for
//! an attempt that was called off or an order that is being closed.

use bytes::Bytes;
use commerce_domain::{Clock as _, state::PaymentState};

use super::{
    drive::{Driven, Driving},
    gateway::Confirmation,
    outcome::PaymentOutcome,
    patience::Patience,
    pay::PayError,
    ports::PaymentStore as _,
    types::{Attempt, Verdict},
};
use crate::{Backend, hooks::HookPoint, idempotency::StoredAnswer};

/// What became of the wish to charge.
pub(super) enum Charge {
    /// This.
    Verdict(Verdict),
    /// Nothing: it is somebody else's, or nobody's any more.
    NotOurs,
}

impl<B, R> Driving<'_, B, R>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    /// Charges for an attempt whose customer has agreed, if that is still to be done.
    pub(super) async fn charge_approved(
        &self,
        attempt: &Attempt,
        confirmation: &Confirmation,
    ) -> Result<Charge, PayError> {
        // What is not begun can be begun by the next one who looks.
        if !self.patience.allows_a_charge() {
            return Ok(Charge::NotOurs);
        }
        self.reached(HookPoint::BeforeCharge).await?;
        let begun = self.backend.database().begin_charge(attempt, self.backend.clock().now()).await?;
        self.reached(HookPoint::AfterCharge).await?;
        match begun {
            Some(charging) => self.confirm(&charging, confirmation).await.map(Charge::Verdict),
            None => Ok(Charge::NotOurs),
        }
    }
}

/// Charges for an attempt whose customer has agreed, and writes down what came of it. Whether the attempt is somewhere else now.
///
/// A charge whose outcome is unknown is sent again only while the order's stock is held: its order has to end some time.
///
/// # Errors
/// [`PayError`]; the sweep goes on with it.
pub(super) async fn resume<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    attempt: &Attempt,
) -> Result<bool, PayError> {
    let now = backend.clock().now();
    let overdue = attempt.state != PaymentState::RequiresAction && attempt.hold_until <= now;
    if overdue || attempt.is_under_way(now) || attempt.state.is_over() {
        return Ok(false);
    }
    // Nobody waits for an answer.
    let render = |_: &PaymentOutcome| StoredAnswer { status: 200, headers: Vec::new(), body: Bytes::new() };
    let driving = Driving { backend, patience, claim: None, render: &render };
    driving.proceed(attempt).await.map(|driven| matches!(driven, Driven::Answered(_)))
}
