//! What the simulated shop does not ask for goes straight through.

use commerce_api::{invoice::InvoiceResponse, page::Page};
use commerce_domain::{
    AdjustmentId, CustomerId, EventId, InvoiceId, OrderId, PaymentId, RefundId, ShipmentId, VariantId,
};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{FailedCheckoutPage, ReadFailedCheckouts},
    events::{CollectEvents, Outbox, OutgoingEvent, WrittenEvent},
    idempotency::Hash,
    inventory::{
        Adjustment, AdjustmentEnd, AuditLedger, AuditStock, CallOffOutcome, Finding, FoundHold, Hold, HoldPage,
        KeepAdjustments, KeepLevels, LedgerCorrection, LedgerSum, ListStock, MoveOutcome, MoveStock, NewAdjustment,
        ReservedCorrection, RestoredLine, Standing, StockChanged, StockClaim, StockMovement, StockPage, ThresholdState,
        WatchThresholds,
    },
    invoices::{Billable, InvoiceStore, NewCreditNote, NewInvoice},
    orders::{ReadTimeline, TimelineEntry},
    payments::{PaymentPage, PaymentRecord, ReadPayments, WebhookReceipt},
    shipping::{BeginShipment, NewShipment, Shipment, ShipmentSettlement, ShippingStore},
    sweep::Turn,
};

use super::{SimDatabase, SimStock};
use crate::gate::{gated, passed_on};

passed_on! {
    impl ReadTimeline for SimDatabase {
        fn list_timeline(order: OrderId, limit: u32) -> Vec<TimelineEntry>;
    }
}

passed_on! {
    impl ReadPayments for SimDatabase {
        fn find_payment(customer: Option<CustomerId>, payment: PaymentId) -> Option<PaymentRecord>;
        fn list_payments(customer: CustomerId, order: Option<OrderId>, page: Page) -> PaymentPage;
    }
}

passed_on! {
    impl ReadFailedCheckouts for SimDatabase {
        fn list_failed_checkouts(page: Page) -> FailedCheckoutPage;
    }
}

passed_on! {
    impl ShippingStore for SimDatabase {
        fn begin_shipment(shipment: &NewShipment) -> BeginShipment;
        fn settle_shipment(settlement: ShipmentSettlement<'_>) -> Shipment;
        fn call_shipment_off(shipment: ShipmentId, now: Timestamp) -> Option<Shipment>;
        fn find_shipment(shipment: ShipmentId) -> Option<Shipment>;
        fn is_carrier_event_handled(event_id: &str) -> bool;
        fn note_carrier_event(receipt: &WebhookReceipt<'_>) -> ();
        fn list_pending_shipments(
            before: Timestamp, turn: Turn, after: Option<ShipmentId>, limit: u32
        ) -> Vec<Shipment>;
        fn list_unread_trackers(
            before: Timestamp, turn: Turn, after: Option<ShipmentId>, limit: u32
        ) -> Vec<Shipment>;
    }
}

gated! {
    impl InvoiceStore for SimDatabase {
        read fn load_billable(order: val OrderId) -> Option<Billable>;
        write fn issue_invoice(new: ref NewInvoice) -> InvoiceResponse;
        write fn issue_credit_note(new: ref NewCreditNote) -> Option<InvoiceResponse>;
    } by hand {
        // Nobody reads papers here.
        async fn list_invoices_of(&self, order: OrderId) -> Result<Vec<InvoiceResponse>, StoreError> {
            self.world.alone(self.real.list_invoices_of(order)).await
        }

        async fn list_uncredited_refunds(&self, order: OrderId) -> Result<Vec<RefundId>, StoreError> {
            self.world.alone(self.real.list_uncredited_refunds(order)).await
        }

        async fn find_invoice(
            &self,
            customer: Option<CustomerId>,
            invoice: InvoiceId,
        ) -> Result<Option<InvoiceResponse>, StoreError> {
            self.world.alone(self.real.find_invoice(customer, invoice)).await
        }
    }
}

gated! {
    impl Outbox for SimDatabase {
        read fn list_next_events(stopped: ref [String], limit: val u32) -> Vec<OutgoingEvent>;
        write fn mark_published(events: ref [EventId], now: val Timestamp) -> ();
        write fn forget_events(published_before: val Timestamp, limit: val u32) -> u32;
    }
}

impl CollectEvents for SimDatabase {
    async fn collect_events<F>(&self, work: F) -> (F::Output, Vec<WrittenEvent>)
    where
        F: Future + Send,
        F::Output: Send,
    {
        self.real.collect_events(work).await
    }
}

passed_on! {
    impl KeepAdjustments for SimDatabase {
        fn find_adjustment(request: Hash) -> Option<Adjustment>;
        fn begin_adjustment(adjustment: &NewAdjustment<'_>) -> bool;
        fn end_adjustment(end: &AdjustmentEnd<'_>) -> ();
        fn list_open_adjustments(before: Timestamp, after: Option<AdjustmentId>, limit: u32) -> Vec<Adjustment>;
        fn load_thresholds(variants: &[VariantId]) -> Vec<(VariantId, u32)>;
    }
}

passed_on! {
    impl ListStock for SimDatabase {
        fn list_stock(low_only: bool, page: Page) -> StockPage;
    }
}

passed_on! {
    impl WatchThresholds for SimDatabase {
        fn load_watched(variants: &[VariantId]) -> Vec<ThresholdState>;
        fn note_crossing(change: &StockChanged, event: EventId, now: Timestamp) -> ();
    }
}

passed_on! {
    impl KeepLevels for SimDatabase {
        fn keep_levels(changes: &[StockChanged]) -> ();
    }
}

passed_on! {
    impl AuditLedger for SimDatabase {
        fn list_ledger(after: Option<VariantId>, limit: u32) -> Vec<LedgerSum>;
        fn load_ledger(variants: &[VariantId]) -> Vec<LedgerSum>;
        fn list_claims(variants: &[VariantId], limit: u32) -> Vec<StockClaim>;
        fn find_standing(orders: &[OrderId]) -> Vec<(OrderId, Standing)>;
        fn find_due_hold(order: OrderId) -> Option<Hold>;
        fn correct_ledger(correction: &LedgerCorrection<'_>) -> bool;
        fn tell_finding(finding: &Finding, event: EventId, now: Timestamp) -> ();
    }
}

passed_on! {
    impl MoveStock for SimStock {
        fn move_stock(movement: &StockMovement) -> MoveOutcome;
        fn call_off(reference: &str) -> CallOffOutcome;
    }
}

passed_on! {
    impl AuditStock for SimStock {
        fn list_holds(after: Option<&str>) -> HoldPage;
        fn read_holds(orders: &[OrderId]) -> Vec<FoundHold>;
        fn correct_reserved(correction: &ReservedCorrection) -> bool;
        fn restore_hold(hold: &Hold, lines: &[RestoredLine]) -> bool;
    }
}
