//! Long steps: a spinner or a bar for a person, lines for a log.

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
    shown_step(what, |_| step())
}

/// As [`step`], for a step that says how far it is.
///
/// # Errors
/// Those of `step`.
pub(crate) fn shown_step<T>(what: &str, step: impl FnOnce(&Shown) -> Outcome<T>) -> Outcome<T> {
    let watch = Stopwatch::start();
    let shown = Shown(spinner(what));
    let result = step(&shown);
    shown.0.finish_and_clear();
    let mark = if result.is_ok() { "done" } else { "FAILED" };
    println!("  {mark}: {what} ({})", Spelled(watch.elapsed()));
    result
}

/// A step under way. Without a terminal only its notices are shown.
#[derive(Clone)]
pub(crate) struct Shown(ProgressBar);

impl Shown {
    /// What it is about now.
    pub(crate) fn doing(&self, what: &str) {
        self.0.unset_length();
        self.0.set_style(style("  {spinner} {msg} ({elapsed})"));
        self.0.set_message(what.to_owned());
    }

    /// How much of it is done.
    pub(crate) fn count(&self, what: &str, done: u64, total: Option<u64>) {
        match total {
            Some(total) => {
                self.0.set_length(total);
                self.0.set_style(style("  {spinner} {msg} {wide_bar} {pos}/{len} ({eta})"));
            }
            None => self.0.set_style(style("  {spinner} {msg} {pos} ({elapsed})")),
        }
        self.0.set_message(what.to_owned());
        self.0.set_position(done);
    }

    /// A line that stays.
    pub(crate) fn notice(&self, text: &str) {
        self.0.suspend(|| println!("  {text}"));
    }
}

fn spinner(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        println!("  {what} …");
        return ProgressBar::hidden();
    }
    let bar =
        ProgressBar::new_spinner().with_style(style("  {spinner} {msg} ({elapsed})")).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
