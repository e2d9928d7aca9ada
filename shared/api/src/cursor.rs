//! Cursors: where a list goes on that others add to meanwhile.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use commerce_domain::OrderId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    page::{Page, limit_of},
    problem::Problem,
};

/// The longest text that is looked at: a cursor of ours is shorter.
const MAX_LENGTH: usize = 128;

/// A place in a list of orders that goes from the newest to the oldest: behind this order. Base64url (RFC 4648, section 5, without
/// padding) on the wire, and nobody else's business. It needs no signature: it says nothing but a place, and whose orders are
/// listed is not its to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderCursor {
    /// When the order was placed, to the microsecond.
    pub created_at: Timestamp,
    /// The order.
    pub id: OrderId,
}

impl fmt::Display for OrderCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{}", self.created_at.as_microsecond(), self.id);
        f.write_str(&Base64UrlUnpadded::encode_string(text.as_bytes()))
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl FromStr for OrderCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let text = decode(text, MAX_LENGTH)?;
        let (at, id) = text.split_once('.').ok_or(CursorError)?;
        let micros = at.parse().map_err(|_| CursorError)?;
        Ok(Self {
            created_at: Timestamp::from_microsecond(micros).map_err(|_| CursorError)?,
            id: id.parse().map_err(|_| CursorError)?,
        })
    }
}

/// What a cursor of at most so many bytes says.
pub(crate) fn decode(text: &str, max_length: usize) -> Result<String, CursorError> {
    let bytes = if text.len() > max_length { None } else { Base64UrlUnpadded::decode_vec(text).ok() };
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(CursorError)
}

/// Which part of a list of orders was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderSlice {
    /// By number.
    Page(Page),
    /// What comes behind an order, at most so many.
    After(OrderCursor, u32),
}

impl OrderSlice {
    /// Reads `page`, `cursor` and `limit` as they stand in a query.
    ///
    /// # Errors
    /// A 400 that names the field; also where page and cursor are both there.
    pub fn parse(page: Option<&str>, cursor: Option<&str>, limit: Option<&str>) -> Result<Self, Problem> {
        let Some(cursor) = cursor else { return Page::parse(page, limit).map(Self::Page) };
        if page.is_some() {
            return Err(Problem::invalid("cursor", "must not stand beside page"));
        }
        let cursor = cursor.parse().map_err(|_| Problem::invalid("cursor", "is not a cursor of this list"))?;
        Ok(Self::After(cursor, limit_of(limit)?))
    }

    /// The most that it holds.
    #[must_use]
    pub fn limit(self) -> u32 {
        match self {
            Self::Page(page) => page.limit,
            Self::After(_, limit) => limit,
        }
    }
}

/// Where a slice of a list stands in the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlicePagination {
    /// From 1; absent where a cursor was asked for, which knows no numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u32>,
    /// Rows at most.
    pub limit: u32,
    /// Rows in the whole list; absent where a cursor was asked for: the first page has told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<u64>,
    /// Pages in the whole list; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total_pages: Option<u64>,
    /// What to ask for next, as `cursor`; null at the end.
    pub next_cursor: Option<String>,
}

impl SlicePagination {
    /// The place of `slice` in a list of `total` rows, where they were counted. `next` is where the list goes on.
    #[must_use]
    pub fn new(slice: OrderSlice, total: Option<u64>, next: Option<OrderCursor>) -> Self {
        let page = match slice {
            OrderSlice::Page(page) => Some(page.page),
            OrderSlice::After(..) => None,
        };
        let limit = slice.limit();
        let total_pages = total.map(|total| total.div_ceil(u64::from(limit)));
        Self { page, limit, total, total_pages, next_cursor: next.map(|next| next.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> OrderCursor {
        let created_at = "2024-01-21T11:00:00.123456Z".parse().unwrap();
        OrderCursor { created_at, id: "order_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap() }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let text = cursor().to_string();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        assert_eq!(text.parse(), Ok(cursor()));
        assert_eq!(OrderSlice::parse(None, Some(&text), Some("7")), Ok(OrderSlice::After(cursor(), 7)));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let id = cursor().id;
        let bad = [
            String::new(),
            "!".to_owned(),
            format!("{}=", cursor()),
            "a".repeat(MAX_LENGTH + 4),
            encode("1"),
            encode(&format!("x.{id}")),
            encode(&format!("99999999999999999999.{id}")),
            encode("1.prod_01h4vjdvzefw18zfwz5dxw5y8g"),
        ];
        for text in bad {
            assert_eq!(text.parse::<OrderCursor>(), Err(CursorError), "{text}");
            assert!(OrderSlice::parse(None, Some(&text), None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_and_a_cursor_exclude_each_other() {
        let text = cursor().to_string();
        assert!(OrderSlice::parse(Some("1"), Some(&text), None).is_err());
        assert!(OrderSlice::parse(None, Some(&text), Some("101")).is_err());
        assert_eq!(OrderSlice::parse(Some("2"), None, None), Page::parse(Some("2"), None).map(OrderSlice::Page));
    }
}
