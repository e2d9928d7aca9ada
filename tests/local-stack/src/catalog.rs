//! Filling the shop: from a file, or from the generator.

use std::{
    fmt,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use commerce_domain::{CategorySlug, Currency, Money};
use origin_core::{
    catalog::{
        CarryCatalog, CatalogEntry, CategoryEntry, EntryCategory, EntryImage, EntryVariant, Extra, ImportCounts, Item,
        ReadEntry, ReadError, RowFault,
        carry::{CarryError, ImportEvent, Imported, Importer},
        ndjson::NdjsonReader,
        shopify::ShopifyReader,
    },
    inventory::{KeepLimits, PutStock, SetLimits},
};
use origin_gateways::{SystemClock, SystemEntropy};
use test_support::catalog::{GeneratedProduct, categories, generate};

use crate::{Progress, StackError};

/// How a catalog file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Shopify's product CSV.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl FileFormat {
    /// The format that a file's name tells: `.csv`, `.ndjson` or `.jsonl`.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct CatalogFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub format: FileFormat,
    /// The currency of prices that do not say theirs.
    pub currency: Currency,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileImport {
    /// What the file held.
    pub counts: ImportCounts,
    /// What went in.
    pub imported: Imported,
    /// What did not.
    pub faults: FaultSummary,
}

impl fmt::Display for FileImport {
    /// Two lines: what the file held, what went in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Imported { created, replaced, left } = self.imported;
        writeln!(f, "{}", self.counts)?;
        write!(f, "{created} products are new, {replaced} were replaced")?;
        if left > 0 { write!(f, ", {left} stay as they were") } else { Ok(()) }
    }
}

/// The faults of a file: the first ones, and how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultSummary {
    /// The first [`FaultSummary::MOST`], in words.
    pub first: Vec<String>,
    /// How many more there were.
    pub more: u64,
}

impl FaultSummary {
    /// So many faults are kept in words.
    pub const MOST: usize = 20;

    fn add(&mut self, fault: &RowFault) {
        if self.first.len() < Self::MOST {
            self.first.push(fault.to_string());
        } else {
            self.more += 1;
        }
    }

    /// Whether everything went in.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// Imports a file. Each refused field is shown to `fault`.
///
/// # Errors
/// [`StackError::Catalog`] or [`StackError::State`]; what went in by then stays.
pub async fn import_file<D: CarryCatalog + KeepLimits, S: PutStock + SetLimits>(
    database: &D,
    stock: &S,
    file: &CatalogFile,
    progress: Progress,
    mut fault: impl FnMut(&RowFault),
) -> Result<FileImport, StackError> {
    let input = File::open(&file.path).map_err(StackError::state(&file.path))?;
    let input = BufReader::new(input);
    let bar = progress.count("importing products", None);
    let into = Importer { database, stock, clock: &SystemClock, entropy: &SystemEntropy };
    let mut faults = FaultSummary::default();
    let event = |event: ImportEvent| match event {
        ImportEvent::Fault(found) => {
            faults.add(&found);
            bar.suspend(|| fault(&found));
        }
        ImportEvent::Progress(products) => bar.set_position(products),
    };
    let located = |error: CarryError| StackError::Catalog(format!("{}: {error}", file.path.display()));
    let (imported, counts) = match file.format {
        FileFormat::Csv => {
            let mut reader = ShopifyReader::new(input, file.currency).map_err(|error| located(error.into()))?;
            (into.import(reader.by_ref(), event).await.map_err(located)?, reader.counts())
        }
        FileFormat::Ndjson => {
            let mut reader = NdjsonReader::new(input);
            (into.import(reader.by_ref(), event).await.map_err(located)?, reader.counts())
        }
    };
    bar.finish_and_clear();
    Ok(FileImport { counts, imported, faults })
}

/// Fills the shop with `count` generated products of `seed`.
pub(crate) async fn import_generated<D: CarryCatalog + KeepLimits, S: PutStock + SetLimits>(
    database: &D,
    stock: &S,
    seed: u64,
    count: u64,
    progress: Progress,
) -> Result<Imported, StackError> {
    let tree = categories().map(|category| {
        let parent = category.parent.map(slug).transpose()?;
        Ok(CategoryEntry { slug: slug(category.slug)?, name: category.name.to_owned(), parent })
    });
    let tree = tree.collect::<Result<Vec<_>, StackError>>()?;
    database.import_categories(&tree).await?;
    let bar = progress.count("generating products", Some(count));
    let into = Importer { database, stock, clock: &SystemClock, entropy: &SystemEntropy };
    let items = generate(seed, count).map(|product| item(product, &tree));
    let imported = into
        .import(items, |event| {
            if let ImportEvent::Progress(products) = event {
                bar.set_position(products);
            }
        })
        .await?;
    bar.finish_and_clear();
    Ok(imported)
}

fn slug(text: &str) -> Result<CategorySlug, StackError> {
    text.parse().map_err(|error| StackError::Catalog(format!("the generated category {text:?}: {error}")))
}

fn item(product: GeneratedProduct, tree: &[CategoryEntry]) -> Result<Item, ReadError> {
    let name = product.handle.clone();
    let entry = entry(product, tree)
        .map_err(|reason| ReadError::Format(RowFault::new(0, format!("generated product {name}"), reason)))?;
    Ok(Item::Entry(Box::new(ReadEntry { line: 0, whole: true, entry })))
}

fn entry(product: GeneratedProduct, tree: &[CategoryEntry]) -> Result<CatalogEntry, String> {
    let category = tree.iter().find(|category| category.slug.as_str() == product.category);
    let category = category.ok_or_else(|| format!("the category {} is unknown", product.category))?;
    let mut variants = Vec::with_capacity(product.variants.len());
    for variant in product.variants {
        variants.push(EntryVariant {
            sku: Some(variant.sku),
            options: variant.options,
            price: Money::new(variant.price, Currency::USD).map_err(|error| error.to_string())?,
            weight_grams: Some(variant.weight_grams),
            stock: i64::from(variant.stock),
            backorder_limit: variant.backorder_limit,
            extra: Extra::new(),
        });
    }
    let images = product.images.into_iter().map(|url| EntryImage { url, alt: String::new(), extra: Extra::new() });
    Ok(CatalogEntry {
        handle: product.handle,
        name: product.name,
        description: product.description,
        brand: Some(product.brand),
        category: EntryCategory { slug: category.slug.clone(), name: category.name.clone() },
        tags: product.tags,
        specifications: product.specifications,
        published: true,
        currency: Currency::USD,
        rating: product.rating,
        review_count: product.review_count,
        images: images.collect(),
        variants,
        extra: Extra::new(),
    })
}
