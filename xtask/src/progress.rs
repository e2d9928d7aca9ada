//! Long steps: a spinner for a person, one line for a log.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Spelled, Stopwatch};
use crate::failure::Outcome;

/// Shows `what` while `step` runs, then how long it took.
///
/// # Errors
/// Those of `step`.
pub(crate) fn step<T>(what: &str, step: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let watch = Stopwatch::start();
    let spinner = spinner(what);
    let result = step();
    spinner.finish_and_clear();
    let mark = if result.is_ok() { "done" } else { "FAILED" };
    println!("  {mark}: {what} ({})", Spelled(watch.elapsed()));
    result
}

fn spinner(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        println!("  {what} …");
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
