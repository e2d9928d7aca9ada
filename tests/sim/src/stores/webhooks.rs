//! What is known of webhooks, behind the gate.

use commerce_domain::{EventId, PaymentId, RefundId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::{Attempt, Dispute, DisputeNews, DisputeNoted, Provider, WebhookReceipt, WebhookStore},
};

use super::SimDatabase;
use crate::{bugs, fate::Step, gate::gated};

/// A [`WebhookReceipt`] that outlives who asked for it.
#[derive(Debug, Clone)]
pub(super) struct OwnReceipt {
    provider: &'static str,
    event_id: String,
    kind: String,
    received_at: Timestamp,
}

impl OwnReceipt {
    pub(super) fn of(receipt: &WebhookReceipt<'_>) -> Self {
        let WebhookReceipt { provider, event_id, kind, received_at } = *receipt;
        Self { provider, event_id: event_id.to_owned(), kind: kind.to_owned(), received_at }
    }

    pub(super) fn lend(&self) -> WebhookReceipt<'_> {
        let Self { provider, event_id, kind, received_at } = self;
        WebhookReceipt { provider, event_id, kind, received_at: *received_at }
    }
}

/// [`DisputeNews`] that outlive who told them.
struct OwnNews {
    dispute: Dispute,
    attempt: Attempt,
    opened_event: EventId,
    closed_event: EventId,
    refund: RefundId,
    receipt: OwnReceipt,
    now: Timestamp,
}

impl OwnNews {
    fn of(news: &DisputeNews<'_>) -> Self {
        Self {
            dispute: news.dispute.clone(),
            attempt: news.attempt.clone(),
            opened_event: news.opened_event,
            closed_event: news.closed_event,
            refund: news.refund,
            receipt: OwnReceipt::of(news.receipt),
            now: news.now,
        }
    }

    async fn noted_by(&self, store: &impl WebhookStore) -> Result<DisputeNoted, StoreError> {
        let Self { dispute, attempt, opened_event, closed_event, refund, receipt, now } = self;
        let (opened_event, closed_event, refund, now) = (*opened_event, *closed_event, *refund, *now);
        let receipt = &receipt.lend();
        store.note_dispute(&DisputeNews { dispute, attempt, opened_event, closed_event, refund, receipt, now }).await
    }
}

gated! {
    impl WebhookStore for SimDatabase {
        read fn find_attempt_by_intent(provider: val Provider, intent_id: ref str) -> Option<Attempt>;
        read fn find_attempt_of(provider: val Provider, payment: val PaymentId) -> Option<Attempt>;
        write fn forget_webhooks(before: val Timestamp, limit: val u32) -> u32;
    } by hand {
        async fn is_webhook_handled(&self, provider: Provider, event_id: &str) -> Result<bool, StoreError> {
            let (this, event) = (self.clone(), event_id.to_owned());
            let call = move || async move {
                let handled = this.real.is_webhook_handled(provider, &event).await?;
                bugs::noted_at_once(&this, provider, &event).await.map(|()| handled)
            };
            self.world.call(Step::read("is_webhook_handled"), call).await
        }

        async fn note_webhook(&self, receipt: &WebhookReceipt<'_>) -> Result<(), StoreError> {
            let (real, receipt) = (self.real.clone(), OwnReceipt::of(receipt));
            let call = move || async move { real.note_webhook(&receipt.lend()).await };
            self.world.call(Step::write("note_webhook"), call).await
        }

        async fn note_dispute(&self, news: &DisputeNews<'_>) -> Result<DisputeNoted, StoreError> {
            let (real, news) = (self.real.clone(), OwnNews::of(news));
            self.world.call(Step::write("note_dispute"), move || async move { news.noted_by(&real).await }).await
        }
    }
}
