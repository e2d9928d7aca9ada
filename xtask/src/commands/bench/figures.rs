//! From what the load generator prints to medians and ratios. All in whole numbers: a tick of processor time is coarser than
//! any rounding here.

use std::fmt;

use serde::Deserialize;

/// One run, as `load` prints it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Run {
    requests: u64,
    failed: u64,
    wrong: u64,
    elapsed_micros: u64,
    p50_micros: u64,
    p95_micros: u64,
    p99_micros: u64,
    server_cpu_micros: u64,
    generator_cpu_micros: u64,
    foreign_cpu_micros: u64,
}

impl Run {
    fn requests_per_second(&self) -> u64 {
        rounded(self.requests * 1_000_000, self.elapsed_micros)
    }

    fn cpu_nanos(&self) -> u64 {
        rounded(self.server_cpu_micros * 1_000, self.requests)
    }

    /// Hundredths of one processor, on average over the run.
    fn busy(&self, micros: u64) -> u64 {
        rounded(micros * 100, self.elapsed_micros)
    }
}

/// All runs of one subject.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) requests_per_second: Spread,
    /// Processor time of the server's process tree for one request, in nanoseconds.
    pub(super) cpu_nanos: Spread,
    pub(super) p50_micros: Spread,
    pub(super) p95_micros: Spread,
    pub(super) p99_micros: Spread,
    /// What other programs used meanwhile, in hundredths of a processor.
    pub(super) foreign: Spread,
    /// What the generator used, likewise: near 100, it and not the server was the limit.
    pub(super) generator: Spread,
    /// Requests without an answer, and wrong answers.
    pub(super) errors: u64,
}

impl Figures {
    /// `None` without a run.
    pub(super) fn of(runs: &[Run]) -> Option<Self> {
        let spread = |value: &dyn Fn(&Run) -> u64| Spread::of(runs.iter().map(value).collect());
        Some(Self {
            requests_per_second: spread(&Run::requests_per_second)?,
            cpu_nanos: spread(&Run::cpu_nanos)?,
            p50_micros: spread(&|run| run.p50_micros)?,
            p95_micros: spread(&|run| run.p95_micros)?,
            p99_micros: spread(&|run| run.p99_micros)?,
            foreign: spread(&|run| run.busy(run.foreign_cpu_micros))?,
            generator: spread(&|run| run.busy(run.generator_cpu_micros))?,
            errors: runs.iter().map(|run| run.failed + run.wrong).sum(),
        })
    }
}

/// The middle one of some values, and the outermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) median: u64,
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Spread {
    /// `None` without a value.
    pub(super) fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let (least, most) = (*values.first()?, *values.last()?);
        let median = u64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self { median, least, most })
    }
}

/// A quotient in hundredths, shown as `1.72`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ratio(pub(super) u64);

impl Ratio {
    /// Of two medians; `None` for nothing measured.
    pub(super) fn between(value: Spread, base: Spread) -> Option<Self> {
        (base.median > 0).then(|| Self(rounded(value.median * 100, base.median)))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hundredths(self.0))
    }
}

/// Hundreds as `1.72`.
pub(super) fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// Thousands as `12.345`, for microseconds in milliseconds and the like.
pub(super) fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// With commas: `12,345`.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Half up; 0 where there is nothing to divide by.
pub(super) fn rounded(dividend: u64, divisor: u64) -> u64 {
    (dividend + divisor / 2).checked_div(divisor).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(requests: u64, foreign_cpu_micros: u64) -> Run {
        let text = format!(
            r#"{{"requests":{requests},"failed":1,"wrong":2,"elapsed_micros":2000000,"body_bytes":5,"p50_micros":10,
            "p95_micros":20,"p99_micros":30,"server_cpu_micros":1000000,"generator_cpu_micros":1000000,
            "foreign_cpu_micros":{foreign_cpu_micros}}}"#
        );
        serde_json::from_str(&text).expect("a run should parse")
    }

    #[test]
    fn figures_are_medians_with_their_spread() {
        let figures = Figures::of(&[run(10_000, 0), run(40_000, 1_500_000), run(20_000, 100_000)]).expect("three runs");
        assert_eq!(figures.requests_per_second, Spread { median: 10_000, least: 5_000, most: 20_000 });
        assert_eq!(figures.cpu_nanos, Spread { median: 50_000, least: 25_000, most: 100_000 });
        assert_eq!(figures.foreign, Spread { median: 5, least: 0, most: 75 });
        assert_eq!((figures.generator.median, figures.errors), (50, 9));
        assert!(Figures::of(&[]).is_none());
    }

    #[test]
    fn a_run_without_answers_has_no_figures_but_its_errors() {
        let figures = Figures::of(&[run(0, 0)]).expect("one run");
        assert_eq!((figures.cpu_nanos.median, figures.errors), (0, 3));
        assert_eq!(Ratio::between(figures.cpu_nanos, figures.cpu_nanos), None);
    }

    #[test]
    fn an_even_number_of_runs_has_the_mean_of_the_middle_ones() {
        assert_eq!(Spread::of(vec![4, 1, 2, 9]), Some(Spread { median: 3, least: 1, most: 9 }));
    }

    #[test]
    fn numbers_are_spelled_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((thousandths(90), Ratio(172).to_string()), ("0.090".to_owned(), "1.72".to_owned()));
    }
}
