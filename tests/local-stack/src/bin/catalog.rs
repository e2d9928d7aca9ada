//! Takes catalogs in and out: `catalog import FILE`, `catalog export`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

use std::{
    io::{self, BufWriter},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};
use commerce_aws::{AwsClient, Credentials};
use commerce_domain::Currency;
use local_stack::{CatalogFile, FileFormat, LocalStock, Progress, import_file};
use origin_core::catalog::carry::{ExportFormat, export};
use origin_dynamo::INVENTORY_TABLE;
use origin_gateways::{ReqwestClient, System};
use origin_postgres::{Database, DatabaseSettings};
use test_support::files::PartialFile;

/// Faults that are printed one by one; the rest is counted.
const SHOWN_FAULTS: u64 = 1000;
/// What the program ends with when something of a file was refused and the rest went in.
const ROWS_REFUSED: u8 = 3;
/// Who may read an export, as far as the process's mask allows.
const EXPORT_MODE: u32 = 0o666;

/// Takes catalogs in and out.
///
/// Reads `DATABASE_URL`, and for imports `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`,
/// `DYNAMODB_ENDPOINT` (AWS's own if absent) and `INVENTORY_TABLE`.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes a file in. Ends with 3 if rows were refused.
    Import {
        /// Shopify product CSV or NDJSON.
        file: PathBuf,
        /// How the file is written, where its name does not tell.
        #[arg(long)]
        format: Option<Format>,
        /// The currency of prices that do not say theirs.
        #[arg(long, default_value = "USD")]
        currency: String,
    },
    /// Writes the whole catalog.
    Export {
        /// How to write it.
        #[arg(long)]
        format: Format,
        /// Where to; standard output if absent.
        #[arg(long)]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Ndjson,
}

impl From<Format> for FileFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Ndjson => Self::Ndjson,
        }
    }
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Ndjson => Self::Ndjson,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Import { file, format, currency } => import(file, format, &currency).await,
        Command::Export { format, output } => write_export(format, output).await,
    };
    outcome.unwrap_or_else(|reason| {
        eprintln!("catalog: {reason}");
        ExitCode::FAILURE
    })
}

async fn import(path: PathBuf, format: Option<Format>, currency: &str) -> Result<ExitCode, String> {
    let format = format.map(FileFormat::from).or_else(|| FileFormat::of(&path));
    let format = format.ok_or("the file's name does not tell its format: say --format csv or --format ndjson")?;
    let currency: Currency = currency.parse().map_err(|_| format!("{currency:?} is no known currency"))?;
    let file = CatalogFile { path, format, currency };
    let (database, stock, mut faults) = (database()?, stock()?, 0);
    let done = import_file(&database, &stock, &file, Progress::Terminal, |fault| {
        faults += 1;
        if faults <= SHOWN_FAULTS {
            eprintln!("{}: {fault}", file.path.display());
        }
    });
    let done = done.await.map_err(|error| error.to_string())?;
    if faults > SHOWN_FAULTS {
        eprintln!("{}: {} faults more", file.path.display(), faults - SHOWN_FAULTS);
    }
    println!("{}: {done}", file.path.display());
    Ok(if done.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(ROWS_REFUSED) })
}

async fn write_export(format: Format, output: Option<PathBuf>) -> Result<ExitCode, String> {
    let database = database()?;
    let products = match &output {
        None => {
            export(&database, format.into(), BufWriter::new(io::stdout())).await.map_err(|error| error.to_string())?
        }
        Some(path) => {
            let located = |error: io::Error| format!("{}: {error}", path.display());
            let mut file = PartialFile::create(path, EXPORT_MODE).map_err(located)?;
            let written = export(&database, format.into(), BufWriter::new(&mut file)).await;
            let products = written.map_err(|error| error.to_string())?;
            file.complete().map_err(located)?;
            products
        }
    };
    eprintln!("{products} products");
    Ok(ExitCode::SUCCESS)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn database() -> Result<Database, String> {
    let url = variable("DATABASE_URL").ok_or("DATABASE_URL is not set")?;
    let settings = DatabaseSettings { statement_timeout: Duration::from_mins(1), ..DatabaseSettings::new(url) };
    Database::new(&settings).map_err(|error| error.to_string())
}

fn stock() -> Result<LocalStock, String> {
    let credentials = Credentials::from_vars(variable).map_err(|error| error.to_string())?;
    let region = variable("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned());
    let endpoint = variable("DYNAMODB_ENDPOINT").map(|url| url.parse());
    let endpoint = endpoint.transpose().map_err(|_| "DYNAMODB_ENDPOINT is no URL")?;
    let http = ReqwestClient::new(Duration::from_secs(10)).map_err(|error| error.to_string())?;
    let client = AwsClient::new(System::new(http), credentials, region, endpoint);
    let table = variable("INVENTORY_TABLE").unwrap_or_else(|| INVENTORY_TABLE.to_owned());
    Ok(LocalStock::new(client, table))
}
