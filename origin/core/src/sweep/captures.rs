//! Money that is set aside: captures that were begun, and payments that nobody captures.

use super::{Sweeping, pages::Pages};
use crate::{
    Backend, Interrupted,
    hooks::Stopped,
    payments::{CaptureStore as _, Captured, LAPSE_TOLD, Lapsing, capture, tell_lapse},
};

impl<B: Backend> Sweeping<'_, B> {
    /// Takes the money that was to be taken.
    pub(super) async fn push_captures(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (quiet, turn) = (self.quiet(), self.turn);
            let listed = self.backend.database().list_open_captures(quiet, turn, pages.after(), limit).await;
            for attempt in pages.take(listed, |attempt| attempt.id, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                match capture(self.backend, &patience, &attempt).await {
                    Ok(captured) => self.report.attempts += u32::from(captured == Captured::Settled),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&attempt.id, &error),
                }
            }
        }
        Ok(())
    }

    /// Tells of payments that will lapse.
    pub(super) async fn tell_lapses(&mut self) {
        let until = self.now().saturating_add(LAPSE_TOLD).unwrap_or(jiff::Timestamp::MAX);
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_lapsing(until, pages.after(), limit).await;
            for lapsing in pages.take(listed, |lapsing: &Lapsing| lapsing.payment_id, &mut self.report) {
                if self.is_over(share) {
                    return;
                }
                if let Err(error) = tell_lapse(self.backend, &lapsing).await {
                    self.failed(&lapsing.payment_id, &error);
                }
            }
        }
    }
}
