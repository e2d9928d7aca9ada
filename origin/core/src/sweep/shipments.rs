//! Shipments that nobody waits for: labels that were not answered, and parcels whose carrier has fallen silent.

use commerce_domain::state::ShipmentState;
use jiff::{SignedDuration, Timestamp};

use super::{Sweeping, pages::Pages};
use crate::{
    Backend, Interrupted,
    hooks::Stopped,
    shipping::{self, NotFollowed, Shipment, ShippingStore as _},
};

/// A tracker is read again after that long without news: webhooks get lost.
const SILENCE: SignedDuration = SignedDuration::from_hours(6);

impl<B: Backend> Sweeping<'_, B> {
    /// Looks for labels that were asked for, and asks for those that are not there.
    pub(super) async fn push_shipments(&mut self) -> Result<(), Stopped> {
        if self.backend.carrier().is_none() {
            return Ok(());
        }
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (quiet, turn) = (self.quiet(), self.turn);
            let listed = self.backend.database().list_pending_shipments(quiet, turn, pages.after(), limit).await;
            for shipment in pages.take(listed, |shipment| shipment.id, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                let id = shipment.id;
                match shipping::drive_within(self.backend, &patience, shipment).await {
                    Ok(shipment) => self.report.shipments += u32::from(shipment.state != ShipmentState::Pending),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&id, &error),
                }
            }
        }
        Ok(())
    }

    /// Reads the trackers of which nothing was heard for long.
    pub(super) async fn read_trackers(&mut self) -> Result<(), Stopped> {
        let Some(carrier) = self.backend.carrier() else { return Ok(()) };
        let before = self.now().saturating_sub(SILENCE).unwrap_or(Timestamp::MIN);
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let turn = self.turn;
            let listed = self.backend.database().list_unread_trackers(before, turn, pages.after(), limit).await;
            for shipment in pages.take(listed, |shipment: &Shipment| shipment.id, &mut self.report) {
                let Some(tracker) = &shipment.tracker_id else { continue };
                let Some(patience) = self.patience(share) else { return Ok(()) };
                match shipping::follow_tracker(self.backend, &patience, carrier, &shipment, tracker, None).await {
                    Ok(_) => self.report.shipments += 1,
                    Err(NotFollowed::Interrupted(Interrupted::Stopped(stopped))) => return Err(stopped),
                    Err(error) => self.failed(&shipment.id, &error),
                }
            }
        }
        Ok(())
    }
}
