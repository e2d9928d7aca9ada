//! Where an order's time goes: the moments at which a request passes the hook points between its steps.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use load::now;
use origin_core::hooks::{HookPoint, Hooks, Stopped};
use serde::{Deserialize, Serialize};

/// The points, in the order in which an order that nothing disturbs passes them.
const POINTS: [HookPoint; 6] = [
    HookPoint::BeforeClaim,
    HookPoint::AfterClaim,
    HookPoint::BeforeHold,
    HookPoint::AfterHold,
    HookPoint::BeforeOrder,
    HookPoint::AfterOrder,
];

tokio::task_local! {
    /// The moments of the request that this task answers.
    static PASSED: RefCell<Vec<(HookPoint, Instant)>>;
}

/// Notes the moment, and never stops anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepHooks;

impl Hooks for StepHooks {
    async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        // Only requests are measured.
        let _ = PASSED.try_with(|passed| passed.borrow_mut().push((point, now())));
        Ok(())
    }
}

/// Microseconds that orders have spent, by step. They add up to the time between request and answer.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct StepSums {
    /// Orders that went from the first step to the last in one request.
    pub(crate) orders: u64,
    /// Signature, customer, key, cart and prices.
    pub(crate) draft: u64,
    /// T1: the claim.
    pub(crate) claim: u64,
    /// D1: the hold, with its repetitions.
    pub(crate) hold: u64,
    /// T2: the order.
    pub(crate) order: u64,
    /// What was ordered leaves the cart; the answer.
    pub(crate) cart: u64,
}

impl StepSums {
    /// What came after `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            orders: self.orders - earlier.orders,
            draft: self.draft - earlier.draft,
            claim: self.claim - earlier.claim,
            hold: self.hold - earlier.hold,
            order: self.order - earlier.order,
            cart: self.cart - earlier.cart,
        }
    }
}

/// Sums that requests add to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps(Arc<[AtomicU64; 6]>);

impl Steps {
    pub(crate) fn sums(&self) -> StepSums {
        let [orders, draft, claim, hold, order, cart] = self.0.each_ref().map(|sum| sum.load(Ordering::Relaxed));
        StepSums { orders, draft, claim, hold, order, cart }
    }

    fn add(&self, begun: Instant, passed: &[(HookPoint, Instant)], ended: Instant) {
        if !passed.iter().map(|(point, _)| *point).eq(POINTS) {
            return;
        }
        let moment = |index: usize| passed.get(index).map_or(ended, |(_, moment)| *moment);
        // What lies between two steps counts with the one before.
        let edges = [begun, moment(0), moment(2), moment(4), moment(5), ended];
        let steps = edges.windows(2).map(|pair| match pair {
            [from, to] => u64::try_from(to.duration_since(*from).as_micros()).unwrap_or(0),
            _ => 0,
        });
        for (sum, micros) in self.0.iter().zip(std::iter::once(1).chain(steps)) {
            sum.fetch_add(micros, Ordering::Relaxed);
        }
    }
}

/// Takes the time of a request.
pub(crate) async fn timed(State(steps): State<Steps>, request: Request, next: Next) -> Response {
    let begun = now();
    let answered = async {
        let response = next.run(request).await;
        (response, PASSED.with(RefCell::take))
    };
    let (response, passed) = PASSED.scope(RefCell::default(), answered).await;
    steps.add(begun, &passed, now());
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_steps_of_an_order_add_up_to_its_time() {
        let steps = Steps::default();
        let begun = now();
        let at = |millis| begun + Duration::from_millis(millis);
        let passed: Vec<_> = POINTS.into_iter().zip([1, 3, 3, 7, 7, 15].map(at)).collect();
        steps.add(begun, &passed, at(31));
        let sums = steps.sums();
        assert_eq!([sums.draft, sums.claim, sums.hold, sums.order, sums.cart], [1_000, 2_000, 4_000, 8_000, 16_000]);
        steps.add(begun, &passed[2..], at(31));
        assert_eq!(steps.sums().orders, 1, "a request that resumes another one's order has skipped steps");
    }
}
