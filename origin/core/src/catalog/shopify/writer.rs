//! Writes products as a Shopify product CSV: each variant and each image in a row, the first of both with the product.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use commerce_domain::Currency;

use super::{
    cells::escape,
    columns::{
        BACKORDER_LIMIT, BODY, CONTINUE_LIMIT, CURRENCY, GRAMS, HANDLE, IMAGE_ALT, IMAGE_POSITION, IMAGE_SRC,
        OPTION_NAMES, OPTION_VALUES, Owner, POLICY, PRICE, PUBLISHED, QUANTITY, RATING, REVIEW_COUNT, SKU,
        SPECIFICATIONS, STANDARD, STATUS, TAGS, TITLE, TYPE, VENDOR, owner,
    },
    parts::{option_cell, policy_cell},
    records::MAX_COLUMNS,
    spelling::{self, spell},
};
use crate::catalog::entry::{CatalogEntry, EntryImage, EntryVariant};

/// The most columns beside Shopify's.
const MAX_FURTHER: usize = MAX_COLUMNS - STANDARD.len();

/// The columns of an export: Shopify's, then ours where they say something, then those that files brought along.
#[derive(Debug, Clone, Default)]
pub struct ExportColumns {
    further: BTreeSet<String>,
}

impl ExportColumns {
    /// Notes the columns that this product needs. Every product is shown before the first is written.
    pub fn observe(&mut self, entry: &CatalogEntry) {
        let extras = entry.variants.iter().map(|variant| &variant.extra);
        let extras = extras.chain(entry.images.iter().map(|image| &image.extra)).chain([&entry.extra]);
        for column in extras.flat_map(|extra| extra.keys()).filter(|column| owner(column) != Owner::Placed) {
            self.need(column);
        }
        let limits = entry.variants.iter().map(|variant| variant.backorder_limit);
        let ours = [
            (CURRENCY, entry.currency != Currency::USD),
            (RATING, !entry.rating.is_zero()),
            (REVIEW_COUNT, entry.review_count > 0),
            (SPECIFICATIONS, !entry.specifications.is_empty()),
            (BACKORDER_LIMIT, limits.into_iter().any(|limit| limit != 0 && limit != CONTINUE_LIMIT)),
            (STATUS, entry.extra.contains_key(STATUS)),
        ];
        for (column, _) in ours.into_iter().filter(|(_, needed)| *needed) {
            self.need(column);
        }
    }

    fn need(&mut self, column: &str) {
        // One more than fit is enough to know that they do not.
        if self.further.len() <= MAX_FURTHER && !STANDARD.contains(&column) && !self.further.contains(column) {
            self.further.insert(column.to_owned());
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        if self.further.len() > MAX_FURTHER {
            return Err(io::Error::other(format!(
                "the catalog needs more than the {MAX_COLUMNS} columns that a file may have: export it as NDJSON"
            )));
        }
        Ok(STANDARD.iter().map(|name| (*name).to_owned()).chain(self.further.iter().cloned()).collect())
    }
}

/// Writes products one by one.
pub struct ShopifyWriter<W: Write> {
    columns: Vec<String>,
    output: csv::Writer<W>,
}

impl<W: Write> ShopifyWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Where writing fails, or the columns are too many.
    pub fn new(output: W, columns: &ExportColumns) -> io::Result<Self> {
        let columns = columns.names()?;
        let mut output = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(output);
        output.write_record(columns.iter().map(|name| escape(name).into_owned())).map_err(into_io)?;
        Ok(Self { columns, output })
    }

    /// Writes the rows of a product.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn write(&mut self, entry: &CatalogEntry) -> io::Result<()> {
        let (visibility, positions) = (spelling::visibility(entry), spelling::positions(&entry.images));
        for index in 0..entry.variants.len().max(entry.images.len()) {
            let (variant, image) = (entry.variants.get(index), entry.images.get(index));
            let row = OutRow { entry, visibility: &visibility, positions: &positions, index, variant, image };
            let cells = self.columns.iter().map(|column| row.cell(column));
            self.output.write_record(cells.map(|cell| escape(&cell).into_owned())).map_err(into_io)?;
        }
        Ok(())
    }

    /// Writes what is still held back, and hands the output over.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn finish(self) -> io::Result<W> {
        self.output.into_inner().map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A row to be.
struct OutRow<'a> {
    entry: &'a CatalogEntry,
    /// The cells of Published and Status.
    visibility: &'a (String, String),
    /// The cells of Image Position.
    positions: &'a [String],
    index: usize,
    variant: Option<&'a EntryVariant>,
    image: Option<&'a EntryImage>,
}

impl OutRow<'_> {
    fn cell(&self, column: &str) -> String {
        if column == HANDLE {
            return spell(&self.entry.extra, HANDLE, self.entry.handle.clone());
        }
        if owner(column) != Owner::Placed {
            return self.unplaced(column);
        }
        let placed =
            self.product_cell(column).or_else(|| self.variant_cell(column)).or_else(|| self.image_cell(column));
        placed.unwrap_or_default()
    }

    fn unplaced(&self, column: &str) -> String {
        let product = (self.index == 0).then_some(&self.entry.extra);
        let variant = self.variant.map(|variant| &variant.extra);
        let image = self.image.map(|image| &image.extra);
        [product, variant, image].into_iter().flatten().find_map(|extra| extra.get(column).cloned()).unwrap_or_default()
    }

    /// The cell if the column speaks of the product; empty but in its first row.
    fn product_cell(&self, column: &str) -> Option<String> {
        let entry = self.entry;
        let cell = match column {
            TITLE => entry.name.clone(),
            BODY => entry.description.clone(),
            VENDOR => entry.brand.clone().unwrap_or_default(),
            TYPE => spelling::category(&entry.category).to_owned(),
            TAGS => entry.tags.join(", "),
            PUBLISHED => self.visibility.0.clone(),
            STATUS => self.visibility.1.clone(),
            CURRENCY => entry.currency.to_string(),
            RATING if entry.rating.is_zero() => String::new(),
            RATING => entry.rating.normalize().to_string(),
            REVIEW_COUNT if entry.review_count == 0 => String::new(),
            REVIEW_COUNT => entry.review_count.to_string(),
            SPECIFICATIONS if entry.specifications.is_empty() => String::new(),
            SPECIFICATIONS => serde_json::to_string(&entry.specifications).unwrap_or_default(),
            _ => {
                let place = OPTION_NAMES.iter().position(|name| *name == column)?;
                let options = entry.variants.first().map_or(&[][..], |variant| &variant.options);
                option_cell(options, place).0.to_owned()
            }
        };
        Some(match (self.index, column) {
            (0, PUBLISHED | STATUS) => cell,
            (0, _) => spell(&entry.extra, column, cell),
            _ => String::new(),
        })
    }

    /// The cell if the column speaks of a variant and the row has one.
    fn variant_cell(&self, column: &str) -> Option<String> {
        let variant = self.variant?;
        let cell = match column {
            SKU => variant.sku.clone().unwrap_or_default(),
            GRAMS => variant.weight_grams.map(|grams| grams.to_string()).unwrap_or_default(),
            QUANTITY => variant.stock.to_string(),
            POLICY => policy_cell(variant.backorder_limit).to_owned(),
            PRICE => spelling::price(variant.price),
            BACKORDER_LIMIT if matches!(variant.backorder_limit, 0 | CONTINUE_LIMIT) => String::new(),
            BACKORDER_LIMIT => variant.backorder_limit.to_string(),
            _ => {
                let place = OPTION_VALUES.iter().position(|name| *name == column)?;
                option_cell(&variant.options, place).1.to_owned()
            }
        };
        Some(spell(&variant.extra, column, cell))
    }

    /// The cell if the column speaks of an image and the row has one.
    fn image_cell(&self, column: &str) -> Option<String> {
        let image = self.image?;
        let cell = match column {
            IMAGE_SRC => image.url.clone(),
            IMAGE_POSITION => return self.positions.get(self.index).cloned(),
            IMAGE_ALT => image.alt.clone(),
            _ => return None,
        };
        Some(spell(&image.extra, column, cell))
    }
}
