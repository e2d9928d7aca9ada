//! The bus, its queues and the history of payments behind the gate.

use std::{future::pending, time::Duration};

use commerce_domain::Clock as _;
use origin_core::{
    StoreError,
    consumers::{KeepPaymentHistory, PaymentEntry},
    events::{Delivery, EventQueue, OutgoingEvent, PublishEvents, PublishOutcome},
};
use origin_dynamo::DynamoPayments;
use test_support::{BusFaults, EventBus, LocalQueue};

use super::SimEnvironment;
use crate::{
    fate::{Fate, Step},
    gate::gated,
    world::World,
};

/// A publication that its caller waits for that long is given up by then: it is not made any more.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// A request that is on its way for longer is refused: its signature is too old.
const LONGEST_WAY: u64 = 120;

/// The bus, whose calls go wrong.
#[derive(Clone)]
pub(crate) struct SimBus {
    pub(crate) real: EventBus,
    pub(crate) world: World,
}

impl PublishEvents for SimBus {
    async fn publish(&self, batch: &[OutgoingEvent]) -> Result<Vec<PublishOutcome>, StoreError> {
        const STEP: Step = Step::write("publish");
        let asked = self.world.now();
        let fate = self.world.turn(STEP).await;
        if Duration::try_from(self.world.now().duration_since(asked)).is_ok_and(|waited| waited >= GIVEN_UP) {
            // The caller's own timer comes first.
            return pending().await;
        }
        match fate {
            Fate::Refused if self.world.draw(|rng| rng.chance(500)) => {
                Err(StoreError::unavailable("simulated: refused"))
            }
            Fate::Refused => {
                let place = self.world.draw(|rng| rng.below(batch.len() as u64));
                let refused = batch.get(usize::try_from(place).unwrap_or_default()).map(|event| event.id);
                self.real.fail_next(BusFaults { refuse: refused.into_iter().collect(), ..BusFaults::default() });
                self.real.publish(batch).await
            }
            Fate::RequestLost => self.world.lost("the request"),
            Fate::ReplyLost => {
                drop(self.real.publish(batch).await);
                self.world.lost("the reply")
            }
            Fate::Late => {
                let (real, batch) = (self.real.clone(), batch.to_vec());
                self.world.later_within(STEP, LONGEST_WAY, async move { drop(real.publish(&batch).await) });
                self.world.lost("the request, for now")
            }
            Fate::Done | Fate::Failed | Fate::FailedAfter | Fate::Crash => self.real.publish(batch).await,
        }
    }
}

/// A consumer's queue, whose calls go wrong.
#[derive(Clone)]
pub(crate) struct SimQueue {
    pub(crate) real: LocalQueue,
    pub(crate) world: World,
}

gated! {
    impl EventQueue for SimQueue {
        write fn receive(max: val usize) -> Vec<Delivery>;
        write fn delete(receipts: ref [String]) -> ();
    } by hand {
        async fn release(&self, receipts: &[String], after: Duration) -> Result<(), StoreError> {
            self.real.release(receipts, after).await
        }
    }
}

/// The history of payments, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimHistory {
    pub(crate) real: DynamoPayments<SimEnvironment>,
    pub(crate) world: World,
}

gated! {
    impl KeepPaymentHistory for SimHistory {
        write fn keep_entry(entry: ref PaymentEntry) -> ();
    }
}
