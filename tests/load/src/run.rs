//! One run: warm up, measure between two readings of the processor time, report.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use load::cpu::{self, Sample};
use load::{histogram::Histogram, now};
use serde::Serialize;
use tokio::task::{JoinSet, LocalSet};

use crate::http_loop::{Question, Seen, ask_once, keep_asking};
use crate::target::{Expectation, Target};

/// What to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    pub(crate) expectation: Option<Expectation>,
    pub(crate) pid: u32,
    pub(crate) connections: u16,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Where a run is. Connections look at it after every answer.
pub(crate) type Phase = Cell<Stage>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    WarmUp,
    Measured,
    Over,
}

/// What is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Right answers while measured.
    pub(crate) requests: u64,
    /// Requests without an answer.
    pub(crate) failed: u64,
    /// Answers that were not as the first one.
    pub(crate) wrong: u64,
    /// How long it was measured.
    elapsed_micros: u64,
    body_bytes: usize,
    p50_micros: u64,
    p95_micros: u64,
    p99_micros: u64,
    /// Processor time of the server and all that it started.
    server_cpu_micros: u64,
    generator_cpu_micros: u64,
    /// Processor time of everything else on the machine.
    foreign_cpu_micros: u64,
}

/// Runs the plan.
///
/// # Errors
/// In words: the server does not answer the first request as expected, or its process cannot be watched.
pub(crate) async fn run(plan: Plan) -> Result<Report, String> {
    LocalSet::new().run_until(measure(plan)).await
}

async fn measure(plan: Plan) -> Result<Report, String> {
    let question = Rc::new(Question { target: plan.target, expectation: plan.expectation });
    let expected = ask_once(&question).await?;
    let phase = Rc::new(Phase::new(Stage::WarmUp));
    let mut connections = JoinSet::new();
    for _ in 0..plan.connections {
        connections.spawn_local(keep_asking(question.clone(), expected.clone(), phase.clone()));
    }
    tokio::time::sleep(plan.warm_up).await;
    let unread = |error| format!("processor time cannot be read: {error}");
    let before = Sample::take(plan.pid).map_err(unread)?;
    let begun = now();
    phase.set(Stage::Measured);
    tokio::time::sleep(plan.measured).await;
    phase.set(Stage::Over);
    let elapsed = now().duration_since(begun);
    let used = Sample::take(plan.pid).map_err(unread)?.since(before);
    let seen = together(connections.join_all().await);
    let micros = |ticks: u64| ticks * cpu::tick_micros();
    let percentile = |percent| seen.latencies.percentile(percent) / 1_000;
    Ok(Report {
        requests: seen.latencies.total(),
        failed: seen.failed,
        wrong: seen.wrong,
        elapsed_micros: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        body_bytes: expected.len(),
        p50_micros: percentile(50),
        p95_micros: percentile(95),
        p99_micros: percentile(99),
        server_cpu_micros: micros(used.server),
        generator_cpu_micros: micros(used.generator),
        foreign_cpu_micros: micros(used.foreign),
    })
}

fn together(all: Vec<Seen>) -> Seen {
    let mut sum = Seen { latencies: Histogram::new(), failed: 0, wrong: 0 };
    for seen in all {
        sum.latencies.merge(&seen.latencies);
        sum.failed += seen.failed;
        sum.wrong += seen.wrong;
    }
    sum
}

#[cfg(test)]
mod tests;
