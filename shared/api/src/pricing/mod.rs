//! The document that says how a shop taxes and ships: the setting `PRICING_RULES`. `docs/PRICING.md` describes it.

mod read;

pub use read::{RulesDocumentError, from_document};

#[cfg(test)]
mod tests;
