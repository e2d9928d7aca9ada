//! Searching products by text: BM25 over the words of each group, with a tolerance for mistyped ones.
//!
//! Words and their near ones are found by `fst` and `levenshtein_automata`; postings and scores are by hand, because the libraries that
//! have them need threads, files or more bytes than the edge may have.

mod automaton;
mod find;
mod fold;
mod index;
mod score;
mod words;

pub use find::{Found, Search};
pub use index::SearchGroup;
