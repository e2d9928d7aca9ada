//! Attempts to pay that nobody waits for, and refunds that are on their way.

use commerce_domain::state::RefundState;

use super::{SweepStore as _, Sweeping, pages::Pages};
use crate::{
    Backend, Interrupted,
    hooks::Stopped,
    payments::{look_after, look_for_late_charge},
    refunds::{self, RefundStore as _},
};

impl<B: Backend> Sweeping<'_, B> {
    /// Reads from the provider what they have come to.
    pub(super) async fn look_after_attempts(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (quiet, turn) = (self.quiet(), self.turn);
            let listed = self.backend.database().list_quiet_attempts(quiet, turn, pages.after(), limit).await;
            for attempt in pages.take(listed, |attempt| attempt.id, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                match look_after(self.backend, &patience, &attempt).await {
                    Ok(moved) => self.report.attempts += u32::from(moved),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&attempt.id, &error),
                }
            }
        }
        Ok(())
    }

    /// Asks the provider for charges of payments that were called off.
    pub(super) async fn look_for_late_charges(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (now, turn) = (self.now(), self.turn);
            let listed = self.backend.database().list_late_charges(now, turn, pages.after(), limit).await;
            for attempt in pages.take(listed, |attempt| attempt.id, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                match look_for_late_charge(self.backend, &patience, &attempt).await {
                    Ok(charged) => self.report.attempts += u32::from(charged),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&attempt.id, &error),
                }
            }
        }
        Ok(())
    }

    /// Looks for refunds at the provider, and sends those that are not there.
    pub(super) async fn push_refunds(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (quiet, turn) = (self.quiet(), self.turn);
            let listed = self.backend.database().list_pending_refunds(quiet, turn, pages.after(), limit).await;
            for refund in pages.take(listed, |refund| refund.id, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                let id = refund.id;
                match refunds::drive_within(self.backend, &patience, refund).await {
                    Ok(refund) => self.report.refunds += u32::from(refund.state != RefundState::Pending),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&id, &error),
                }
            }
        }
        Ok(())
    }
}
