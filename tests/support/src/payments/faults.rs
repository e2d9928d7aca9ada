//! What goes wrong on demand.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest delay of one request.
const MAX_DELAY_MS: u64 = 60_000;

/// A call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /v1/payment_intents`
    Create,
    /// `POST /v1/payment_intents/{id}/confirm`
    Confirm,
    /// `POST /v1/payment_intents/{id}/capture`
    Capture,
    /// `POST /v1/payment_intents/{id}/cancel`
    Cancel,
    /// `POST /v1/refunds`
    Refund,
}

/// The switches. Numbers count the next requests to hit; one request takes one fault, in the order of the fields. A
/// repeated answer takes none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every call waits this long while its key is claimed; 60,000 at most.
    pub delay_ms: u64,
    /// 409 `idempotency_key_in_use` without an effect.
    pub key_in_use: u32,
    /// 429 without an effect.
    pub rate_limit: u32,
    /// 500 without an effect, kept under the key.
    pub stored_500: u32,
    /// 500 though the effect happened, kept under the key.
    pub stored_500_after_effect: u32,
    /// The effect happens, the answer is kept under the key, and the connection closes without it.
    pub lose_reply: u32,
    /// Refused without an effect: 400 with `refuse_code`, kept under the key; 401 where that is empty.
    pub refuse: u32,
    /// What is said to what is refused.
    pub refuse_code: String,
    /// The counted faults hit these operations only; empty: all.
    pub only: Vec<Operation>,
    /// Every webhook is sent twice.
    pub double_webhooks: bool,
    /// Webhooks of the same moment are sent last first.
    pub reorder_webhooks: bool,
    /// Webhooks are not sent at all.
    pub drop_webhooks: bool,
}

/// A fault that hits before the request runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    KeyInUse,
    RateLimited,
}

/// A fault that hits a request which runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Internal,
    InternalAfterEffect,
    LostReply,
    Refused,
}

impl Faults {
    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.min(MAX_DELAY_MS))
    }

    pub(super) fn take_refusal(&mut self, operation: Operation, has_key: bool) -> Option<Refusal> {
        if !self.hits(operation) {
            return None;
        }
        if has_key && take(&mut self.key_in_use) {
            return Some(Refusal::KeyInUse);
        }
        take(&mut self.rate_limit).then_some(Refusal::RateLimited)
    }

    pub(super) fn take_failure(&mut self, operation: Operation) -> Option<Failure> {
        if !self.hits(operation) {
            return None;
        }
        [
            (&mut self.stored_500, Failure::Internal),
            (&mut self.stored_500_after_effect, Failure::InternalAfterEffect),
            (&mut self.lose_reply, Failure::LostReply),
            (&mut self.refuse, Failure::Refused),
        ]
        .into_iter()
        .find_map(|(count, failure)| take(count).then_some(failure))
    }

    fn hits(&self, operation: Operation) -> bool {
        self.only.is_empty() || self.only.contains(&operation)
    }
}

fn take(count: &mut u32) -> bool {
    let hit = *count > 0;
    *count = count.saturating_sub(1);
    hit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_run_out_and_hit_only_the_named_operations() {
        let mut faults = Faults { stored_500: 1, lose_reply: 1, only: vec![Operation::Confirm], ..Faults::default() };
        assert_eq!(faults.take_failure(Operation::Create), None);
        assert_eq!(faults.take_failure(Operation::Confirm), Some(Failure::Internal));
        assert_eq!(faults.take_failure(Operation::Confirm), Some(Failure::LostReply));
        assert_eq!(faults.take_failure(Operation::Confirm), None);
    }

    #[test]
    fn a_request_without_a_key_cannot_find_its_key_in_use() {
        let mut faults = Faults { key_in_use: 1, ..Faults::default() };
        assert_eq!(faults.take_refusal(Operation::Create, false), None);
        assert_eq!(faults.take_refusal(Operation::Create, true), Some(Refusal::KeyInUse));
    }

    #[test]
    fn unknown_switches_are_refused() {
        assert!(serde_json::from_str::<Faults>(r#"{"lose_replies": 1}"#).is_err());
        assert_eq!(serde_json::from_str::<Faults>("{}").unwrap(), Faults::default());
    }
}
