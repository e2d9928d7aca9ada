//! What a person sees of long steps.

use std::{fmt, io::Write, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// Who is told of long steps, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nobody.
    Hidden,
    /// Whoever looks at the terminal, if there is one: bars and spinners. Notices are in the log, which is there too.
    Terminal,
    /// The program that started this one: a line of JSON on standard output for each thing that happens, `{"step": NAME}`,
    /// `{"count": {"what": NAME, "done": N, "total": N | null}}` or `{"notice": TEXT}`.
    Reports,
}

/// A step under way.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    /// Where counts are reported: their name and end.
    report: Option<(&'static str, Option<u64>)>,
}

impl Progress {
    /// A step of unknown length.
    pub fn step(self, name: &'static str) -> Bar {
        let bar = match self {
            Self::Terminal => ProgressBar::new_spinner().with_message(name),
            Self::Hidden | Self::Reports => ProgressBar::hidden(),
        };
        bar.enable_steady_tick(Duration::from_millis(100));
        if self == Self::Reports {
            report(&json!({ "step": name }));
        }
        Bar { bar, report: (self == Self::Reports).then_some((name, None)) }
    }

    /// A count up to `total`, or without an end where that is not known.
    pub fn count(self, name: &'static str, total: Option<u64>) -> Bar {
        let report = (self == Self::Reports).then_some((name, total));
        if self != Self::Terminal {
            return Bar { bar: ProgressBar::hidden(), report };
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{msg} {wide_bar} {pos}/{len} ({eta})"),
            None => (ProgressBar::no_length(), "{spinner} {msg} {pos} ({elapsed})"),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Bar { bar: bar.with_style(style).with_message(name), report }
    }

    /// Something that a person should know, in one line.
    pub fn notice(self, text: impl fmt::Display) {
        if self == Self::Reports {
            report(&json!({ "notice": text.to_string() }));
        }
    }
}

impl Bar {
    /// The step goes on under another name.
    pub fn set_message(&self, name: &'static str) {
        self.bar.set_message(name);
        if self.report.is_some() {
            report(&json!({ "step": name }));
        }
    }

    /// So many are done by now.
    pub fn set_position(&self, done: u64) {
        self.bar.set_position(done);
        if let Some((what, total)) = self.report {
            report(&json!({ "count": { "what": what, "done": done, "total": total } }));
        }
    }

    /// Takes the bar away while something else is written.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// The step is over.
    pub fn finish_and_clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Whoever reads may be gone: that is no reason to stop.
fn report(what: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}
