//! One command per file.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod setup;
