//! One run: carts, warm-up, the measured time between two samples, the count.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
    time::Duration,
};

use load::{histogram::Histogram, now};
use origin_gateways::ReqwestClient;
use serde::Serialize;
use tokio::{sync::Notify, task::JoinSet, time::timeout};

use crate::{
    carts::{Goods, fill},
    client::{CALL_TIMEOUT, keep_ordering},
    failure::Failure,
    sample::Sample,
    shop::{Origin, Shop},
    steps::StepSums,
    verify::verify,
};

/// What is ordered, and before which DynamoDB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) goods: Goods,
    /// Whether transactions that meet are cancelled.
    pub(crate) strict: bool,
}

/// Each beside its counterpart.
pub(crate) const CASES: [Case; 4] = [
    Case { goods: Goods::Spread, strict: false },
    Case { goods: Goods::Hot, strict: false },
    Case { goods: Goods::Spread, strict: true },
    Case { goods: Goods::Hot, strict: true },
];

/// What to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Tells its carts and keys from those of other runs.
    pub(crate) number: u32,
    pub(crate) case: Case,
    pub(crate) clients: u16,
    /// At most.
    pub(crate) orders: u32,
    pub(crate) warm_up: Duration,
    /// At most.
    pub(crate) measured: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    WarmUp,
    Measured,
    Over,
}

/// Where a run is. Clients look at it before and after every order.
#[derive(Debug)]
pub(crate) struct Phase {
    stage: AtomicU8,
    next: AtomicU32,
    carts: u32,
    used_up: Notify,
}

impl Phase {
    fn new(carts: u32) -> Self {
        Self { stage: AtomicU8::new(0), next: AtomicU32::new(0), carts, used_up: Notify::new() }
    }

    fn set(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::WarmUp,
            1 => Stage::Measured,
            _ => Stage::Over,
        }
    }

    /// The next cart that nobody has ordered; none once the run is over. The first client that finds none ends the run.
    pub(crate) fn next_cart(&self) -> Option<u32> {
        if self.stage() == Stage::Over {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        if index < self.carts {
            return Some(index);
        }
        self.used_up.notify_one();
        None
    }
}

/// What one client saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Of orders that were placed while measured, from the first request to the answer that was the order.
    pub(crate) latencies: Histogram,
    /// All orders, warm-up included.
    pub(crate) orders: Vec<String>,
    /// Answers that said "not now", and were followed.
    pub(crate) repeated: u64,
    /// Other answers, in words.
    pub(crate) wrong: Vec<String>,
}

/// What is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Whether one variant is in every order.
    hot: bool,
    /// Whether transactions that meet are cancelled.
    strict: bool,
    clients: u16,
    /// Orders placed while measured.
    orders: u64,
    elapsed_micros: u64,
    p50_micros: u64,
    p95_micros: u64,
    p99_micros: u64,
    /// Orders of the whole run; the next two are of the whole run as well.
    all_orders: u64,
    /// Transactions and writes that were cancelled because they met another one.
    conflicts: u64,
    /// Requests that were answered with "not now".
    repeated: u64,
    /// Answers that were none of these.
    wrong: u64,
    /// The first of them.
    first_wrong: Option<String>,
    /// What was found not to add up afterwards.
    faults: Vec<String>,
    cpu_micros: Sample,
    steps_micros: StepSums,
}

/// Runs the plan.
pub(crate) async fn run(shop: &Shop, plan: &Plan) -> Result<Report, Failure> {
    let Plan { number, case, .. } = *plan;
    fill(shop, number, case.goods, plan.orders).await?;
    let origin = if case.strict { &shop.strict } else { &shop.plain };
    let phase = Arc::new(Phase::new(plan.orders));
    let conflicts = shop.decorator.conflicts();
    let mut clients = JoinSet::new();
    for _ in 0..plan.clients {
        clients.spawn(keep_ordering(origin.url.clone(), number, Arc::clone(&phase)));
    }
    let (used, steps, elapsed) = measure(shop, origin, plan, &phase).await?;
    let mut all = Seen::default();
    for seen in clients.join_all().await {
        let seen = seen?;
        all.latencies.merge(&seen.latencies);
        all.orders.extend(seen.orders);
        all.repeated += seen.repeated;
        all.wrong.extend(seen.wrong);
    }
    let percentile = |percent| all.latencies.percentile(percent) / 1_000;
    Ok(Report {
        hot: case.goods == Goods::Hot,
        strict: case.strict,
        clients: plan.clients,
        orders: all.latencies.total(),
        elapsed_micros: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        p50_micros: percentile(50),
        p95_micros: percentile(95),
        p99_micros: percentile(99),
        all_orders: all.orders.len() as u64,
        conflicts: shop.decorator.conflicts() - conflicts,
        repeated: all.repeated,
        wrong: all.wrong.len() as u64,
        first_wrong: all.wrong.first().cloned(),
        faults: verify(shop, number, &all.orders).await?,
        cpu_micros: used,
        steps_micros: steps,
    })
}

/// Waits for the end of the warm-up, and for that of the measured time or of the carts.
async fn measure(
    shop: &Shop,
    origin: &Origin,
    plan: &Plan,
    phase: &Phase,
) -> Result<(Sample, StepSums, Duration), Failure> {
    let http = ReqwestClient::new(CALL_TIMEOUT)?;
    let postgres = shop.postgres.process_id().ok_or_else(|| Failure::new("PostgreSQL is not a process of ours"))?;
    // Whoever uses up the carts before has measured nothing, which the report shows.
    let _ = timeout(plan.warm_up, phase.used_up.notified()).await;
    let steps = origin.steps(&http).await?;
    let before = Sample::take(origin.pid, postgres)?;
    let begun = now();
    phase.set(Stage::Measured);
    let _ = timeout(plan.measured, phase.used_up.notified()).await;
    phase.set(Stage::Over);
    let elapsed = now().duration_since(begun);
    let used = Sample::take(origin.pid, postgres)?.since(before);
    Ok((used, origin.steps(&http).await?.since(steps), elapsed))
}
