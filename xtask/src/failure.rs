//! The one error of this tool: a sentence for the person at the terminal.

use std::fmt;

/// What went wrong and, where it is known, what to do about it.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// The result of every step.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Says what was being done when a foreign error came up.
pub(crate) trait While<T> {
    /// # Errors
    /// The error of `self`, with `what` before it.
    fn during(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn during(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}
