//! How values are spelled in cells. A cell that means the same as our own spelling (`75` and `75.00`, `TRUE` and `true`) is kept
//! word for word beside the value, and is written again for as long as it still means the value.

use commerce_domain::Money;
use rust_decimal::Decimal;

use super::columns::{
    GRAMS, IMAGE_POSITION, NO_OPTION, OPTION_NAMES, OPTION_VALUES, POLICY, PRICE, PUBLISHED, QUANTITY, TAGS, TYPE,
};
use crate::catalog::{
    entry::{EntryCategory, Extra},
    rules::{self, Reason},
};

/// A plain decimal number: digits, at most one point, no sign but a minus.
pub(super) fn decimal(cell: &str) -> Result<Decimal, Reason> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if plain { Decimal::from_str_exact(cell).ok() } else { None };
    number.ok_or_else(|| format!("{cell:?} is no plain decimal number"))
}

/// A whole number. Empty means zero.
pub(super) fn whole(cell: &str) -> Result<i64, Reason> {
    if cell.is_empty() {
        return Ok(0);
    }
    cell.parse().ok().filter(|_| !cell.starts_with('+')).ok_or_else(|| format!("{cell:?} is no whole number"))
}

/// Grams: a number of which the fraction is rounded away; empty means unknown.
pub(super) fn grams(cell: &str) -> Result<Option<u32>, Reason> {
    if cell.is_empty() {
        return Ok(None);
    }
    let rounded = decimal(cell)?.round();
    let grams = u32::try_from(rounded).map_err(|_| "must not be negative".to_owned())?;
    rules::grams(grams).map(|()| Some(grams))
}

/// `true` or `false` in any case; empty means true.
pub(super) fn flag(cell: &str) -> Result<bool, Reason> {
    match cell.to_ascii_lowercase().as_str() {
        "true" | "" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{cell:?} is neither true nor false")),
    }
}

/// Whether more may be sold than there is: `continue` or `deny`; empty means deny.
pub(super) fn policy(cell: &str) -> Result<bool, Reason> {
    match cell.to_ascii_lowercase().as_str() {
        "continue" => Ok(true),
        "deny" | "" => Ok(false),
        _ => Err(format!("{cell:?} is neither deny nor continue")),
    }
}

/// The place of an image, from 1; empty means behind the one before.
pub(super) fn position(cell: &str) -> Result<Option<u32>, Reason> {
    if cell.is_empty() {
        return Ok(None);
    }
    let place = cell.parse().ok().filter(|place| (1..=100_000).contains(place));
    place.map(Some).ok_or_else(|| format!("{cell:?} is no place from 1 on"))
}

/// Our spelling of a price: all decimals of its currency.
pub(super) fn price(price: Money) -> String {
    price.amount().to_string()
}

/// The title of the category as a cell that leads to the same category again.
pub(super) fn category(category: &EntryCategory) -> &str {
    let own = EntryCategory::titled(&category.name).slug == category.slug;
    if own { &category.name } else { category.slug.as_str() }
}

/// Keeps the cell if it is not our spelling of the value.
pub(super) fn keep(extra: &mut Extra, column: &str, raw: &str, ours: &str) {
    if raw != ours {
        extra.insert(column.to_owned(), raw.to_owned());
    }
}

/// The cell to write: as it was kept, if that still means the value, else our spelling.
pub(super) fn spell(extra: &Extra, column: &str, ours: String) -> String {
    match extra.get(column) {
        Some(kept) if means_the_same(column, kept, &ours) => kept.clone(),
        _ => ours,
    }
}

fn means_the_same(column: &str, kept: &str, ours: &str) -> bool {
    let kept = kept.trim();
    match column {
        TYPE => EntryCategory::titled(kept).slug == EntryCategory::titled(ours).slug,
        TAGS => same(kept, ours, |cell| rules::tags(cell.split(','))),
        PUBLISHED => same(kept, ours, flag),
        GRAMS => same(kept, ours, grams),
        QUANTITY => same(kept, ours, whole),
        POLICY => same(kept, ours, policy),
        PRICE => same(kept, ours, decimal),
        IMAGE_POSITION => kept.is_empty() || same(kept, ours, position),
        _ if kept.is_empty() && column == OPTION_NAMES[0] => ours == NO_OPTION.0,
        _ if kept.is_empty() && column == OPTION_VALUES[0] => ours == NO_OPTION.1,
        _ => kept == ours,
    }
}

fn same<T: PartialEq>(kept: &str, ours: &str, read: impl Fn(&str) -> Result<T, Reason>) -> bool {
    matches!((read(kept), read(ours)), (Ok(kept), Ok(ours)) if kept == ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain() {
        for bad in ["", "1e3", "1,000", "+1", "0x1", ".5", "1.2.3", "NaN", "--1", " 1", "-"] {
            assert!(decimal(bad).is_err(), "{bad}");
        }
        assert_eq!(decimal("75.50").unwrap(), Decimal::new(755, 1));
        for bad in ["1.5", "+1", "x", "99999999999999999999"] {
            assert!(whole(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cell_is_written_as_it_came_until_the_value_changes() {
        for (column, cell, ours, other) in [
            (PRICE, "75", "75.00", "80.00"),
            (PUBLISHED, "TRUE", "true", "false"),
            (TAGS, "Pot, Plants", "pot, plants", "pot"),
            (TYPE, "", "Uncategorized", "Indoor"),
            (GRAMS, "28.35", "28", "29"),
            (QUANTITY, "", "0", "3"),
            (POLICY, "", "deny", "continue"),
            (OPTION_NAMES[0], "", "Title", "Size"),
        ] {
            let mut extra = Extra::new();
            keep(&mut extra, column, cell, ours);
            assert_eq!(spell(&extra, column, ours.to_owned()), cell, "{column}");
            assert_eq!(spell(&extra, column, other.to_owned()), other, "{column}");
        }
    }

    #[test]
    fn our_own_spelling_is_not_kept() {
        let mut extra = Extra::new();
        keep(&mut extra, PRICE, "75.00", "75.00");
        assert!(extra.is_empty());
    }
}
