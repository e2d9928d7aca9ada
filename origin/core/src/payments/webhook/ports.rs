//! What a webhook is, who can tell that it is the provider's, and what is kept of it.

use std::future::Future;

use commerce_domain::PaymentId;
use jiff::Timestamp;

use super::dispute::{DisputeNews, DisputeNoted};
use crate::{
    StoreError,
    payments::{Attempt, GatewayError, Provider},
};

/// A webhook as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Webhook<'a> {
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The header with the provider's signature, if it is there once.
    pub signature: Option<&'a str>,
}

/// A webhook of PayPal's as it arrived
/// (<https://developer.paypal.com/api/rest/webhooks/rest/#link-eventheaders>). Each header is there if it came once.
#[derive(Debug, Clone, Copy)]
pub struct Transmission<'a> {
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// `PAYPAL-TRANSMISSION-ID`
    pub id: Option<&'a str>,
    /// `PAYPAL-TRANSMISSION-TIME`
    pub time: Option<&'a str>,
    /// `PAYPAL-TRANSMISSION-SIG`
    pub signature: Option<&'a str>,
    /// `PAYPAL-CERT-URL`
    pub certificate_url: Option<&'a str>,
    /// `PAYPAL-AUTH-ALGO`
    pub algorithm: Option<&'a str>,
}

/// What a webhook of the provider's tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The provider's id of the event, the same in each delivery.
    pub id: String,
    /// The provider's name of its type: `payment_intent.succeeded`.
    pub kind: String,
    /// What it is about.
    pub subject: WebhookSubject,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookSubject {
    /// A payment.
    Intent {
        /// The provider's id of it.
        intent_id: String,
    },
    /// A payment that the customer's bank calls back.
    Dispute {
        /// The provider's id of the dispute.
        dispute_id: String,
        /// The provider's id of the payment.
        intent_id: String,
    },
    /// The same, of a provider that knows a disputed payment by our id.
    DisputeOf {
        /// The provider's id of the dispute.
        dispute_id: String,
        /// Our payment.
        payment_id: PaymentId,
    },
    /// Money that goes back.
    Refund {
        /// The provider's id of the refund.
        refund_id: String,
    },
    /// Money that goes back, and not because this shop has asked for it: somebody has done it at the provider.
    RefundElsewhere {
        /// The provider's id of the refund.
        refund_id: String,
        /// The provider's id of the payment.
        intent_id: String,
    },
    /// Something that means nothing to this shop.
    Other,
}

/// Why a webhook is not taken for the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// This shop has no secret to verify webhooks by.
    #[error("no secret for webhooks is configured")]
    NotTaken,
    /// There is no signature, or more than one header with one.
    #[error("no signature")]
    Missing,
    /// What stands in the place of the signature is none.
    #[error("not a signature")]
    Malformed,
    /// The key that is to verify the signature is not the provider's.
    #[error("the certificate is not the provider's")]
    Certificate,
    /// No secret of ours makes this signature of this body.
    #[error("the signature is not that of the body")]
    Mismatch,
    /// Signed too long ago, or in the future.
    #[error("signed at another time")]
    OutOfTime,
    /// Signed as it must be, and not an event.
    #[error("the body is not an event")]
    NoEvent,
}

impl WebhookRefusal {
    /// A stable code for the client.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotTaken => "WEBHOOKS_NOT_TAKEN",
            Self::Missing => "SIGNATURE_MISSING",
            Self::Malformed => "SIGNATURE_MALFORMED",
            Self::Certificate => "CERTIFICATE_REFUSED",
            Self::Mismatch => "SIGNATURE_MISMATCH",
            Self::OutOfTime => "SIGNATURE_OUT_OF_TIME",
            Self::NoEvent => "EVENT_MALFORMED",
        }
    }
}

/// Knows the provider's signature.
pub trait VerifyWebhook: Send + Sync {
    /// What the webhook tells, if it is the provider's and was signed at about `now`. Nothing of the body is believed before.
    ///
    /// # Errors
    /// [`WebhookRefusal`].
    fn verify_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<WebhookEvent, WebhookRefusal>;
}

/// Why it is not known that a webhook is the provider's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// It is not.
    #[error(transparent)]
    Refused(#[from] WebhookRefusal),
    /// Who knows cannot be asked.
    #[error(transparent)]
    Unanswered(#[from] GatewayError),
}

/// Has a webhook verified by the provider itself.
pub trait VerifyTransmission: Send + Sync {
    /// What the webhook tells, if it is the provider's. Nothing of the body is believed before.
    ///
    /// # Errors
    /// [`Unverified`].
    fn verify_transmission(
        &self,
        transmission: Transmission<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<WebhookEvent, Unverified>> + Send;
}

/// That an event was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookReceipt<'a> {
    /// Whose event it is, as it is written down.
    pub provider: &'static str,
    /// The provider's id of the event.
    pub event_id: &'a str,
    /// The provider's name of its type.
    pub kind: &'a str,
    /// When it came.
    pub received_at: Timestamp,
}

/// What is known about webhooks, and what they are about.
pub trait WebhookStore: Send + Sync {
    /// Whether an event was handled.
    ///
    /// # Errors
    /// [`StoreError`].
    fn is_webhook_handled(
        &self,
        provider: Provider,
        event_id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The latest attempt of the payment with this intent; none if it is no payment of ours.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_attempt_by_intent(
        &self,
        provider: Provider,
        intent_id: &str,
    ) -> impl Future<Output = Result<Option<Attempt>, StoreError>> + Send;

    /// The latest attempt of this payment; none if it is no payment of ours at this provider.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_attempt_of(
        &self,
        provider: Provider,
        payment: PaymentId,
    ) -> impl Future<Output = Result<Option<Attempt>, StoreError>> + Send;

    /// Notes that an event was handled that had no effect. Idempotent. What has an effect notes it along with that.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_webhook(&self, receipt: &WebhookReceipt<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes down what the provider says of a dispute: the dispute, the ledger, the events and the receipt, in one
    /// transaction, as far as they are not there. The order stays as it is; if it was called off and the money is back, a refund is written down.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn note_dispute(&self, news: &DisputeNews<'_>) -> impl Future<Output = Result<DisputeNoted, StoreError>> + Send;

    /// Forgets events that were handled before that time, the oldest first, at most `limit`. How many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_webhooks(&self, before: Timestamp, limit: u32) -> impl Future<Output = Result<u32, StoreError>> + Send;
}
