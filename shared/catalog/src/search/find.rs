//! Which products a text finds, and how well.

use std::{cmp::Reverse, collections::BTreeMap};

use fst::{Automaton as _, IntoStreamer as _, Streamer as _, automaton::Str};

use super::{
    automaton::{Nearly, tolerance},
    index::{SearchGroup, Term},
    score::{rarity, saturation},
    words::{wanted_words, words},
};

/// More words than anybody looks for.
const MAX_WORDS: usize = 10;
/// What a word counts that is that far from the one that was typed, in 1/256.
const NEARLY: [u64; 3] = [256, 96, 32];

/// All groups of a head, in its order. The place of a product counts through all of them.
#[derive(Debug)]
pub struct Search<'a> {
    groups: Vec<&'a SearchGroup>,
    products: u64,
    mean_length: u64,
}

/// What a text finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For each place how well it is found; zero where it is not.
    pub scores: Vec<u32>,
    /// Whether what is found has every word. Where nothing has, it has some of them.
    pub has_every_word: bool,
    /// The text as it was perhaps meant, where words of it are nowhere.
    pub did_you_mean: Option<String>,
}

/// A word of the catalog that stands for one that was typed.
struct Meant {
    distance: u8,
    /// How many products have it.
    count: u64,
    /// The groups that have it.
    places: Vec<(usize, Term)>,
}

impl<'a> Search<'a> {
    /// Searches these groups.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = &'a SearchGroup>) -> Self {
        let groups: Vec<&SearchGroup> = groups.into_iter().collect();
        let products = groups.iter().map(|group| group.len() as u64).sum();
        let length: u64 = groups.iter().flat_map(|group| group.lengths()).map(|length| u64::from(*length)).sum();
        Self { groups, products, mean_length: length.checked_div(products).unwrap_or(0) }
    }

    /// What the text finds. A text without a word finds nothing.
    #[must_use]
    pub fn find(&self, text: &str) -> Found {
        let words = wanted_words(text, MAX_WORDS);
        let places: usize = self.groups.iter().map(|group| group.len()).sum();
        let (mut scores, mut matched) = (vec![0_u32; places], vec![0_usize; places]);
        let (mut meant, mut is_misspelt) = (Vec::with_capacity(words.len()), false);
        for word in &words {
            let stands_for = self.expand(word);
            let nearest = stands_for.iter().min_by_key(|(term, meant)| (meant.distance, Reverse(meant.count), *term));
            is_misspelt |= nearest.is_some_and(|(_, meant)| meant.distance > 0);
            meant.push(nearest.map_or(word.as_str(), |(term, _)| term.as_str()).to_owned());
            for (place, score) in self.score(stands_for.values(), places).into_iter().enumerate() {
                scores[place] += score;
                matched[place] += usize::from(score > 0);
            }
        }
        let has_every_word = matched.contains(&words.len());
        if has_every_word {
            for (score, matched) in scores.iter_mut().zip(&matched) {
                if *matched < words.len() {
                    *score = 0;
                }
            }
        }
        Found { scores, has_every_word, did_you_mean: is_misspelt.then(|| meant.join(" ")) }
    }

    /// The text with its last word completed, and how many products have that word: what most have comes first.
    #[must_use]
    pub fn complete(&self, text: &str, limit: usize) -> Vec<(String, u64)> {
        let mut words = words(text);
        let Some(last) = words.pop() else { return Vec::new() };
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for group in &self.groups {
            let mut stream = group.terms().search(Str::new(&last).starts_with()).into_stream();
            while let Some((term, number)) = stream.next() {
                let Ok(term) = std::str::from_utf8(term) else { continue };
                *found.entry(term.to_owned()).or_default() += Term::new(number).count();
            }
        }
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        found.sort_by_key(|(_, count)| Reverse(*count));
        found.truncate(limit);
        let before = words.join(" ");
        let whole = |term: String| if before.is_empty() { term } else { format!("{before} {term}") };
        found.into_iter().map(|(term, count)| (whole(term), count)).collect()
    }

    /// The words of the catalog that this one may stand for.
    fn expand(&self, word: &str) -> BTreeMap<String, Meant> {
        let mut found: BTreeMap<String, Meant> = BTreeMap::new();
        let mut add = |group: usize, term: &[u8], number: u64, distance: u8| {
            let (Ok(term), number) = (std::str::from_utf8(term), Term::new(number)) else { return };
            let meant = || Meant { distance, count: 0, places: Vec::new() };
            let meant = found.entry(term.to_owned()).or_insert_with(meant);
            meant.count += number.count();
            meant.places.push((group, number));
        };
        let tolerance = tolerance(word);
        let nearly = Nearly::new(word, tolerance);
        for (at, group) in self.groups.iter().enumerate() {
            if tolerance == 0 {
                if let Some(number) = group.terms().get(word) {
                    add(at, word.as_bytes(), number, 0);
                }
                continue;
            }
            let mut stream = group.terms().search_with_state(&nearly).into_stream();
            while let Some((term, number, state)) = stream.next() {
                add(at, term, number, nearly.distance(state));
            }
        }
        found
    }

    /// How well each place is found by the best of these.
    fn score<'m>(&self, meant: impl Iterator<Item = &'m Meant>, places: usize) -> Vec<u32> {
        let firsts: Vec<usize> = self
            .groups
            .iter()
            .scan(0, |first, group| {
                let this = *first;
                *first += group.len();
                Some(this)
            })
            .collect();
        let mut scores = vec![0; places];
        for Meant { distance, count, places } in meant {
            let rarity = rarity(self.products, *count) * NEARLY[usize::from(*distance).min(2)] / NEARLY[0];
            for (group, term) in places {
                let lengths = self.groups[*group].lengths();
                for (place, weight) in self.groups[*group].postings(*term) {
                    let saturation = saturation(u64::from(weight), u64::from(lengths[place]), self.mean_length);
                    let score = u32::try_from(rarity * saturation / NEARLY[0]).unwrap_or(u32::MAX).max(1);
                    let best = &mut scores[firsts[*group] + place];
                    *best = score.max(*best);
                }
            }
        }
        scores
    }
}

#[cfg(test)]
mod tests;
