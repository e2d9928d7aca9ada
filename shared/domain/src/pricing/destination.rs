//! Where things go, and the places that rules are made for.

use std::cmp::Reverse;

use super::state::{compared, folded, is_state};

/// Where something goes, as far as rules look at it. The default is a place of which nothing is known: only rules for anywhere
/// cover it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    country: String,
    state: String,
    zip: String,
}

/// What a rule covers: anywhere, a country, one of its states, or the postal codes that begin in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    country: Option<String>,
    state: Option<String>,
    zip_prefix: Option<String>,
}

/// What does not make a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The country is no code.
    #[error("must be two capital letters (ISO 3166-1)")]
    Country,
    /// The state is empty, or of no country.
    #[error("must not be empty, and needs a country")]
    State,
    /// The beginning of the postal code is empty, or of no country.
    #[error("must not be empty, and needs a country")]
    ZipPrefix,
}

impl Destination {
    /// The place with this country (ISO 3166-1, two capital letters), state or province, and postal code.
    ///
    /// States and postal codes are compared without regard to case, spaces and hyphens: `sw1a 1aa` is `SW1A1AA`. The states of the
    /// US and of Canada are compared by their codes: `California` is `CA`.
    #[must_use]
    pub fn new(country: &str, state: Option<&str>, zip: Option<&str>) -> Self {
        let state = state.map_or_else(String::new, |state| compared(country, state));
        Self { country: country.to_owned(), state, zip: folded(zip.unwrap_or("")) }
    }

    /// Whether its state is one of the country's, as far as that is known.
    pub(super) fn is_in_a_state(&self) -> bool {
        is_state(&self.country, &self.state)
    }
}

impl Place {
    /// The place that covers every destination.
    #[must_use]
    pub fn anywhere() -> Self {
        Self::default()
    }

    /// The place with this country, state and beginning of the postal code. What is absent may be anything.
    ///
    /// # Errors
    /// [`PlaceError`] names the first part that cannot be meant.
    pub fn new(country: Option<&str>, state: Option<&str>, zip_prefix: Option<&str>) -> Result<Self, PlaceError> {
        let is_code = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if country.is_some_and(|code| !is_code(code)) {
            return Err(PlaceError::Country);
        }
        let part = |part: Option<String>, wrong| {
            let is_wrong = part.as_ref().is_some_and(|part| part.is_empty() || country.is_none());
            if is_wrong { Err(wrong) } else { Ok(part) }
        };
        Ok(Self {
            state: part(state.map(|state| compared(country.unwrap_or_default(), state)), PlaceError::State)?,
            zip_prefix: part(zip_prefix.map(folded), PlaceError::ZipPrefix)?,
            country: country.map(str::to_owned),
        })
    }

    /// Whether this is a place in a state of the destination's country.
    pub(super) fn divides(&self, to: &Destination) -> bool {
        self.state.is_some() && self.country.as_ref() == Some(&to.country)
    }

    /// Whether the destination is in the state that this is in, or is.
    pub(super) fn is_in_state_of(&self, to: &Destination) -> bool {
        self.divides(to) && self.state.as_ref() == Some(&to.state)
    }

    fn covers(&self, to: &Destination) -> bool {
        self.country.as_ref().is_none_or(|country| *country == to.country)
            && self.state.as_ref().is_none_or(|state| *state == to.state)
            && self.zip_prefix.as_ref().is_none_or(|prefix| to.zip.starts_with(prefix))
    }

    /// Greater for the place that says more: the longer beginning of a postal code first, then a state, then a country. Two
    /// places that cover a destination and say as much are the same place.
    fn precision(&self) -> (usize, bool, bool) {
        (self.zip_prefix.as_ref().map_or(0, String::len), self.state.is_some(), self.country.is_some())
    }
}

/// The one of `zones` that is made for the destination: of those whose place covers it, the one that says most.
pub(super) fn made_for<'a, T>(zones: &'a [T], place: impl Fn(&T) -> &Place, to: &Destination) -> Option<&'a T> {
    zones.iter().filter(|zone| place(zone).covers(to)).min_by_key(|zone| Reverse(place(zone).precision()))
}
