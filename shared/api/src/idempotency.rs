//! The `Idempotency-Key` header (IETF httpapi draft "The Idempotency-Key HTTP Header Field"), read the same way by edge and
//! origin.

use http::HeaderMap;

use crate::{Problem, headers::IDEMPOTENCY_KEY, limits::MAX_IDEMPOTENCY_KEY};

/// The key of a request: what a Structured Field string holds, or the bare characters, which spell the same key.
///
/// # Errors
/// A 400 where the header is no key or stands more than once. The text is one for all, since some runtimes hand two headers
/// over as one.
pub fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(parse),
        (Some(_), Some(_)) => None,
    };
    let message =
        || format!("must be one key of 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters, bare or in quotes");
    key.map(Some).ok_or_else(|| Problem::invalid("Idempotency-Key", message()))
}

fn parse(value: &str) -> Option<String> {
    let value = value.trim_matches([' ', '\t']);
    let key = match value.strip_prefix('"') {
        Some(rest) => unquoted(rest)?,
        None => value.to_owned(),
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len())).then_some(key)
}

/// The content of a Structured Field string (RFC 9651, section 3.3.3), from after its opening quote.
fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => break,
            '\\' => match letters.next()? {
                escaped @ ('"' | '\\') => key.push(escaped),
                _ => return None,
            },
            plain => key.push(plain),
        }
    }
    letters.next().is_none().then_some(key)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key_of(&headers)
    }

    fn key(values: &[&str]) -> Option<String> {
        read(values).unwrap()
    }

    fn is_refused(values: &[&str]) -> bool {
        read(values).is_err_and(|problem| problem.fields()[0].field == "Idempotency-Key")
    }

    #[test]
    fn quoted_and_bare_spell_the_same_key() {
        assert_eq!(key(&[]), None);
        for spelling in ["8e03978e-40d5", "\"8e03978e-40d5\"", " 8e03978e-40d5\t"] {
            assert_eq!(key(&[spelling]).as_deref(), Some("8e03978e-40d5"), "{spelling}");
        }
        assert_eq!(key(&[r#""a\"b\\c""#]), key(&[r#"a"b\c"#]));
        assert_ne!(key(&["a"]), key(&["b"]));
    }

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        let longest = "k".repeat(255);
        assert_eq!(key(&[&longest]), key(&[&format!("\"{longest}\"")]));
        for bad in ["", "\"\"", " ", "a b", "\"a b\"", "\"a", "\"a\"b", "\"a\\n\"", "é", "\"", "\"\\", &"k".repeat(256)]
        {
            assert!(is_refused(&[bad]), "{bad}");
        }
    }

    #[test]
    fn two_keys_are_refused_in_two_headers_and_in_one() {
        assert!(is_refused(&["a", "b"]) && is_refused(&["a", "a"]));
        assert!(is_refused(&["a, b"]) && is_refused(&["\"a\", \"b\""]));
    }
}
