//! Words that are nearly the one that was typed.

use std::sync::OnceLock;

use fst::Automaton;
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};

/// How many letters a word may have wrong: none below four, one below eight, two from there on. Two neighbours in each other's place are
/// one.
pub(super) fn tolerance(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Accepts what is at most that far from the word.
pub(super) struct Nearly(DFA);

impl Nearly {
    pub(super) fn new(word: &str, distance: u8) -> Self {
        static BUILDERS: [OnceLock<LevenshteinAutomatonBuilder>; 3] = [const { OnceLock::new() }; 3];
        let distance = distance.min(2);
        let builder = BUILDERS[usize::from(distance)].get_or_init(|| LevenshteinAutomatonBuilder::new(distance, true));
        Self(builder.build_dfa(word))
    }

    /// How far a word is that was accepted in this state.
    pub(super) fn distance(&self, state: u32) -> u8 {
        self.0.distance(state).to_u8()
    }
}

impl Automaton for Nearly {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}
