//! What goes wrong on demand.

use serde::{Deserialize, Serialize};

/// The switches. Numbers count the next requests for a label to hit; one request takes one fault, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CarrierFaults {
    /// Every call is answered with a 503 and has no effect.
    pub down: bool,
    /// A request for a label waits this long before it has its effect, which it has in any case.
    pub delay_ms: u64,
    /// 429 without an effect.
    pub rate_limit: u32,
    /// 500 without an effect.
    pub fail: u32,
    /// 500 though the label was made.
    pub fail_after_effect: u32,
    /// The label is made, and the connection closes without an answer.
    pub lose_reply: u32,
    /// 422 with this code, as often as a label is asked for.
    pub refuse: Option<String>,
    /// Webhooks are not sent.
    pub drop_webhooks: bool,
    /// Webhooks are sent twice.
    pub double_webhooks: bool,
}

/// A fault that hits a request for a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelFault {
    RateLimited,
    Failed,
    FailedAfterEffect,
    ReplyLost,
}

impl CarrierFaults {
    pub(super) fn take(&mut self) -> Option<LabelFault> {
        [
            (&mut self.rate_limit, LabelFault::RateLimited),
            (&mut self.fail, LabelFault::Failed),
            (&mut self.fail_after_effect, LabelFault::FailedAfterEffect),
            (&mut self.lose_reply, LabelFault::ReplyLost),
        ]
        .into_iter()
        .find_map(|(count, fault)| {
            let left = count.checked_sub(1)?;
            *count = left;
            Some(fault)
        })
    }
}
