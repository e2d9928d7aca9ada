//! The catalog's tables behind the catalog's ports.

mod carry;
mod change;
mod detail;
mod export;
mod list;
mod rows;

#[cfg(test)]
mod tests;
