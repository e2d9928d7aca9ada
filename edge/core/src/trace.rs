//! The trace that a request belongs to.

use commerce_api::headers::TRACEPARENT;
use http::{HeaderMap, HeaderValue};

/// How long the parts of a `traceparent` are, in hexadecimal digits: version, trace, parent, flags.
const PARTS: [usize; 4] = [2, 32, 16, 2];

/// The `traceparent` (W3C Trace Context, section 3.2), where there is one that is valid. Anything else begins a new trace, and
/// goes neither into the log nor to the origin.
pub(crate) fn parent(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    is_valid(value.to_str().ok()?).then_some(value)
}

fn is_valid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let hexadecimal = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    lengths == PARTS
        && parts.iter().all(|part| hexadecimal(part))
        && parts[0] != "ff"
        && !is_zero(parts[1])
        && !is_zero(parts[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_what_the_standard_calls_valid_is_taken_over() {
        let parent_of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(TRACEPARENT, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            parent(&headers).cloned()
        };
        assert_eq!(parent_of(&[GOOD]).unwrap(), GOOD);
        assert!(parent_of(&[&GOOD.replace("00-4", "cc-4")]).is_some(), "a later version");
        let two = format!("{GOOD}, {GOOD}");
        let bad = [
            "",
            "00",
            "drop table",
            "é",
            &GOOD[..54],
            &format!("{GOOD}-00"),
            &GOOD.to_uppercase(),
            &GOOD.replace("00-4", "ff-4"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &two,
        ];
        for value in bad {
            assert_eq!(parent_of(&[value]), None, "{value}");
        }
        assert_eq!(parent_of(&[GOOD, GOOD]), None);
        assert_eq!(parent_of(&[]), None);
    }
}
