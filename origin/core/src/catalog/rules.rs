//! What a product may look like, whoever brings it: the API, a file, the generator. One function per value, so that each
//! caller names the field in its own words.

use std::collections::BTreeMap;

use commerce_api::{Amount, limits::MAX_TEXT};
use commerce_domain::{Currency, Money, MoneyError};
use rust_decimal::Decimal;

use super::{
    entry::{CatalogEntry, Extra},
    ndjson::line_bytes,
    shopify::columns::TYPE,
};

/// The longest name, handle, brand, SKU, option name, option value and tag, in characters.
pub const MAX_NAME: usize = 255;
/// The longest description, in characters. Lists show the first [`MAX_TEXT`] of them.
pub const MAX_DESCRIPTION: usize = 100_000;
/// The largest product, in bytes of its line of NDJSON without its numbers and the name of its category (1 MiB).
pub const MAX_PRODUCT_BYTES: usize = 1024 * 1024;
/// The largest row or line of a file, in bytes: those have room, so that no product outgrows the files that carry it.
pub const MAX_ROW_BYTES: usize = MAX_PRODUCT_BYTES + 64 * 1024;
/// The most cells without a place of their own, and the most kept spellings, of one product, variant or image.
pub const MAX_EXTRA: usize = 256;
/// The longest such cell, in characters.
pub const MAX_EXTRA_CELL: usize = 65_536;
/// The longest image URL, in characters.
pub const MAX_URL: usize = 2048;
/// The most images a product has.
pub const MAX_IMAGES: usize = 250;
/// The most tags a product has.
pub const MAX_TAGS: usize = 250;
/// The most options a variant has.
pub const MAX_OPTIONS: usize = 3;
/// The most specifications a product has.
pub const MAX_SPECIFICATIONS: usize = 100;
/// The largest stock and the largest backorder limit of a variant.
pub const MAX_STOCK: i64 = 1_000_000;
/// The heaviest variant, in grams.
pub const MAX_GRAMS: u32 = 10_000_000;
/// The option that Shopify gives a product without options, and its value.
pub const NO_OPTION: (&str, &str) = ("Title", "Default Title");

/// Why a value is refused, as a phrase that follows the field's name.
pub type Reason = String;

/// Checks a name: what remains without outer white space has 1 to [`MAX_NAME`] characters.
///
/// # Errors
/// The reason.
pub fn name(text: &str) -> Result<(), Reason> {
    length(text.trim(), 1, MAX_NAME)
}

/// Checks a free text: at most [`MAX_TEXT`] characters.
///
/// # Errors
/// The reason.
pub fn free_text(text: &str) -> Result<(), Reason> {
    length(text, 0, MAX_TEXT)
}

/// Checks a description: at most [`MAX_DESCRIPTION`] characters.
///
/// # Errors
/// The reason.
pub fn description(text: &str) -> Result<(), Reason> {
    length(text, 0, MAX_DESCRIPTION)
}

/// Checks a file's column name: not blank, at most [`MAX_NAME`] characters.
///
/// # Errors
/// The reason.
pub fn column(name: &str) -> Result<(), Reason> {
    if name.trim().is_empty() { Err("has no name".to_owned()) } else { length(name, 1, MAX_NAME) }
}

/// Checks a file's cell that is kept word for word: at most [`MAX_EXTRA_CELL`] characters.
///
/// # Errors
/// The reason.
pub fn cell(text: &str) -> Result<(), Reason> {
    length(text, 0, MAX_EXTRA_CELL)
}

/// Checks kept cells: at most [`MAX_EXTRA`], each with the name of its column.
///
/// # Errors
/// The reason.
pub fn extra(extra: &Extra) -> Result<(), Reason> {
    if extra.len() > MAX_EXTRA {
        return Err(format!("has more than {MAX_EXTRA} entries"));
    }
    for (name, text) in extra {
        column(name).map_err(|reason| format!("has a column that {reason}"))?;
        cell(text).map_err(|reason| format!("has a cell {name:?} that {reason}"))?;
    }
    Ok(())
}

/// Checks that a product is not too large as a whole: at most [`MAX_PRODUCT_BYTES`]. What changes without the product, such as
/// its stock, is not counted.
///
/// # Errors
/// The reason.
pub fn size(entry: &CatalogEntry) -> Result<(), Reason> {
    let mut steady = CatalogEntry { rating: Decimal::ZERO, review_count: 0, ..entry.clone() };
    steady.category.name.clear();
    steady.extra.remove(TYPE);
    for variant in &mut steady.variants {
        variant.price = Money::zero(entry.currency);
        (variant.stock, variant.weight_grams, variant.backorder_limit) = (0, None, 0);
    }
    if line_bytes(&steady) <= MAX_PRODUCT_BYTES {
        Ok(())
    } else {
        Err(format!("is larger than {MAX_PRODUCT_BYTES} bytes"))
    }
}

/// Checks the URL of an image: http or https, at most [`MAX_URL`] visible characters.
///
/// # Errors
/// The reason.
pub fn image_url(text: &str) -> Result<(), Reason> {
    length(text, 1, MAX_URL)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plausible =
        host.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '['));
    if plausible && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        Ok(())
    } else {
        Err("must be an http or https URL".to_owned())
    }
}

/// Checks stock on hand or a backorder limit: 0 to [`MAX_STOCK`].
///
/// # Errors
/// The reason.
pub fn count(number: i64) -> Result<(), Reason> {
    if (0..=MAX_STOCK).contains(&number) { Ok(()) } else { Err(format!("must be from 0 to {MAX_STOCK}")) }
}

/// Checks a weight: at most [`MAX_GRAMS`].
///
/// # Errors
/// The reason.
pub fn grams(number: u32) -> Result<(), Reason> {
    if number <= MAX_GRAMS { Ok(()) } else { Err(format!("must be from 0 to {MAX_GRAMS} grams")) }
}

/// The price that an amount is in a currency; zero is a price, less is none.
///
/// # Errors
/// The reason.
pub fn price(amount: Decimal, currency: Currency) -> Result<Money, Reason> {
    not_negative(Money::new(amount, currency), currency)
}

/// As [`price`], for an amount on the wire.
///
/// # Errors
/// The reason.
pub fn amount(amount: Amount, currency: Currency) -> Result<Money, Reason> {
    not_negative(amount.in_currency(currency), currency)
}

fn not_negative(outcome: Result<Money, MoneyError>, currency: Currency) -> Result<Money, Reason> {
    match outcome {
        Ok(money) if money.is_negative() => Err("must not be negative".to_owned()),
        Ok(money) => Ok(money),
        Err(error) => Err(money_reason(error, currency)),
    }
}

fn money_reason(error: MoneyError, currency: Currency) -> Reason {
    match error {
        MoneyError::TooManyDecimals => format!("{currency} has at most {} decimals", currency.exponent()),
        other => other.to_string(),
    }
}

/// The options of one variant as they are stored: without outer white space, and none where the only one is [`NO_OPTION`].
/// There are at most [`MAX_OPTIONS`], named differently, no part empty or too long.
///
/// # Errors
/// The reason.
pub fn options<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<(String, String)>, Reason> {
    let options: Vec<(&str, &str)> = given.into_iter().map(|(name, value)| (name.trim(), value.trim())).collect();
    if options == [NO_OPTION] {
        return Ok(Vec::new());
    }
    if options.len() > MAX_OPTIONS {
        return Err(format!("has more than {MAX_OPTIONS} options"));
    }
    for (index, (option, value)) in options.iter().enumerate() {
        name(option).map_err(|reason| format!("option name {reason}"))?;
        name(value).map_err(|reason| format!("option value {reason}"))?;
        if options[..index].iter().any(|(earlier, _)| earlier == option) {
            return Err(format!("names the option {option:?} twice"));
        }
    }
    Ok(options.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Checks specifications: at most [`MAX_SPECIFICATIONS`], names of 1 to 255 and values of at most 1,000 characters.
///
/// # Errors
/// The reason.
pub fn specifications(specifications: &BTreeMap<String, String>) -> Result<(), Reason> {
    if specifications.len() > MAX_SPECIFICATIONS {
        return Err(format!("has more than {MAX_SPECIFICATIONS} entries"));
    }
    for (key, value) in specifications {
        name(key).map_err(|reason| format!("has a name that {reason}"))?;
        length(value, 0, 1000).map_err(|reason| format!("has a value that {reason}"))?;
    }
    Ok(())
}

/// Labels as they are stored: without outer white space, lower case, none empty, none twice, in the order given.
///
/// # Errors
/// The reason.
pub fn tags<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, Reason> {
    let mut tags: Vec<String> = Vec::new();
    for tag in given {
        let tag = tag.trim().to_lowercase();
        if tag.is_empty() || tags.contains(&tag) {
            continue;
        }
        length(&tag, 1, MAX_NAME).map_err(|reason| format!("has a tag that {reason}"))?;
        if tag.contains(',') {
            return Err("has a tag with a comma".to_owned());
        }
        tags.push(tag);
    }
    if tags.len() > MAX_TAGS { Err(format!("has more than {MAX_TAGS} tags")) } else { Ok(tags) }
}

/// Checks the length in characters, and that the text has no NUL, which PostgreSQL cannot store.
fn length(text: &str, min: usize, max: usize) -> Result<(), Reason> {
    if text.contains('\0') {
        return Err("must not contain a NUL character".to_owned());
    }
    // A text of at most `max` bytes has at most `max` characters: only longer ones are counted.
    if text.len() > max && text.chars().count() > max {
        return Err(format!("must have at most {max} characters"));
    }
    if text.len() < min { Err("must not be empty".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
