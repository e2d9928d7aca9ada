//! The counters of stock behind the gate.

use commerce_domain::{AttemptId, OrderId, VariantId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{
        BackorderLimit, BeginPaymentOutcome, ConsumeOutcome, GiveUpOutcome, HeldLine, Hold, LimitOutcome, NewStock,
        PayingHold, PutStock, ReadStock, ReleaseOutcome, ReserveOutcome, ReserveStock, ReturnGoods, SetLimits,
        SettleHold, SoldGoods, StockLevel,
    },
};
use origin_dynamo::DynamoStock;

use super::SimEnvironment;
use crate::{
    bugs::{self, Bug},
    fate::Step,
    gate::{gated, passed_on},
    tables::Tables,
    world::World,
};

/// The counters, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimStock {
    pub(crate) real: DynamoStock<SimEnvironment>,
    pub(crate) tables: Tables,
    pub(crate) world: World,
    pub(crate) bug: Option<Bug>,
}

gated! {
    impl SettleHold for SimStock {
        write fn begin_payment(hold: ref PayingHold, now: val Timestamp) -> BeginPaymentOutcome;
        write fn payment_declined(order: val OrderId, attempt: val AttemptId) -> ();
        write fn consume(order: val OrderId, attempt: val AttemptId) -> ConsumeOutcome;
        write fn release(order: val OrderId) -> ReleaseOutcome;
    } by hand {
        // Nothing here loses a hold.
        async fn consume_unheld(&self, order: OrderId, lines: &[HeldLine]) -> Result<bool, StoreError> {
            self.world.alone(self.real.consume_unheld(order, lines)).await
        }
    }
}

gated! {
    impl ReturnGoods for SimStock {
        write fn return_goods(order: val OrderId, goods: ref SoldGoods) -> ();
    }
}

impl ReserveStock for SimStock {
    async fn reserve(&self, hold: &Hold) -> Result<ReserveOutcome, StoreError> {
        if self.bug == Some(Bug::CheckThenWrite) {
            return bugs::reserve_after_a_look(self, hold).await;
        }
        let (real, hold) = (self.real.clone(), hold.clone());
        self.world.call(Step::write("reserve"), move || async move { real.reserve(&hold).await }).await
    }

    async fn give_up(&self, hold: &Hold, now: Timestamp) -> Result<GiveUpOutcome, StoreError> {
        let (this, hold) = (self.clone(), hold.clone());
        let call = move || async move {
            if bugs::given_up_without_a_trace(&this, &hold).await? {
                return Ok(GiveUpOutcome::GivenUp);
            }
            this.real.give_up(&hold, now).await
        };
        self.world.call(Step::write("give_up"), call).await
    }
}

gated! {
    impl PutStock for SimStock {
        write fn put_stock_if_absent(stock: ref [NewStock]) -> ();
    }
}

passed_on! {
    impl ReadStock for SimStock {
        fn read_stock(variants: &[VariantId]) -> Vec<StockLevel>;
    }
}

passed_on! {
    impl SetLimits for SimStock {
        fn set_limits(limits: &[BackorderLimit]) -> Vec<LimitOutcome>;
    }
}
