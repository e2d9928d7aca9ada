//! Elapsed time: the one place of this tool that reads a clock.

use std::fmt;
use std::time::{Duration, Instant};

/// Runs from its creation.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is the tool's clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the tool's clock")]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A duration as `7 s`, `0.3 s` or `2 min 05 s`.
pub(crate) struct Spelled(pub(crate) Duration);

impl fmt::Display for Spelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..10 => write!(formatter, "{seconds}.{} s", self.0.subsec_millis() / 100),
            10..60 => write!(formatter, "{seconds} s"),
            _ => write!(formatter, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled_by_their_size() {
        assert_eq!(Spelled(Duration::from_millis(340)).to_string(), "0.3 s");
        assert_eq!(Spelled(Duration::from_secs(42)).to_string(), "42 s");
        assert_eq!(Spelled(Duration::from_secs(125)).to_string(), "2 min 05 s");
    }
}
