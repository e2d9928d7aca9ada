//! What has been kept long enough.

use std::time::Duration;

use super::Sweeping;
use crate::{Backend, StoreError, events::Outbox as _, idempotency::RequestStore as _, payments::forget_webhooks};

/// How long an event stays in the outbox behind its publication, for whoever has to find out what was told.
const EVENTS_KEPT: Duration = Duration::from_hours(14 * 24);
/// What is forgotten at once.
const AT_ONCE: u32 = 1_000;

impl<B: Backend> Sweeping<'_, B> {
    /// Forgets webhooks, published events, and claims and answers that nobody comes back to.
    pub(super) async fn forget(&mut self) {
        let (backend, now) = (self.backend, self.now());
        let published_before = now.saturating_sub(EVENTS_KEPT).unwrap_or(jiff::Timestamp::MIN);
        self.forget_all(&"webhooks", || forget_webhooks(backend, AT_ONCE)).await;
        self.forget_all(&"events", || backend.database().forget_events(published_before, AT_ONCE)).await;
        self.forget_all(&"answers", || backend.database().forget_answers(now, AT_ONCE)).await;
    }

    /// Some at a time, until there are no more or the time is over.
    async fn forget_all<F>(&mut self, what: &&str, some: impl Fn() -> F + Send)
    where
        F: Future<Output = Result<u32, StoreError>> + Send,
    {
        let share = self.own_share();
        while !self.is_over(share) {
            match some().await {
                Ok(AT_ONCE..) => {}
                Ok(_) => return,
                Err(error) => return self.failed(what, &error),
            }
        }
    }
}
