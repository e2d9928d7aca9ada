//! Cursors: where a list of products goes on that others change meanwhile.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use commerce_domain::ProductId;

use crate::{
    Sort,
    cursor::{CursorError, decode},
};

/// The longest text that is looked at: a name has 255 characters of at most four bytes.
const MAX_LENGTH: usize = 2_048;

/// The last microsecond of the year 9999: prices and ratings are below it, too.
const MAX_NUMBER: i64 = 253_402_300_799_999_999;

/// What a list is sorted by, of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CursorKey {
    /// A time in microseconds, a price in ten-thousandths, or a rating in hundredths.
    Number(i64),
    /// A name.
    Text(String),
}

/// A place in a list of products: behind this one, also after it has gone or changed. Base64url (RFC 4648, section 5, without padding) on
/// the wire, and nobody else's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductCursor {
    /// The order that the list is in.
    pub sort: Sort,
    /// What the list is sorted by, of the product as it was.
    pub key: CursorKey,
    /// The product.
    pub id: ProductId,
}

impl fmt::Display for ProductCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sort, key, id } = self;
        let sort = sort.as_str();
        let text = match key {
            CursorKey::Number(number) => format!("{sort}.{id}.{number}"),
            CursorKey::Text(text) => format!("{sort}.{id}.{text}"),
        };
        f.write_str(&Base64UrlUnpadded::encode_string(text.as_bytes()))
    }
}

impl FromStr for ProductCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let text = decode(text, MAX_LENGTH)?;
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(CursorError);
        let sort = Sort::parse(Some(part()?)).map_err(|_| CursorError)?;
        let id = part()?.parse().map_err(|_| CursorError)?;
        let key = match (sort, part()?) {
            // A database takes no NUL.
            (Sort::Name, name) if name.contains('\0') => return Err(CursorError),
            (Sort::Name, name) => CursorKey::Text(name.to_owned()),
            (_, number) => {
                let number = number.parse().ok().filter(|number| (0..=MAX_NUMBER).contains(number));
                CursorKey::Number(number.ok_or(CursorError)?)
            }
        };
        Ok(Self { sort, key, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8g";

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        for sort in Sort::ALL {
            let keys = match sort {
                Sort::Name => ["", "A. Lamp, 2.0 – é"].map(|name| CursorKey::Text(name.to_owned())),
                _ => [0, MAX_NUMBER].map(CursorKey::Number),
            };
            for key in keys {
                let cursor = ProductCursor { sort, key, id: ID.parse().unwrap() };
                let text = cursor.to_string();
                assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
                assert_eq!(text.parse(), Ok(cursor));
            }
        }
        let longest = CursorKey::Text("\u{1f6b2}".repeat(255));
        let cursor = ProductCursor { sort: Sort::Name, key: longest, id: ID.parse().unwrap() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let encode = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
        for text in [
            String::new(),
            "!".to_owned(),
            "a".repeat(MAX_LENGTH + 4),
            encode(format!("price_asc.{ID}")),
            encode(format!("price_asc.{ID}.9.5")),
            encode(format!("price.{ID}.1")),
            encode(format!("newest.{ID}.-1")),
            encode(format!("newest.{ID}.{}", MAX_NUMBER + 1)),
            encode(format!("name.{ID}.a\0")),
            encode("newest.order_01h4vjdvzefw18zfwz5dxw5y8g.1".to_owned()),
        ] {
            assert_eq!(text.parse::<ProductCursor>(), Err(CursorError), "{text}");
        }
    }
}
