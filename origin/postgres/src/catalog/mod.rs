//! The catalog's tables behind the catalog's ports.

mod carry;
mod change;
mod detail;
mod events;
mod export;
mod facets;
mod filtered;
mod limits;
mod list;
mod publish;
mod rows;

#[cfg(test)]
mod tests;
