//! How values are spelled in cells. A cell that means the same as our own spelling (`75` and `75.00`, `TRUE` and `true`) is kept
//! word for word beside the value, and is written again for as long as it still means the value.

use commerce_domain::Money;
use rust_decimal::Decimal;

use super::columns::{
    GRAMS, IMAGE_POSITION, OPTION_NAMES, OPTION_VALUES, POLICY, PRICE, PUBLISHED, QUANTITY, STATUS, TAGS, TYPE,
};
use crate::catalog::{
    entry::{CatalogEntry, EntryCategory, EntryImage, Extra},
    rules::{self, MAX_GRAMS, NO_OPTION, Reason},
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

/// Pieces in stock: a whole number. What a shop has sold beyond its stock is nothing that it has.
pub(super) fn quantity(cell: &str) -> Result<i64, Reason> {
    whole(cell).map(|pieces| pieces.max(0))
}

/// Grams: a number of which the fraction is rounded away; empty means unknown.
pub(super) fn grams(cell: &str) -> Result<Option<u32>, Reason> {
    if cell.is_empty() {
        return Ok(None);
    }
    let rounded = decimal(cell)?.round();
    if rounded.is_sign_negative() && !rounded.is_zero() {
        return Err("must not be negative".to_owned());
    }
    let grams = u32::try_from(rounded).unwrap_or(MAX_GRAMS + 1);
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

/// Whether a product in this state is shown: only an active one is; empty means active.
pub(super) fn is_active(cell: &str) -> bool {
    matches!(cell.trim().to_ascii_lowercase().as_str(), "active" | "")
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

/// The cells of [`PUBLISHED`] and [`STATUS`], which say together whether shoppers see the product: as they were kept, if they
/// still say so.
pub(super) fn visibility(entry: &CatalogEntry) -> (String, String) {
    let says = |cell: &str| flag(cell.trim()) == Ok(true);
    let status = entry.extra.get(STATUS).cloned().unwrap_or_default();
    let flagged = match entry.extra.get(PUBLISHED) {
        Some(kept) if flag(kept.trim()).is_ok() => kept.clone(),
        _ => entry.published.to_string(),
    };
    match (entry.published, says(&flagged), is_active(&status)) {
        (false, true, true) => (false.to_string(), status),
        (true, false, true) => (true.to_string(), status),
        (true, true, false) => (flagged, "active".to_owned()),
        (true, false, false) => (true.to_string(), "active".to_owned()),
        _ => (flagged, status),
    }
}

/// The cells of [`IMAGE_POSITION`]: as they were kept, if they still put all images in their order; else 1, 2, 3 and so on.
pub(super) fn positions(images: &[EntryImage]) -> Vec<String> {
    let ours = || (1..=images.len()).map(|place| place.to_string());
    let kept = ours().zip(images).map(|(ours, image)| image.extra.get(IMAGE_POSITION).cloned().unwrap_or(ours));
    let (cells, mut last): (Vec<String>, _) = (kept.collect(), 1);
    let in_order = cells.iter().all(|cell| {
        let place = position(cell.trim()).map_or(0, |place| place.unwrap_or(last));
        let follows = place >= last;
        last = place;
        follows
    });
    if in_order { cells } else { ours().collect() }
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
        GRAMS => same(kept, ours, grams),
        QUANTITY => same(kept, ours, quantity),
        POLICY => same(kept, ours, policy),
        PRICE => same(kept, ours, decimal),
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
            (TAGS, "Pot, Plants", "pot, plants", "pot"),
            (TYPE, "", "Uncategorized", "Indoor"),
            (GRAMS, "28.35", "28", "29"),
            (QUANTITY, "", "0", "3"),
            (QUANTITY, "-4", "0", "3"),
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
    fn a_weight_is_neither_negative_nor_beyond_all_scales() {
        assert_eq!(grams("-1").unwrap_err(), "must not be negative");
        assert_eq!(grams("5000000000").unwrap_err(), "must be from 0 to 10000000 grams");
        assert_eq!((grams("-0.2"), grams("10000000")), (Ok(Some(0)), Ok(Some(10_000_000))));
    }

    #[test]
    fn our_own_spelling_is_not_kept() {
        let mut extra = Extra::new();
        keep(&mut extra, PRICE, "75.00", "75.00");
        assert!(extra.is_empty());
    }
}
