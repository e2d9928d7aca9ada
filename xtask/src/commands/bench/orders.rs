//! The tables of `bench checkout`: from the runs that `checkout-load` prints to medians, ratios and budgets.

use std::fmt;

use serde::Deserialize;

use super::figures::{Ratio, Spread, grouped, hundredths, rounded, thousandths};
use super::table;

/// The reference's peak, to be sustained on two processors.
const ORDERS_BUDGET: u64 = 245;
/// While 95 of 100 orders take no longer than this.
const P95_BUDGET_MICROS: u64 = 120_000;
/// Of the rate of orders for all products, an order for the same one has at least this share, in hundredths.
const HOT_BUDGET: Ratio = Ratio(50);

/// One run, as `checkout-load` prints it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Run {
    hot: bool,
    strict: bool,
    clients: u16,
    orders: u64,
    elapsed_micros: u64,
    p50_micros: u64,
    p95_micros: u64,
    p99_micros: u64,
    all_orders: u64,
    conflicts: u64,
    repeated: u64,
    wrong: u64,
    first_wrong: Option<String>,
    faults: Vec<String>,
    cpu_micros: Cpu,
    steps_micros: Steps,
}

/// Processor time of a run.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Cpu {
    origin: u64,
    postgres: u64,
    dynamodb: u64,
    generator: u64,
    others: u64,
}

/// What the steps of a run's orders took.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Steps {
    orders: u64,
    draft: u64,
    claim: u64,
    hold: u64,
    order: u64,
    cart: u64,
}

impl Run {
    fn rate(&self) -> u64 {
        rounded(self.orders * 1_000_000, self.elapsed_micros)
    }

    fn title(&self) -> String {
        let clients = if self.clients == 1 { "1 client".to_owned() } else { format!("{} clients", self.clients) };
        let goods = if self.hot { "hot" } else { "spread" };
        format!("{clients}, {goods}{}", if self.strict { ", cancelling" } else { "" })
    }

    /// What is wrong with the run beyond being slow.
    pub(super) fn fault(&self) -> Option<String> {
        let wrong = || self.first_wrong.as_ref().map(|first| format!("{} wrong answers, first: {first}", self.wrong));
        let fault = self.faults.first().cloned().or_else(wrong)?;
        Some(format!("{}: {fault}", self.title()))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = self.fault().map_or(String::new(), |_| ", WRONG".to_owned());
        let p95 = hundredths(self.p95_micros / 10);
        write!(formatter, "{}: {} orders/s, p95 {p95} ms{fault}", self.title(), grouped(self.rate()))
    }
}

/// Prints what was measured, where the time went, and the budgets.
pub(super) fn print(runs: &[Run]) {
    let cases = cases(runs);
    println!("\nCancelling: of two transactions that meet on an item, DynamoDB cancels the later one.");
    table::print(&figures(&cases));
    println!("\nCPU an order, ms, by process");
    table::print(&cpu(&cases));
    println!("\nWhere the time of an order goes, ms, mean, as the origin sees it");
    table::print(&steps(&cases));
    println!();
    table::print(&budgets(&cases));
}

/// The runs of each case, in the order in which the cases came first.
fn cases(runs: &[Run]) -> Vec<Vec<&Run>> {
    let mut cases: Vec<Vec<&Run>> = Vec::new();
    for run in runs {
        match cases.iter_mut().find(|case| case.first().is_some_and(|first| first.title() == run.title())) {
            Some(case) => case.push(run),
            None => cases.push(vec![run]),
        }
    }
    cases
}

fn spread(case: &[&Run], value: impl Fn(&Run) -> u64) -> Spread {
    let values = case.iter().map(|run| value(run)).collect();
    Spread::of(values).unwrap_or(Spread { median: 0, least: 0, most: 0 })
}

fn rows(heading: &[&str], cases: &[Vec<&Run>], row: impl Fn(&[&Run]) -> Vec<String>) -> Vec<Vec<String>> {
    let mut rows = vec![heading.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()];
    for case in cases {
        let title = case.first().map(|run| run.title()).unwrap_or_default();
        rows.push(std::iter::once(title).chain(row(case)).collect());
    }
    rows
}

fn figures(cases: &[Vec<&Run>]) -> Vec<Vec<String>> {
    let heading = [
        "",
        "orders/s",
        "to spread",
        "p50 / p95 / p99, ms",
        "cancelled an order",
        "sent again",
        "others, CPUs",
        "wrong",
    ];
    rows(&heading, cases, |case| {
        let rate = spread(case, Run::rate);
        let latencies = [spread(case, |run| run.p50_micros), p95(case), spread(case, |run| run.p99_micros)];
        let others = spread(case, |run| rounded(run.cpu_micros.others * 100, run.elapsed_micros));
        vec![
            format!("{} ({}–{})", grouped(rate.median), grouped(rate.least), grouped(rate.most)),
            to_spread(cases, case).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio} ×")),
            latencies.map(|latency| hundredths(latency.median / 10)).join(" / "),
            hundredths(spread(case, |run| rounded(run.conflicts * 100, run.all_orders)).median),
            case.iter().map(|run| run.repeated).sum::<u64>().to_string(),
            format!("{} (≤{})", hundredths(others.median), hundredths(others.most)),
            case.iter().map(|run| run.wrong).sum::<u64>().to_string(),
        ]
    })
}

fn p95(case: &[&Run]) -> Spread {
    spread(case, |run| run.p95_micros)
}

/// The rate of a case to that of orders for all products, with as many clients before the same DynamoDB.
fn to_spread(cases: &[Vec<&Run>], case: &[&Run]) -> Option<Ratio> {
    let run = case.first()?;
    let like = |other: &Run| !other.hot && (other.clients, other.strict) == (run.clients, run.strict);
    let base = cases.iter().find(|base| base.first().is_some_and(|first| like(first)))?;
    Ratio::between(spread(case, Run::rate), spread(base, Run::rate))
}

fn cpu(cases: &[Vec<&Run>]) -> Vec<Vec<String>> {
    let heading = ["", "origin", "PostgreSQL", "DynamoDB", "generator"];
    rows(&heading, cases, |case| {
        let shown = |micros: &dyn Fn(&Cpu) -> u64| {
            thousandths(spread(case, |run| rounded(micros(&run.cpu_micros), run.orders)).median)
        };
        vec![
            shown(&|cpu| cpu.origin),
            shown(&|cpu| cpu.postgres),
            shown(&|cpu| cpu.dynamodb),
            shown(&|cpu| cpu.generator),
        ]
    })
}

fn steps(cases: &[Vec<&Run>]) -> Vec<Vec<String>> {
    let heading = ["", "customer, key, cart, prices", "T1 claim", "D1 hold", "T2 order", "out of the cart", "together"];
    rows(&heading, cases, |case| {
        let mean = |micros: &dyn Fn(&Steps) -> u64| {
            thousandths(spread(case, |run| rounded(micros(&run.steps_micros), run.steps_micros.orders)).median)
        };
        vec![
            mean(&|steps| steps.draft),
            mean(&|steps| steps.claim),
            mean(&|steps| steps.hold),
            mean(&|steps| steps.order),
            mean(&|steps| steps.cart),
            mean(&|steps| steps.draft + steps.claim + steps.hold + steps.order + steps.cart),
        ]
    })
}

fn budgets(cases: &[Vec<&Run>]) -> Vec<Vec<String>> {
    let mut rows = vec![["budget", "allowed", "measured", ""].map(str::to_owned).to_vec()];
    let mut row = |what: String, allowed: String, measured: String, within: bool| {
        rows.push(vec![what, allowed, measured, if within { "within" } else { "OUTSIDE" }.to_owned()]);
    };
    for strict in [false, true] {
        let of_all = cases.iter().filter(|case| case.first().is_some_and(|run| !run.hot && run.strict == strict));
        let in_time = of_all.filter(|case| p95(case).median < P95_BUDGET_MICROS);
        let best = in_time.map(|case| spread(case, Run::rate).median).max().unwrap_or(0);
        let what = format!(
            "most orders/s with p95 < {} ms, spread{}",
            P95_BUDGET_MICROS / 1_000,
            if strict { ", cancelling" } else { "" }
        );
        row(what, format!("≥ {ORDERS_BUDGET}"), grouped(best), best >= ORDERS_BUDGET);
    }
    for case in cases.iter().filter(|case| case.first().is_some_and(|run| run.hot)) {
        let (Some(run), Some(ratio)) = (case.first(), to_spread(cases, case)) else { continue };
        let what = format!("{}: orders/s to spread", run.title());
        row(what, format!("≥ {HOT_BUDGET} ×"), format!("{ratio} ×"), ratio >= HOT_BUDGET);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(hot: bool, orders: u64, p95_micros: u64) -> Run {
        let cpu_micros = Cpu { origin: 4_000_000, postgres: 0, dynamodb: 0, generator: 0, others: 1_000_000 };
        let steps_micros = Steps { orders: 2, draft: 2_000, claim: 4_000, hold: 6_000, order: 8_000, cart: 10_000 };
        Run {
            hot,
            strict: true,
            clients: 8,
            orders,
            elapsed_micros: 10_000_000,
            p50_micros: 1_000,
            p95_micros,
            p99_micros: 3_000,
            all_orders: orders,
            conflicts: 2 * orders,
            repeated: 1,
            wrong: 0,
            first_wrong: None,
            faults: Vec::new(),
            cpu_micros,
            steps_micros,
        }
    }

    #[test]
    fn a_case_is_compared_with_its_counterpart_and_its_budget() {
        let runs = [run(false, 4_000, 20_000), run(true, 1_999, 2_000), run(false, 4_000, 20_000)];
        let cases = cases(&runs);
        assert_eq!(cases.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let rows = figures(&cases);
        assert_eq!(rows[1][..3], ["8 clients, spread, cancelling", "400 (400–400)", "1.00 ×"]);
        assert_eq!(rows[2][2..6], ["0.50 ×", "1.00 / 2.00 / 3.00", "2.00", "1"]);
        assert_eq!(cpu(&cases)[1][1], "1.000");
        assert_eq!(steps(&cases)[1][1..], ["1.000", "2.000", "3.000", "4.000", "5.000", "15.000"]);
        let verdicts: Vec<_> = budgets(&cases)[1..].iter().map(|row| (row[2].clone(), row[3].clone())).collect();
        let expected = [("0", "OUTSIDE"), ("400", "within"), ("0.50 ×", "within")];
        assert_eq!(verdicts, expected.map(|(measured, verdict)| (measured.to_owned(), verdict.to_owned())));
    }

    #[test]
    fn a_rate_counts_only_while_orders_are_answered_in_time() {
        let slow = [run(false, 9_000, 120_000)];
        assert_eq!(budgets(&cases(&slow))[2][2..], ["0", "OUTSIDE"]);
    }

    #[test]
    fn what_does_not_add_up_is_a_fault() {
        assert_eq!(run(false, 1, 1).fault(), None);
        let faults = vec!["requests without one: 1 instead of 0".to_owned()];
        let fault = Run { faults, ..run(true, 1, 1) }.fault().expect("a fault");
        assert_eq!(fault, "8 clients, hot, cancelling: requests without one: 1 instead of 0");
        let wrong = Run { wrong: 2, first_wrong: Some("500".to_owned()), ..run(false, 1, 1) };
        assert!(wrong.fault().is_some_and(|fault| fault.ends_with("2 wrong answers, first: 500")));
    }
}
