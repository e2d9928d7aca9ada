//! The printed page.

use super::edge::Measured;
use super::figures::{Figures, Ratio, Spread, grouped, hundredths, thousandths};
use super::servers::workerd;
use super::subjects::{Group, Subject, Work};
use super::{budgets, table};
use crate::process;
use crate::workspace::Workspace;

/// Other programs that used more than this share of the machine, in percent, have spoiled a run.
const QUIET_PERCENT: u64 = 5;

/// Prints a table for each group, and the budgets.
pub(super) fn print(workspace: &Workspace, measured: &Measured) {
    println!("{}\n", machine(workspace));
    for group in Group::ALL {
        println!("{}", group.title());
        table::print(&figure_rows(measured.iter().filter(|(subject, _)| subject.group == group)));
        println!();
    }
    table::print(&budgets::rows(measured));
}

const HEADING: [&str; 9] = [
    "",
    "requests/s",
    "to hello",
    "CPU a request, ms",
    "to hello",
    "p50 / p95 / p99, ms",
    "generator",
    "others, CPUs",
    "errors",
];

fn figure_rows<'a>(own: impl Iterator<Item = &'a (Subject, Figures)> + Clone) -> Vec<Vec<String>> {
    let mut rows = vec![HEADING.map(str::to_owned).to_vec()];
    let Some((_, hello)) = own.clone().find(|(subject, _)| subject.work == Work::Hello) else { return rows };
    for (subject, figures) in own {
        let (rate, cpu) = (figures.requests_per_second, figures.cpu_nanos);
        let latencies = [figures.p50_micros, figures.p95_micros, figures.p99_micros];
        rows.push(vec![
            subject.work.title().to_owned(),
            spread(rate, grouped),
            times(Ratio::between(rate, hello.requests_per_second)),
            // Ticks are too coarse for more than three digits.
            spread(cpu, |nanos| thousandths(nanos / 1_000)),
            times(Ratio::between(cpu, hello.cpu_nanos)),
            latencies.map(|latency| hundredths(latency.median / 10)).join(" / "),
            hundredths(figures.generator.median),
            format!("{} (≤{})", hundredths(figures.foreign.median), hundredths(figures.foreign.most)),
            figures.errors.to_string(),
        ]);
    }
    rows
}

fn spread(values: Spread, shown: impl Fn(u64) -> String) -> String {
    format!("{} ({}–{})", shown(values.median), shown(values.least), shown(values.most))
}

fn times(ratio: Option<Ratio>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio} ×"))
}

/// What the figures depend on, without the machine's name.
fn machine(workspace: &Workspace) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let cpus = cpus();
    let version = workerd(workspace)
        .ok()
        .and_then(|path| process::capture(process::command(path, workspace.root()).arg("--version")));
    let wasmtime = workspace.locked_version("wasmtime").unwrap_or_else(|_| "?".to_owned());
    format!(
        "{cpus} CPUs ({}), {}, wasmtime {wasmtime}.",
        model.unwrap_or("unknown model"),
        version.unwrap_or_else(|| "workerd ?".to_owned())
    )
}

/// Says so where other programs took part in the figures.
pub(super) fn warn_of_others(measured: &Measured) {
    let cpus = cpus();
    let foreign = measured.iter().map(|(_, figures)| figures.foreign.most).max().unwrap_or(0);
    if foreign > cpus * QUIET_PERCENT {
        println!(
            "\nnote: other programs used up to {} of {cpus} CPUs during a run: these figures are not to be quoted",
            hundredths(foreign)
        );
    }
}

fn cpus() -> u64 {
    std::thread::available_parallelism().ok().and_then(|cpus| u64::try_from(cpus.get()).ok()).unwrap_or(1)
}
