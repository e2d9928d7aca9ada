//! Disputes: the customer's bank calls a payment back. The provider takes the money from the shop at once, and gives it back
//! if the shop wins.

use std::future::Future;

use commerce_domain::{Clock as _, EventId, Money, RefundId};
use jiff::Timestamp;

use super::{WebhookError, WebhookReceipt, WebhookStore as _};
use crate::{
    Backend,
    payments::{Attempt, GatewayError, Provider, patience::Patience},
};

/// A dispute as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The provider's id.
    pub id: String,
    /// How much of the payment is disputed.
    pub amount: Money,
    /// Why, as the provider's code: `fraudulent`.
    pub reason: String,
    /// Whether the money was taken from the shop. The bank's mere question takes none.
    pub withdrawn: bool,
    /// Whether the shop has it back.
    pub reinstated: bool,
    /// How it ended; none as long as it has not.
    pub outcome: Option<DisputeOutcome>,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeOutcome {
    /// For the shop.
    Won,
    /// For the customer.
    Lost,
    /// Without a decision: the bank asks no more, or the provider has settled it.
    Dropped,
}

impl DisputeOutcome {
    /// As it is written down, and told in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Dropped => "dropped",
        }
    }
}

/// Tells how a dispute stands.
pub trait ReadDispute: Send + Sync {
    /// The dispute as it stands.
    ///
    /// # Errors
    /// [`GatewayError`].
    fn read_dispute(
        &self,
        provider: Provider,
        dispute_id: &str,
    ) -> impl Future<Output = Result<Dispute, GatewayError>> + Send;
}

/// What the provider says of a dispute, to be written down.
#[derive(Debug, Clone, Copy)]
pub struct DisputeNews<'a> {
    /// The dispute.
    pub dispute: &'a Dispute,
    /// The latest attempt of the payment.
    pub attempt: &'a Attempt,
    /// The id of the event that tells that it has begun.
    pub opened_event: EventId,
    /// The id of the event that tells that it is over.
    pub closed_event: EventId,
    /// The id of the refund, if the money is back for an order that was called off.
    pub refund: RefundId,
    /// The webhook that told of it.
    pub receipt: &'a WebhookReceipt<'a>,
    /// Now.
    pub now: Timestamp,
}

/// What was not known of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputeNoted {
    /// That it has begun.
    pub opened: bool,
    /// That it is over.
    pub closed: bool,
}

/// Reads a dispute and writes down what it says.
pub(super) async fn look_up<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    dispute_id: &str,
    receipt: &WebhookReceipt<'_>,
) -> Result<(), WebhookError> {
    let dispute = Patience::new(backend).within(backend.gateway().read_dispute(attempt.provider, dispute_id)).await?;
    let event = || EventId::generate(backend.clock(), backend.entropy());
    let (opened_event, closed_event, now) = (event(), event(), backend.clock().now());
    let refund = RefundId::generate(backend.clock(), backend.entropy());
    let news = DisputeNews { dispute: &dispute, attempt, opened_event, closed_event, refund, receipt, now };
    let noted = backend.database().note_dispute(&news).await?;
    let (order, payment, reason) = (attempt.order_id, attempt.payment_id, &dispute.reason);
    if noted.opened {
        tracing::warn!(order.id = %order, payment.id = %payment, dispute.id, dispute.reason = reason, "a payment is disputed");
    }
    if let Some(outcome) = dispute.outcome.filter(|_| noted.closed) {
        tracing::warn!(order.id = %order, payment.id = %payment, dispute.id, dispute.outcome = outcome.as_str(), "a dispute is over");
    }
    Ok(())
}
