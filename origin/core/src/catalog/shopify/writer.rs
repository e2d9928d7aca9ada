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
        SPECIFICATIONS, STANDARD, TAGS, TITLE, TYPE, VENDOR, owner,
    },
    parts::{option_cell, policy_cell},
    records::MAX_COLUMNS,
    spelling::{self, spell},
};
use crate::catalog::entry::{CatalogEntry, EntryImage, EntryVariant};

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
        for column in extras.flat_map(|extra| extra.keys()) {
            let known = STANDARD.contains(&column.as_str()) || self.further.contains(column);
            if !known && self.further.len() < MAX_COLUMNS - STANDARD.len() {
                self.further.insert(column.clone());
            }
        }
        let limits = entry.variants.iter().map(|variant| variant.backorder_limit);
        let ours = [
            (CURRENCY, entry.currency != Currency::USD),
            (RATING, !entry.rating.is_zero()),
            (REVIEW_COUNT, entry.review_count > 0),
            (SPECIFICATIONS, !entry.specifications.is_empty()),
            (BACKORDER_LIMIT, limits.into_iter().any(|limit| limit != 0 && limit != CONTINUE_LIMIT)),
        ];
        self.further.extend(ours.into_iter().filter(|(_, needed)| *needed).map(|(column, _)| column.to_owned()));
    }

    fn names(&self) -> Vec<String> {
        STANDARD.iter().map(|name| (*name).to_owned()).chain(self.further.iter().cloned()).collect()
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
    /// Where writing fails.
    pub fn new(output: W, columns: &ExportColumns) -> io::Result<Self> {
        let mut output = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(output);
        let columns = columns.names();
        output.write_record(columns.iter().map(|name| escape(name).into_owned())).map_err(into_io)?;
        Ok(Self { columns, output })
    }

    /// Writes the rows of a product.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn write(&mut self, entry: &CatalogEntry) -> io::Result<()> {
        for index in 0..entry.variants.len().max(entry.images.len()) {
            let row = OutRow { entry, index, variant: entry.variants.get(index), image: entry.images.get(index) };
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
            PUBLISHED => entry.published.to_string(),
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
        if self.index > 0 {
            return Some(String::new());
        }
        Some(spell(&entry.extra, column, cell))
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
            IMAGE_POSITION => (self.index + 1).to_string(),
            IMAGE_ALT => image.alt.clone(),
            _ => return None,
        };
        Some(spell(&image.extra, column, cell))
    }
}
