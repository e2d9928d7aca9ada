//! Checks of fields that types leave open. All refusals go into one answer.

use commerce_api::{Problem, ProblemCode};

use crate::ApiError;

/// The longest line of an address, in characters.
const MAX_LINE: usize = 200;
/// The longest id of somebody else's, in characters.
const MAX_TOKEN: usize = 255;

/// The fields that were refused so far.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<(&'static str, String)>);

impl Refusals {
    /// Refuses a field.
    pub(crate) fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push((field, message.into()));
    }

    /// A line of text: 1 to 200 characters, not blank, none of them a control character.
    pub(crate) fn text(&mut self, field: &'static str, value: &str) {
        let fits = (1..=MAX_LINE).contains(&value.chars().count());
        if !fits || value.trim().is_empty() || value.chars().any(char::is_control) {
            self.add(field, format!("must have 1 to {MAX_LINE} characters"));
        }
    }

    /// An id of somebody else's: 1 to 255 visible ASCII characters.
    pub(crate) fn token(&mut self, field: &'static str, value: &str) {
        if !(1..=MAX_TOKEN).contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.add(field, format!("must have 1 to {MAX_TOKEN} visible ASCII characters"));
        }
    }

    /// Nothing, if nothing was refused.
    ///
    /// # Errors
    /// A 400 that names every refused field.
    pub(crate) fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let problem = Problem::new(ProblemCode::ValidationError, "Invalid request parameters");
        let named = self.0.into_iter().fold(problem, |problem, (field, message)| problem.with_field(field, message));
        Err(ApiError::Problem(named))
    }
}
