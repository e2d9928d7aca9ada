//! How a stack is to be started.

use std::path::{Path, PathBuf};

use crate::Progress;

/// The seed of generated catalogs where none is given.
pub(crate) const DEFAULT_SEED: u64 = 1;

/// How to start a [`crate::LocalStack`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything that outlives a run is kept.
    pub state_dir: PathBuf,
    /// A running PostgreSQL to use instead of a private one: `DATABASE_URL`. Tests make a database of their own there.
    pub database_url: Option<String>,
    /// Whether rows, items and keys outlive the run. If not, they are as fast as they can be.
    pub persistent: bool,
    /// Whether to forget what earlier runs have left in `state_dir`. Not with a database that was given.
    pub fresh: bool,
    /// The file to fill the shop from: Shopify product CSV or NDJSON.
    pub catalog: Option<PathBuf>,
    /// How many products to generate where there is no file.
    pub products: usize,
    /// The seed of the generated ones.
    pub seed: u64,
    /// The origin's port on 127.0.0.1; 0 takes any.
    pub origin_port: u16,
    /// Whether DynamoDB is reached through a proxy that checks signatures and refuses transactions that meet on an item.
    pub strict_dynamodb: bool,
    /// Who is told of long steps.
    pub progress: Progress,
    /// How the shop taxes and ships: the document of `PRICING_RULES`; flat rates if absent.
    pub pricing_rules: Option<String>,
    /// When payments are captured: `CAPTURE`, `automatic` if absent, or `manual`.
    pub capture: Option<String>,
    /// Who issues invoices: the document of `INVOICE_SELLER`; a sample if absent.
    pub invoice_seller: Option<String>,
    /// Further variables of the edge, or other values of them.
    pub edge_variables: Vec<(String, String)>,
}

impl Options {
    /// What development wants: everything is kept in `state_dir`, 1,000 generated products, progress is shown.
    pub fn for_development(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            database_url: variable("DATABASE_URL"),
            persistent: true,
            fresh: false,
            catalog: None,
            products: 1000,
            seed: DEFAULT_SEED,
            origin_port: 0,
            strict_dynamodb: false,
            progress: Progress::Terminal,
            pricing_rules: variable("PRICING_RULES"),
            capture: variable("CAPTURE"),
            invoice_seller: variable("INVOICE_SELLER"),
            edge_variables: Vec::new(),
        }
    }

    /// What tests want: nothing is kept, no products, any port, a strict DynamoDB, and all of it quick.
    pub fn for_tests(folder: &Path) -> Self {
        Self {
            persistent: false,
            products: 0,
            strict_dynamodb: true,
            progress: Progress::Hidden,
            pricing_rules: None,
            capture: None,
            invoice_seller: None,
            ..Self::for_development(folder)
        }
    }
}

/// A variable of the environment, unless it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
