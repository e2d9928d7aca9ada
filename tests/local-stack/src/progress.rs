//! What a person sees of long steps.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Bars and spinners on a terminal; nothing where there is none or nobody asked.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows progress if `shown`.
    pub fn new(shown: bool) -> Self {
        Self { shown }
    }

    /// A step of unknown length.
    pub fn step(self, name: &'static str) -> ProgressBar {
        if !self.shown {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(name);
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// A count up to `total`, or without an end where that is not known.
    pub fn count(self, name: &'static str, total: Option<u64>) -> ProgressBar {
        if !self.shown {
            return ProgressBar::hidden();
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{msg} {wide_bar} {pos}/{len} ({eta})"),
            None => (ProgressBar::no_length(), "{spinner} {msg} {pos} ({elapsed})"),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.with_style(style).with_message(name)
    }
}
