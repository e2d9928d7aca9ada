//! The port to a payment provider, in the words of Stripe's Payment Intents (<https://docs.stripe.com/api/payment_intents>),
//! which others can be mapped to.

use std::future::Future;

use commerce_domain::{Money, OrderId, PaymentId};
use jiff::Timestamp;

use super::means::Provider;
use crate::Secret;

/// A payment to announce to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewIntent {
    /// Whom it is announced to.
    pub provider: Provider,
    /// Our payment; makes the call safe to repeat.
    pub payment_id: PaymentId,
    /// The order, for the provider's records.
    pub order_id: OrderId,
    /// What is to be paid.
    pub amount: Money,
}

/// A confirmation of an intent with a means of payment: the call that charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Whose intent it is.
    pub provider: Provider,
    /// The provider's id of the intent.
    pub intent_id: String,
    /// Our payment.
    pub payment_id: PaymentId,
    /// The number of the attempt, from 1; with the payment it makes the call safe to repeat.
    pub attempt: u32,
    /// The provider's id of the means of payment.
    pub payment_method_id: String,
}

/// An intent to call off for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallOff<'a> {
    /// Whose intent it is.
    pub provider: Provider,
    /// The provider's id of the intent.
    pub intent_id: &'a str,
    /// Our payment, for the records.
    pub payment_id: PaymentId,
}

/// Money that was set aside and is to be taken, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture<'a> {
    /// Whose intent it is.
    pub provider: Provider,
    /// The provider's id of the intent.
    pub intent_id: &'a str,
    /// Our payment; makes the call safe to repeat.
    pub payment_id: PaymentId,
}

/// A payment as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The provider's id.
    pub id: String,
    /// Where it stands.
    pub status: IntentStatus,
    /// For the provider's own client library. Whoever has it can act for the customer.
    pub client_secret: Option<Secret>,
    /// Where the customer has to go, while [`IntentStatus::RequiresAction`]. It may hold a secret as well.
    pub redirect_url: Option<Secret>,
    /// Until when the money can be taken, while [`IntentStatus::RequiresCapture`], if the provider says so.
    pub capture_before: Option<Timestamp>,
    /// What was taken, once paid, if the provider says so.
    pub received: Option<Money>,
    /// The receipt, once paid.
    pub receipt_url: Option<String>,
    /// Why the last confirmation failed, if it did.
    pub decline: Option<Decline>,
}

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// No means of payment, or the last one was declined.
    RequiresPaymentMethod,
    /// To be confirmed.
    RequiresConfirmation,
    /// The customer has agreed at the provider, which waits for this shop to charge.
    Approved,
    /// The customer has to do something.
    RequiresAction,
    /// The provider is at it.
    Processing,
    /// Authorised, not captured.
    RequiresCapture,
    /// Paid.
    Succeeded,
    /// Called off, for good.
    Canceled,
}

/// The provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The provider's code: `insufficient_funds`.
    pub code: String,
    /// A text that may be shown to the customer.
    pub message: String,
}

/// Why the provider did not answer with an intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It is not known whether the provider acted, or will: no answer, a rate limit, or a conflict on the idempotency key.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// The provider answered that it has failed (a 5xx), and keeps that answer under the call's key. It may have acted, which
    /// can be read.
    #[error("provider failed: {0}")]
    Failed(String),
    /// The means of payment was refused. The intent stays usable.
    #[error("declined: {}", .0.code)]
    Declined(Decline),
    /// The means of payment does not exist or may not be used.
    #[error("no such payment method")]
    NoSuchMethod,
    /// The provider refused the request; a fault of this shop or of its configuration.
    #[error("provider refused the request: {0}")]
    Refused(String),
}

/// What the provider does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayLimit {
    /// Not this currency.
    #[error("the payment provider does not take {0}")]
    Currency(&'static str),
    /// Not so little.
    #[error("the least that can be paid is {0} {1}")]
    BelowMinimum(String, &'static str),
    /// Not so much, or not in such small units.
    #[error("this amount cannot be paid in {0}")]
    Amount(&'static str),
}

/// A payment provider. Calls are safe to repeat with the same arguments.
pub trait PaymentGateway: Send + Sync {
    /// Whether this shop has an account at the provider.
    fn knows(&self, provider: Provider) -> bool;

    /// Whether the provider takes this amount at all. Nothing is sent.
    ///
    /// # Errors
    /// [`GatewayLimit`].
    fn accepts(&self, provider: Provider, amount: Money) -> Result<(), GatewayLimit>;

    /// Announces a payment. Charges nothing.
    ///
    /// # Errors
    /// [`GatewayError`]; after [`GatewayError::Unknown`] and [`GatewayError::Failed`] the same call is to be repeated.
    fn create_intent(&self, intent: &NewIntent) -> impl Future<Output = Result<Intent, GatewayError>> + Send;

    /// Confirms an intent: this charges.
    ///
    /// # Errors
    /// [`GatewayError`]; after [`GatewayError::Unknown`] and [`GatewayError::Failed`] the intent is to be read.
    fn confirm(&self, confirmation: &Confirmation) -> impl Future<Output = Result<Intent, GatewayError>> + Send;

    /// Takes the money that an intent has set aside.
    ///
    /// # Errors
    /// [`GatewayError`]; after any of them the intent is to be read.
    fn capture_intent(&self, capture: Capture<'_>) -> impl Future<Output = Result<Intent, GatewayError>> + Send;

    /// Calls an intent off for good: it cannot charge any more. Repeating it changes nothing. An intent that only this shop can
    /// charge for is [`IntentStatus::Canceled`] as well, if it has not charged and is not at it: whoever asks has seen to it
    /// that nobody here sends a [confirmation](Self::confirm) from now on.
    ///
    /// # Errors
    /// [`GatewayError`], also where the intent was called off before, has charged, or is at it: the intent is to be read.
    fn cancel_intent(&self, intent: CallOff<'_>) -> impl Future<Output = Result<Intent, GatewayError>> + Send;

    /// The intent as it stands.
    ///
    /// # Errors
    /// [`GatewayError`].
    fn read_intent(
        &self,
        provider: Provider,
        intent_id: &str,
    ) -> impl Future<Output = Result<Intent, GatewayError>> + Send;
}
