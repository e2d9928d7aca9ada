//! PostgreSQL behind the gate.

use commerce_api::cursor::OrderSlice;
use commerce_api::listing::Facets;
use commerce_auth::Principal;
use commerce_domain::{
    AttemptId, CartId, CartLine, CheckoutId, CustomerId, EventId, OrderId, PaymentId, Product, ProductId, RefundId,
    ReturnId, VariantId,
};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    catalog::{
        CarryCatalog, CategoryEntry, ImportedBatch, InsertOutcome, ListedCategory, PlacedEntry, ProductChange,
        ProductFilter, ProductPage, ProductQuery, ProductSubject, ReadCatalog, SaveOutcome, StoredProduct,
        WriteCatalog,
    },
    checkout::{Checkout, CheckoutStore, Claim, LoadPrices, Owned, PricedVariant, Replay, SoldOut},
    customers::{CustomerStore, Profile},
    idempotency::{ClaimKey, Hash, HeldClaim, Lease, RequestClaim, RequestStore, StoredAnswer},
    inventory::{BackorderLimit, HeldLine, KeepLimits, ListVariants},
    orders::{
        BeginClose, CancelOrders, Cancellation, Cancelled, CloseOrders, CloseReason, End, Order, OrderEnd, OrderFilter,
        OrderPage, ReadOrders, StockDue,
    },
    payments::{
        Attempt, BeginCapture, Begun, CaptureStore, HoldMove, HoldNote, HoldStep, Lapsing, NewAttempt, Payable,
        PaymentStore, Provider, Settled, Settlement, Verdict,
    },
    refunds::{BeginRefund, NewRefund, Refund, RefundSettlement, RefundStore, RefundVerdict, Refundable},
    returns::{BeginReturn, NewReturn, RestockDue, Return, ReturnStore},
    sweep::{FullCart, LapsedCheckout, SweepStore, Turn},
};
use origin_postgres::Database;

use super::webhooks::OwnReceipt;
use crate::{
    bugs::{self, Bug},
    fate::Step,
    gate::{gated, passed_on},
    world::World,
};

/// The database, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimDatabase {
    pub(crate) real: Database,
    pub(crate) world: World,
    pub(crate) bug: Option<Bug>,
}

gated! {
    impl LoadPrices for SimDatabase {
        read fn load_prices(variants: ref [VariantId]) -> Vec<PricedVariant>;
    } by hand {
        // For who orders again, which nobody does here.
        async fn load_snapshots(&self, variants: &[VariantId], now: Timestamp) -> Result<Vec<CartLine>, StoreError> {
            self.world.alone(self.real.load_snapshots(variants, now)).await
        }
    }
}

passed_on! {
    impl ReadOrders for SimDatabase {
        fn find_order(customer: Option<CustomerId>, order: OrderId) -> Option<Order>;
        fn list_orders(filter: OrderFilter, slice: OrderSlice) -> OrderPage;
    }
}

gated! {
    impl RequestStore for SimDatabase {
        write fn claim_request(key: ref ClaimKey, lease: val Lease) -> RequestClaim;
        write fn forget_request(key: ref ClaimKey, fence: val i64) -> ();
        write fn end_request_lease(key: ref ClaimKey, fence: val i64, now: val Timestamp) -> ();
        write fn forget_answers(now: val Timestamp, limit: val u32) -> u32;
    } by hand {
        async fn finish_request(
            &self,
            key: &ClaimKey,
            fence: i64,
            answer: &StoredAnswer,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            let (this, key, answer) = (self.clone(), key.clone(), answer.clone());
            let call = move || async move {
                bugs::own_the_claim(&this, &key, fence).await?;
                this.real.finish_request(&key, fence, &answer, now).await
            };
            self.world.call(Step::write("finish_request"), call).await
        }
    }
}

gated! {
    impl CheckoutStore for SimDatabase {
        write fn resume(key: ref ClaimKey, lease: val Lease) -> Claim;
        write fn claim(key: ref ClaimKey, checkout: ref Checkout, lease: val Lease) -> Claim;
        write fn fail_checkout(
            owned: ref Owned, sold_out: opt SoldOut, answer: ref StoredAnswer, now: val Timestamp
        ) -> bool;
        write fn end_lease(owned: ref Owned, now: val Timestamp) -> ();
        write fn mark_cart_taken(checkout: val CheckoutId, version: val Option<u64>, now: val Timestamp) -> ();
        read fn find_answer(
            customer: val CustomerId, cart: val Option<CartId>, cart_version: val u64, request_hash: val Hash,
            now: val Timestamp
        ) -> Option<Replay>;
    } by hand {
        async fn commit_order(
            &self,
            owned: &Owned,
            events: [EventId; 2],
            answer: &StoredAnswer,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            bugs::before_commit(self, owned, events[0], now).await?;
            let (this, owned, answer) = (self.clone(), owned.clone(), answer.clone());
            let call = move || async move {
                bugs::told_by_commit(&this, &owned).await?;
                this.real.commit_order(&owned, events, &answer, now).await
            };
            self.world.call(Step::write("commit_order"), call).await
        }
    }
}

gated! {
    impl CloseOrders for SimDatabase {
        write fn begin_close(order: val OrderId, reason: val CloseReason, now: val Timestamp) -> BeginClose;
        write fn note_released(order: val OrderId) -> ();
    } by hand {
        async fn end_order(&self, end: &OrderEnd<'_>) -> Result<Option<End>, StoreError> {
            let OrderEnd { order_id, intent_id, payment_event, order_event, now } = *end;
            let (real, intent) = (self.real.clone(), intent_id.map(str::to_owned));
            let call = move || async move {
                let intent_id = intent.as_deref();
                real.end_order(&OrderEnd { order_id, intent_id, payment_event, order_event, now }).await
            };
            self.world.call(Step::write("end_order"), call).await
        }
    }
}

gated! {
    impl CancelOrders for SimDatabase {
        write fn cancel_paid_order(cancellation: ref Cancellation) -> Cancelled;
    }
}

gated! {
    impl RefundStore for SimDatabase {
        read fn find_refundable(payment: val PaymentId) -> Option<Refundable>;
        write fn note_refund(refund: val RefundId, provider_id: ref str, now: val Timestamp) -> ();
        read fn find_refund_by_provider_id(provider: val Provider, provider_id: ref str) -> Option<Refund>;
        read fn list_pending_refunds(
            before: val Timestamp, turn: val Turn, after: val Option<RefundId>, limit: val u32
        ) -> Vec<Refund>;
    } by hand {
        async fn begin_refund(&self, refund: &NewRefund) -> Result<BeginRefund, StoreError> {
            if self.bug == Some(Bug::RefundCapUnlocked) {
                return bugs::refund_what_was_left(self, refund).await;
            }
            let (real, refund) = (self.real.clone(), refund.clone());
            self.world.call(Step::write("begin_refund"), move || async move { real.begin_refund(&refund).await }).await
        }

        async fn settle_refund(&self, settlement: RefundSettlement<'_>) -> Result<Refund, StoreError> {
            let real = self.real.clone();
            let (refund, verdict) = (settlement.refund.clone(), settlement.verdict.clone());
            let (event, now) = (settlement.event, settlement.now);
            let receipt = settlement.receipt.map(OwnReceipt::of);
            let call = move || async move {
                let verdict: &RefundVerdict = &verdict;
                let receipt = receipt.as_ref().map(OwnReceipt::lend);
                let receipt = receipt.as_ref();
                real.settle_refund(RefundSettlement { refund: &refund, verdict, event, receipt, now }).await
            };
            self.world.call(Step::write("settle_refund"), call).await
        }
    }
}

gated! {
    impl ReturnStore for SimDatabase {
        read fn list_restocks_due(after: val Option<ReturnId>, limit: val u32) -> Vec<RestockDue>;
    } by hand {
        // Nothing comes back here.
        async fn begin_return(&self, new: &NewReturn) -> Result<BeginReturn, StoreError> {
            self.world.alone(self.real.begin_return(new)).await
        }

        async fn note_restocked(&self, id: ReturnId) -> Result<(), StoreError> {
            self.world.alone(self.real.note_restocked(id)).await
        }

        async fn list_returns(&self, order: OrderId) -> Result<Vec<Return>, StoreError> {
            self.world.alone(self.real.list_returns(order)).await
        }
    }
}

gated! {
    impl PaymentStore for SimDatabase {
        read fn find_payable(customer: val CustomerId, order: val OrderId) -> Option<Payable>;
        write fn begin_attempt(attempt: ref NewAttempt) -> Begun;
        write fn note_intent(attempt: ref Attempt, intent_id: ref str, now: val Timestamp) -> ();
        write fn begin_charge(attempt: ref Attempt, now: val Timestamp) -> Option<Attempt>;
        read fn find_hold_move(attempt: val AttemptId) -> Option<HoldMove>;
        write fn note_hold(note: ref HoldNote) -> ();
        write fn note_look(attempt: val AttemptId, next: val Option<Timestamp>) -> ();
    } by hand {
        // Asked where a hold was lost, which nothing here does.
        async fn load_sold_lines(&self, order: OrderId) -> Result<Vec<HeldLine>, StoreError> {
            self.world.alone(self.real.load_sold_lines(order)).await
        }

        async fn settle(&self, settlement: &Settlement<'_>) -> Result<Settled, StoreError> {
            let (this, settling) = (self.clone(), Settling::of(settlement));
            self.world.call(Step::write("settle"), move || async move { settling.by(&this).await }).await
        }
    }
}

gated! {
    impl CaptureStore for SimDatabase {
        write fn begin_capture(payment: val PaymentId, now: val Timestamp) -> BeginCapture;
        write fn withdraw_capture(payment: val PaymentId) -> ();
        read fn list_open_captures(
            before: val Timestamp, turn: val Turn, after: val Option<AttemptId>, limit: val u32
        ) -> Vec<Attempt>;
        read fn list_lapsing(until: val Timestamp, after: val Option<PaymentId>, limit: val u32) -> Vec<Lapsing>;
        write fn tell_lapsing(lapsing: ref Lapsing, event: val EventId, now: val Timestamp) -> bool;
    }
}

gated! {
    impl SweepStore for SimDatabase {
        read fn list_lapsed_checkouts(
            route: val &'static str, now: val Timestamp, after: val Option<CheckoutId>, limit: val u32
        ) -> Vec<LapsedCheckout>;
        read fn list_overdue_orders(now: val Timestamp, after: val Option<OrderId>, limit: val u32) -> Vec<OrderId>;
        read fn list_overdue_announced(
            now: val Timestamp, turn: val Turn, after: val Option<OrderId>, limit: val u32
        ) -> Vec<OrderId>;
        read fn list_overdue_orders_of(variants: ref [VariantId], now: val Timestamp, limit: val u32) -> Vec<OrderId>;
        read fn list_hold_steps(before: val Timestamp, after: val Option<AttemptId>, limit: val u32) -> Vec<HoldStep>;
        read fn list_late_charges(
            now: val Timestamp, turn: val Turn, after: val Option<AttemptId>, limit: val u32
        ) -> Vec<Attempt>;
        read fn list_quiet_attempts(
            before: val Timestamp, turn: val Turn, after: val Option<AttemptId>, limit: val u32
        ) -> Vec<Attempt>;
        read fn list_full_carts(before: val Timestamp, after: val Option<CheckoutId>, limit: val u32) -> Vec<FullCart>;
        read fn list_unreleased_orders(after: val Option<OrderId>, limit: val u32) -> Vec<(OrderId, StockDue)>;
    }
}

/// A [`Settlement`] that outlives who asked for it.
struct Settling {
    attempt: Attempt,
    verdict: Verdict,
    event: EventId,
    order_event: EventId,
    refund: RefundId,
    claim: Option<(ClaimKey, i64, StoredAnswer)>,
    receipt: Option<OwnReceipt>,
    now: Timestamp,
}

impl Settling {
    fn of(settlement: &Settlement<'_>) -> Self {
        Self {
            attempt: settlement.attempt.clone(),
            verdict: settlement.verdict.clone(),
            event: settlement.event,
            order_event: settlement.order_event,
            refund: settlement.refund,
            claim: settlement.claim.map(|(key, fence, answer)| (key.clone(), fence, answer.clone())),
            receipt: settlement.receipt.map(OwnReceipt::of),
            now: settlement.now,
        }
    }

    async fn by(&self, database: &SimDatabase) -> Result<Settled, StoreError> {
        let claim = self.claim.as_ref().map(|(key, fence, answer)| (key, *fence, answer));
        let (attempt, verdict) = (&self.attempt, &self.verdict);
        let (event, order_event, refund, now) = (self.event, self.order_event, self.refund, self.now);
        let receipt = self.receipt.as_ref().map(OwnReceipt::lend);
        let receipt = receipt.as_ref();
        let settlement = Settlement { attempt, verdict, event, order_event, refund, claim, receipt, now };
        let told = bugs::is_told(database, attempt.order_id).await?;
        let settled = database.real.settle(&settlement).await?;
        bugs::tell_again(database, &settlement, told).await?;
        Ok(settled)
    }
}

// Remembered in the process, so that nearly no call of theirs comes to the database.
passed_on! {
    impl CustomerStore for SimDatabase {
        fn find_customer(principal: &Principal) -> Option<CustomerId>;
        fn customer_of(
            principal: &Principal, candidate: CustomerId, profile: &Profile, now: Timestamp
        ) -> CustomerId;
    }
}

passed_on! {
    impl ListVariants for SimDatabase {
        fn list_variants(product: ProductId) -> Vec<VariantId>;
    }
}

passed_on! {
    impl KeepLimits for SimDatabase {
        fn load_limits(variants: &[VariantId]) -> Vec<BackorderLimit>;
        fn save_limits(limits: &[BackorderLimit]) -> ();
    }
}

passed_on! {
    impl ReadCatalog for SimDatabase {
        fn list_products(query: &ProductQuery) -> ProductPage;
        fn count_facets(filter: &ProductFilter) -> Facets;
        fn find_product(subject: ProductSubject) -> Option<Product>;
        fn list_categories() -> Vec<ListedCategory>;
    }
}

passed_on! {
    impl WriteCatalog for SimDatabase {
        fn load_product(product: ProductId) -> Option<StoredProduct>;
        fn insert_product(placed: &PlacedEntry, claim: Option<&HeldClaim>, now: Timestamp) -> InsertOutcome;
        fn save_product(
            product: ProductId, version: u64, change: &ProductChange, claim: Option<&HeldClaim>, event: EventId,
            now: Timestamp
        ) -> SaveOutcome;
        fn delete_product(
            product: ProductId, version: Option<u64>, claim: Option<&HeldClaim>, event: EventId, now: Timestamp
        ) -> SaveOutcome;
    }
}

passed_on! {
    impl CarryCatalog for SimDatabase {
        fn import_categories(categories: &[CategoryEntry]) -> ();
        fn import_entries(entries: &[PlacedEntry], now: Timestamp) -> ImportedBatch;
        fn snapshot() -> Self::Snapshot;
    } by hand {
        type Snapshot = <Database as CarryCatalog>::Snapshot;
    }
}
