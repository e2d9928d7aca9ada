//! Payments: the only use case that charges.
//!
//! The attempt is committed before the provider is called, the hold on the stock cannot expire meanwhile, and what the
//! provider did is read from it where its reply was lost. One intent an order: whatever is repeated, it is charged once.

mod approved;
mod call_off;
mod capture;
mod drive;
mod gateway;
mod hold;
mod late;
mod look_after;
mod means;
mod outcome;
mod patience;
mod pay;
mod ports;
mod provider;
mod read;
mod settle;
mod types;
mod webhook;

pub(crate) use self::{
    call_off::call_off,
    capture::{Captured, LAPSE_TOLD, capture, tell_lapse},
    hold::follow,
    late::look_for_late_charge,
    look_after::look_after,
    outcome::decided,
    patience::Patience,
    settle::settle_and_follow,
    webhook::forget_webhooks,
};
pub use capture::{BeginCapture, CaptureError, CaptureStore, Lapsing, SetAside, capture_payment};
pub use gateway::{
    CallOff, Capture, Confirmation, Decline, GatewayError, GatewayLimit, Intent, IntentStatus, NewIntent,
    PaymentGateway,
};
pub use late::next_look;
pub use means::Provider;
pub use outcome::PaymentOutcome;
pub use patience::Unanswered;
pub use pay::{Pay, PayError, pay};
pub use ports::PaymentStore;
pub use read::{PaymentPage, PaymentRecord, ReadPayments};
pub use types::{Attempt, Begun, HoldMove, HoldNote, HoldStep, NewAttempt, Payable, Settled, Settlement, Verdict};
pub use webhook::{
    Dispute, DisputeNews, DisputeNoted, DisputeOutcome, ReadDispute, Transmission, Unverified, VerifyTransmission,
    VerifyWebhook, Webhook, WebhookError, WebhookEvent, WebhookOutcome, WebhookReceipt, WebhookRefusal, WebhookStore,
    WebhookSubject, receive_transmission, receive_webhook,
};
