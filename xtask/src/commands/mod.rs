//! One command per file.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod dev;
pub(crate) mod package;
pub(crate) mod race;
pub(crate) mod setup;
pub(crate) mod sim;
pub(crate) mod test;
