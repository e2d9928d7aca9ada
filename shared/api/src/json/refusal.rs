//! What a field is refused with: our words, whatever serde would say.

use std::{borrow::Cow, fmt};

use serde::de::{self, Expected, Unexpected};

/// Why a body is not of its type.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The member meant, where the fault is found before the member is read.
    pub(super) member: Option<String>,
    /// The end of a sentence that begins with the field: "must be text".
    pub(super) message: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(message: &'static str) -> Self {
        Self { member: None, message: message.into() }
    }

    pub(super) fn of(member: impl Into<String>, message: &'static str) -> Self {
        Self { member: Some(member.into()), message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    /// What our own types say of themselves.
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { member: None, message: message.to_string().into() }
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("has the wrong type")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("is out of range")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new("has the wrong length")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("is not one of the known values")
    }

    /// The path ends with the field already.
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("is not known")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(field, "is required")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of(field, "appears twice")
    }
}
