//! The rows of one product, put together.

use commerce_domain::Currency;

use super::{
    columns::{
        BACKORDER_LIMIT, BODY, CURRENCY, GRAMS, IMAGE_ALT, IMAGE_POSITION, IMAGE_SRC, OPTION_NAMES, OPTION_VALUES,
        Owner, POLICY, PRICE, PUBLISHED, QUANTITY, RATING, REVIEW_COUNT, SKU, SPECIFICATIONS, STATUS, TAGS, TITLE,
        TYPE, VENDOR,
    },
    parts,
    row::{Faults, Row},
    spelling::keep,
};
use crate::catalog::{
    entry::{CatalogEntry, EntryImage, EntryVariant, Extra},
    report::{ReadEntry, RowFault},
    rules::{self, MAX_IMAGES, MAX_PRODUCT_BYTES},
};

/// What only the first row of a product says.
const FIRST_ROW_ONLY: [&str; 14] = [
    TITLE,
    BODY,
    VENDOR,
    TYPE,
    TAGS,
    PUBLISHED,
    STATUS,
    OPTION_NAMES[0],
    OPTION_NAMES[1],
    OPTION_NAMES[2],
    CURRENCY,
    RATING,
    REVIEW_COUNT,
    SPECIFICATIONS,
];
/// What only a row with a price may say.
const VARIANT_ONLY: [&str; 8] =
    [OPTION_VALUES[0], OPTION_VALUES[1], OPTION_VALUES[2], SKU, GRAMS, QUANTITY, POLICY, BACKORDER_LIMIT];

/// A product in the making.
#[derive(Debug)]
pub(super) struct Group {
    /// The handle that its rows share.
    pub(super) handle: String,
    line: u64,
    /// The lines of the rows that were accepted.
    lines: Vec<u64>,
    /// Whether no row of it was refused.
    whole: bool,
    /// The bytes that its variants and images keep so far.
    bytes: usize,
    first_cells: Vec<String>,
    option_names: Vec<String>,
    /// The cells that name the options, word for word.
    option_cells: Vec<(&'static str, String)>,
    images: Vec<(u32, EntryImage)>,
    /// None once the first row was refused, or the product has become too large.
    entry: Option<CatalogEntry>,
}

impl Group {
    /// Begins a product with its first row.
    pub(super) fn begin(row: &Row<'_>, handle: String, currency: Currency, faults: &mut Faults) -> Self {
        let entry = parts::product(row, currency, faults);
        let option_names = parts::option_names(row, faults);
        let first_cells = FIRST_ROW_ONLY.iter().map(|column| row.trimmed(column).to_owned()).collect();
        let option_cells = OPTION_NAMES.into_iter().filter(|column| row.has_column(column));
        let option_cells = option_cells.map(|column| (column, row.raw(column).to_owned())).collect();
        let group = Self::refused(handle, row.line);
        let mut group = Self { whole: true, first_cells, option_names, option_cells, entry, ..group };
        if group.entry.is_some() {
            group.add_parts(row, true, faults);
        }
        if !faults.found.is_empty() {
            group.entry = None;
        }
        group
    }

    /// A product that cannot be: a row with this handle came too late, or its first row could not be read.
    pub(super) fn refused(handle: String, line: u64) -> Self {
        Self {
            handle,
            line,
            lines: Vec::new(),
            whole: false,
            bytes: 0,
            first_cells: Vec::new(),
            option_names: Vec::new(),
            option_cells: Vec::new(),
            images: Vec::new(),
            entry: None,
        }
    }

    /// Adds a later row.
    pub(super) fn add(&mut self, row: &Row<'_>, faults: &mut Faults) {
        if self.entry.is_none() {
            faults.add("row", format!("the product, line {}, was refused", self.line));
            return;
        }
        for (column, first) in FIRST_ROW_ONLY.iter().zip(&self.first_cells) {
            let cell = row.trimmed(column);
            if !cell.is_empty() && cell != first {
                faults.add(column, "differs from the product's first row");
            }
        }
        if faults.found.is_empty() {
            self.add_parts(row, false, faults);
        }
        if !faults.found.is_empty() {
            self.lack();
        }
    }

    /// Notes that a row was refused that is its own, or may be.
    pub(super) fn lack(&mut self) {
        self.whole = false;
    }

    /// The product, if its rows made one; else a fault for each row that was accepted in vain: none, where the first one was
    /// refused already.
    pub(super) fn finish(mut self) -> Result<ReadEntry, Vec<RowFault>> {
        let too_large = || format!("the product is larger than {MAX_PRODUCT_BYTES} bytes");
        let Some(mut entry) = self.entry.take() else {
            return Err(in_vain(&self.lines, "row", &too_large()));
        };
        if entry.variants.is_empty() {
            return Err(in_vain(&self.lines, PRICE, "no row of the product has a price"));
        }
        self.complete(&mut entry);
        if rules::size(&entry).is_err() {
            return Err(in_vain(&self.lines, "row", &too_large()));
        }
        Ok(ReadEntry { line: self.line, whole: self.whole, entry })
    }

    /// Adds what only all rows together can tell.
    fn complete(&mut self, entry: &mut CatalogEntry) {
        for (index, (column, came)) in self.option_cells.iter().enumerate() {
            let ours = parts::option_cell(&entry.variants[0].options, index).0.to_owned();
            keep(&mut entry.extra, column, came, &ours);
        }
        let mut images = std::mem::take(&mut self.images);
        images.sort_by_key(|(place, _)| *place);
        entry.images = images.into_iter().map(|(_, image)| image).collect();
        for (index, image) in entry.images.iter_mut().enumerate() {
            if let Some(came) = image.extra.remove(IMAGE_POSITION) {
                keep(&mut image.extra, IMAGE_POSITION, &came, &(index + 1).to_string());
            }
        }
    }

    /// Adds the row's variant and image, or neither.
    fn add_parts(&mut self, row: &Row<'_>, first: bool, faults: &mut Faults) {
        let Some(entry) = self.entry.as_mut() else { return };
        let (has_price, has_image) = (!row.trimmed(PRICE).is_empty(), !row.trimmed(IMAGE_SRC).is_empty());
        if !has_price && !has_image {
            faults.add("row", "has neither a price nor an image");
        }
        let mut variant = None;
        if has_price {
            variant = parts::variant(row, &self.option_names, entry.currency, faults);
            if let Some(Err(reason)) = variant.as_ref().map(|variant| entry.room_for(&variant.options)) {
                faults.add(OPTION_VALUES[0], reason);
            }
        } else if has_image && let Some(column) = VARIANT_ONLY.iter().find(|column| !row.raw(column).is_empty()) {
            faults.add(PRICE, format!("is missing for the variant that {column:?} describes"));
        }
        let mut image = None;
        if has_image {
            image = parts::image(row, faults);
            if self.images.len() == MAX_IMAGES {
                faults.add(IMAGE_SRC, format!("a product has at most {MAX_IMAGES} images"));
            }
        } else if let Some(column) = [IMAGE_POSITION, IMAGE_ALT].iter().find(|column| !row.raw(column).is_empty()) {
            faults.add(column, "the row has no image");
        }
        if faults.found.is_empty() {
            keep_unplaced(row, first, entry, variant.as_mut(), image.as_mut().map(|(_, image)| image));
            self.lines.push(row.line);
            self.bytes += variant.as_ref().map_or(0, |variant| bytes(&variant.extra));
            self.bytes +=
                image.as_ref().map_or(0, |(_, image)| image.url.len() + image.alt.len() + bytes(&image.extra));
            entry.variants.extend(variant);
            let place = self.images.last().map_or(1, |(place, _)| *place);
            self.images.extend(image.map(|(given, image)| (given.unwrap_or(place), image)));
        }
        // Let go as soon as that is certain, so that no file can fill the memory.
        if self.bytes > MAX_PRODUCT_BYTES {
            (self.entry, self.images) = (None, Vec::new());
        }
    }
}

fn bytes(extra: &Extra) -> usize {
    extra.iter().map(|(column, cell)| column.len() + cell.len()).sum()
}

/// A fault for each row of a product that cannot be, of which the first says why.
fn in_vain(lines: &[u64], field: &str, reason: &str) -> Vec<RowFault> {
    let Some((first, others)) = lines.split_first() else { return Vec::new() };
    let others =
        others.iter().map(|line| RowFault::new(*line, "row", format!("the product, line {first}, was refused")));
    std::iter::once(RowFault::new(*first, field, reason)).chain(others).collect()
}

fn keep_unplaced(
    row: &Row<'_>,
    first: bool,
    entry: &mut CatalogEntry,
    mut variant: Option<&mut EntryVariant>,
    mut image: Option<&mut EntryImage>,
) {
    for (owner, column, cell) in parts::unplaced(row) {
        let extra = match (owner, variant.as_deref_mut(), image.as_deref_mut()) {
            (Owner::Product, ..) if first => &mut entry.extra,
            (_, Some(variant), _) => &mut variant.extra,
            (_, None, Some(image)) => &mut image.extra,
            (_, None, None) => &mut entry.extra,
        };
        extra.insert(column, cell);
    }
}
