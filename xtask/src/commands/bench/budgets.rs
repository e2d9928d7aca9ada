//! What the edge may cost, each as a ratio to a baseline of the same run: the machine drops out.

use super::figures::{Figures, Ratio};
use super::subjects::{Group, Subject, Work};

/// What is compared.
#[derive(Clone, Copy)]
enum Measure {
    Cpu,
    RequestsPerSecond,
    P99,
}

/// How a ratio may come out.
#[derive(Clone, Copy)]
enum Bound {
    AtMost(Ratio),
    AtLeast(Ratio),
}

struct Budget {
    group: Group,
    measure: Measure,
    against: Work,
    bound: Bound,
}

/// For every cached answer of the shop in the group.
const BUDGETS: [Budget; 4] = [
    Budget { group: Group::Workers, measure: Measure::Cpu, against: Work::Hello, bound: Bound::AtMost(Ratio(200)) },
    Budget {
        group: Group::Workers,
        measure: Measure::RequestsPerSecond,
        against: Work::KvGet,
        bound: Bound::AtLeast(Ratio(100)),
    },
    Budget { group: Group::Workers, measure: Measure::P99, against: Work::KvGet, bound: Bound::AtMost(Ratio(150)) },
    Budget {
        group: Group::Spin,
        measure: Measure::RequestsPerSecond,
        against: Work::Hello,
        bound: Bound::AtLeast(Ratio(50)),
    },
];

/// One row for each budget and cached answer, under a heading.
pub(super) fn rows(measured: &[(Subject, Figures)]) -> Vec<Vec<String>> {
    let mut rows = vec![["budget", "allowed", "measured", ""].map(str::to_owned).to_vec()];
    for budget in &BUDGETS {
        let own = measured.iter().filter(|(subject, _)| subject.group == budget.group);
        let Some((_, base)) = own.clone().find(|(subject, _)| subject.work == budget.against) else { continue };
        for (subject, figures) in own.filter(|(subject, _)| subject.work.is_cached()) {
            rows.push(budget.row(subject, figures, base));
        }
    }
    rows
}

impl Budget {
    fn row(&self, subject: &Subject, figures: &Figures, base: &Figures) -> Vec<String> {
        let (what, value, base) = match self.measure {
            Measure::Cpu => ("CPU a request", figures.cpu_nanos, base.cpu_nanos),
            Measure::RequestsPerSecond => ("requests/s", figures.requests_per_second, base.requests_per_second),
            Measure::P99 => ("p99", figures.p99_micros, base.p99_micros),
        };
        let runtime = if self.group == Group::Workers { "workerd" } else { "the Spin host" };
        let name = format!("{} in {runtime}: {what} to that of {}", subject.work.title(), self.against.title());
        let (sign, limit) = match self.bound {
            Bound::AtMost(limit) => ("≤", limit),
            Bound::AtLeast(limit) => ("≥", limit),
        };
        let ratio = Ratio::between(value, base);
        let shown = ratio.map_or_else(|| "nothing".to_owned(), |ratio| format!("{ratio} ×"));
        let verdict = if ratio.is_some_and(|ratio| self.bound.holds(ratio)) { "within" } else { "OUTSIDE" };
        vec![name, format!("{sign} {limit} ×"), shown, verdict.to_owned()]
    }
}

impl Bound {
    fn holds(self, ratio: Ratio) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::AtLeast(limit) => ratio >= limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Spread;
    use super::super::subjects::SUBJECTS;
    use super::*;

    fn figures(requests_per_second: u64, cpu_nanos: u64, p99_micros: u64) -> Figures {
        let same = |value| Spread { median: value, least: value, most: value };
        Figures {
            requests_per_second: same(requests_per_second),
            cpu_nanos: same(cpu_nanos),
            p50_micros: same(1),
            p95_micros: same(1),
            p99_micros: same(p99_micros),
            foreign: same(0),
            generator: same(0),
            errors: 0,
        }
    }

    #[test]
    fn each_cached_answer_is_held_against_the_baseline_of_its_own_runtime() {
        let measured: Vec<_> = SUBJECTS
            .iter()
            .map(|subject| match (subject.group, subject.work) {
                (Group::Workers, Work::Hello) => (*subject, figures(10_000, 100_000, 1_000)),
                (Group::Workers, Work::KvGet) => (*subject, figures(5_000, 200_000, 2_000)),
                (Group::Workers, Work::List) => (*subject, figures(5_000, 201_000, 3_000)),
                (Group::Workers, Work::Detail) => (*subject, figures(4_000, 190_000, 3_100)),
                (_, Work::Hello) => (*subject, figures(20_000, 50_000, 1_000)),
                _ => (*subject, figures(10_000, 50_000, 1_000)),
            })
            .collect();
        let verdicts: Vec<_> = rows(&measured)[1..].iter().map(|row| (row[2].clone(), row[3] == "within")).collect();
        let expected = [
            ("2.01 ×", false),
            ("1.90 ×", true),
            ("1.00 ×", true),
            ("0.80 ×", false),
            ("1.50 ×", true),
            ("1.55 ×", false),
            ("0.50 ×", true),
            ("0.50 ×", true),
        ];
        assert_eq!(verdicts, expected.map(|(shown, within)| (shown.to_owned(), within)));
    }
}
