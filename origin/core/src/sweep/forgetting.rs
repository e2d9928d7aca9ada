//! What has been kept long enough. Of much, some goes at a time: the next sweep takes the next.

use std::time::Duration;

use super::Sweeping;
use crate::{Backend, events::Outbox as _, idempotency::RequestStore as _, payments::forget_webhooks};

/// How long an event stays in the outbox behind its publication: as long as consumers know which ones they have had.
const EVENTS_KEPT: Duration = Duration::from_hours(14 * 24);
/// What is forgotten at once.
const AT_ONCE: u32 = 1_000;

impl<B: Backend> Sweeping<'_, B> {
    /// Forgets webhooks, published events, and answers that are replayed no more.
    pub(super) async fn forget(&mut self) {
        if let Err(error) = forget_webhooks(self.backend).await {
            self.failed(&"webhooks", &error);
        }
        let database = self.backend.database();
        let published_before = self.now().saturating_sub(EVENTS_KEPT).unwrap_or(jiff::Timestamp::MIN);
        if let Err(error) = database.forget_events(published_before, AT_ONCE).await {
            self.failed(&"events", &error);
        }
        if let Err(error) = database.forget_answers(self.now(), AT_ONCE).await {
            self.failed(&"answers", &error);
        }
    }
}
