//! Query strings: read once, written in one way.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Problem;

/// What RFC 3986 (section 2.3) calls unreserved stays as it is, everything else is encoded: the form that SigV4 signs.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a query, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query string; `+` is a space (application/x-www-form-urlencoded).
    ///
    /// # Errors
    /// A 400 where a name or a value is not UTF-8.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, Problem>>().map(Self)
    }

    /// The value of `name`, if it was given.
    ///
    /// # Errors
    /// A 400 where it was given twice.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Problem::invalid(name, "must be given once")),
        }
    }

    /// All values of `name`, in the order given.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names that were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Adds a parameter.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The parameters sorted by name and value, encoded one way, without the question mark.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort();
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| Problem::invalid("query", "must be UTF-8"))
}

fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Query::parse(text).unwrap().canonical()
    }

    #[test]
    fn spellings_of_one_query_become_one() {
        for spelling in ["b=2&a=x+y", "a=x%20y&b=2", "&&a=x%20y&b=%32&"] {
            assert_eq!(canonical(spelling), "a=x%20y&b=2", "{spelling}");
        }
        assert_eq!(canonical("a"), "a=");
        assert_eq!(canonical("a==&%26=é"), "%26=%C3%A9&a=%3D");
        assert_eq!(canonical(""), "");
    }

    #[test]
    fn a_parameter_is_read_once_or_refused() {
        let query = Query::parse("page=2&limit=&limit=3").unwrap();
        assert_eq!(query.one("page").unwrap(), Some("2"));
        assert_eq!(query.one("sort").unwrap(), None);
        assert!(query.one("limit").is_err());
        assert!(Query::parse("a=%ff").is_err());
    }
}
