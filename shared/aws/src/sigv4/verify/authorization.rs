//! The `authorization` header of a signed request, taken apart.

use http::{HeaderMap, HeaderName, header};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{VerifyError, single};

const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const MAX_LENGTH: usize = 4096;
const MAX_SIGNED_HEADERS: usize = 64;

/// `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<a;b>, Signature=<hex>`
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// 64 lower-case hexadecimal digits.
    pub(super) signature: &'a str,
    signed_headers: &'a str,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(headers: &'a HeaderMap) -> Result<Self, VerifyError> {
        let value = single(headers, &header::AUTHORIZATION, "authorization")?.ok_or(VerifyError::MissingSignature)?;
        let fields = value.strip_prefix(ALGORITHM).ok_or(VerifyError::MissingSignature)?;
        if value.len() > MAX_LENGTH {
            return Err(VerifyError::Malformed("authorization"));
        }
        Self::parse_fields(fields).ok_or(VerifyError::Malformed("authorization"))
    }

    fn parse_fields(fields: &'a str) -> Option<Self> {
        let mut fields = fields.split(',').map(str::trim);
        let mut credential = fields.next()?.strip_prefix("Credential=")?.split('/');
        let signed_headers = fields.next()?.strip_prefix("SignedHeaders=")?;
        let signature = fields.next()?.strip_prefix("Signature=")?;
        let parsed = Self {
            access_key_id: credential.next()?,
            date: credential.next()?,
            region: credential.next()?,
            service: credential.next()?,
            signature,
            signed_headers,
        };
        let ends = credential.next() == Some("aws4_request") && credential.next().is_none() && fields.next().is_none();
        (ends && parsed.date.len() == 8 && is_signature(signature) && are_names(signed_headers)).then_some(parsed)
    }

    /// The names of the headers that the signature covers: lower case, ascending, distinct.
    pub(super) fn signed_headers(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.signed_headers.split(';')
    }

    pub(super) fn covers(&self, name: &HeaderName) -> bool {
        self.signed_headers().any(|signed| signed == name.as_str())
    }
}

fn is_signature(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn are_names(list: &str) -> bool {
    let names: Vec<&str> = list.split(';').take(MAX_SIGNED_HEADERS + 1).collect();
    names.len() <= MAX_SIGNED_HEADERS
        && names.is_sorted_by(|a, b| a < b)
        && names.iter().all(|name| {
            // A signature cannot cover the header that carries it.
            *name != header::AUTHORIZATION.as_str()
                && !name.bytes().any(|byte| byte.is_ascii_uppercase())
                && HeaderName::from_bytes(name.as_bytes()).is_ok()
        })
}

/// The instant that `YYYYMMDD'T'HHMMSS'Z'` stands for.
pub(super) fn parse_amz_date(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shape_is_right = bytes.len() == 16
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    if !shape_is_right {
        return None;
    }
    let two = |index: usize| text[index..index + 2].parse::<i8>().ok();
    let year = text[..4].parse::<i16>().ok()?;
    let civil = DateTime::new(year, two(4)?, two(6)?, two(9)?, two(11)?, two(13)?, 0).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_has_one_spelling() {
        assert_eq!(parse_amz_date("20150830T123600Z").unwrap().to_string(), "2015-08-30T12:36:00Z");
        for text in ["20150830T123600", "2015-08-30T12:36", "20151330T123600Z", "20150830t123600Z", "+0150830T123600Z"]
        {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }

    #[test]
    fn signed_headers_must_be_sorted_distinct_and_lower_case() {
        assert!(are_names("content-type;host;x-amz-date"));
        for list in ["", "host;", "x-amz-date;host", "host;host", "Host", "authorization;host", "ho st"] {
            assert!(!are_names(list), "{list}");
        }
        let many: Vec<String> = (0..=MAX_SIGNED_HEADERS).map(|index| format!("x-{index:03}")).collect();
        assert!(!are_names(&many.join(";")) && are_names(&many[1..].join(";")));
    }
}
