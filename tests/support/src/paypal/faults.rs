//! What goes wrong on demand.

use serde::{Deserialize, Serialize};

/// A call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayPalOperation {
    /// `POST /v2/checkout/orders`
    Create,
    /// `POST /v2/checkout/orders/{id}/capture`
    Capture,
    /// `POST /v2/payments/captures/{id}/refund`
    Refund,
}

/// The switches. Numbers count the next requests to hit; one request takes one fault, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct PayPalFaults {
    /// Every changing call waits this long before it has its effect, which it has in any case.
    pub delay_ms: u64,
    /// 429 without an effect.
    pub rate_limit: u32,
    /// 401 without an effect.
    pub unauthenticated: u32,
    /// 500 without an effect.
    pub fail: u32,
    /// 500 though the effect happened.
    pub fail_after_effect: u32,
    /// The effect happens, and the connection closes without an answer.
    pub lose_reply: u32,
    /// The counted faults hit these operations only; empty: all.
    pub only: Vec<PayPalOperation>,
    /// The next captures are refused: `INSTRUMENT_DECLINED`.
    pub decline: u32,
    /// The next captures send the customer back: `PAYER_ACTION_REQUIRED`.
    pub ask_again: u32,
    /// The next captures end as DECLINED, and their orders with them.
    pub decline_capture: u32,
    /// The next captures stay PENDING.
    pub pend: u32,
    /// Refunds stay PENDING.
    pub pend_refunds: bool,
    /// Orders cannot be read: 503.
    pub no_reads: bool,
    /// Webhooks cannot be verified: 503.
    pub no_verification: bool,
    /// Webhooks are not sent.
    pub drop_webhooks: bool,
    /// Webhooks are sent twice.
    pub double_webhooks: bool,
}

/// A fault that hits a changing request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    RateLimited,
    Unauthenticated,
    Failed,
    FailedAfterEffect,
    ReplyLost,
}

impl PayPalFaults {
    pub(super) fn take(&mut self, operation: PayPalOperation) -> Option<Fault> {
        if !self.only.is_empty() && !self.only.contains(&operation) {
            return None;
        }
        [
            (&mut self.rate_limit, Fault::RateLimited),
            (&mut self.unauthenticated, Fault::Unauthenticated),
            (&mut self.fail, Fault::Failed),
            (&mut self.fail_after_effect, Fault::FailedAfterEffect),
            (&mut self.lose_reply, Fault::ReplyLost),
        ]
        .into_iter()
        .find_map(|(count, fault)| use_up(count).then_some(fault))
    }
}

/// Whether there was one left.
pub(super) fn use_up(count: &mut u32) -> bool {
    let left = count.checked_sub(1);
    *count = left.unwrap_or_default();
    left.is_some()
}
