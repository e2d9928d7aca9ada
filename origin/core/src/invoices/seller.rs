//! Who sells, as a setting.

use std::str::FromStr;

use commerce_api::invoice::{InvoiceResponse, InvoiceSeller};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

/// Prints a paper as a PDF: the same bytes each time. What it says where it cannot is for the log.
pub type Print = fn(&InvoiceResponse) -> Result<Vec<u8>, String>;

/// What an origin needs for papers.
#[derive(Debug, Clone, Default)]
pub struct Papers {
    /// Who issues them; none where nobody does.
    pub seller: Option<Seller>,
    /// What prints them; none where another function does.
    pub print: Option<Print>,
}

/// The seller, as a JSON document says it: see `docs/invoice-seller.example.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Seller {
    /// Whose series of numbers it is: 1 to 10 capital letters and digits.
    pub legal_entity: String,
    /// What papers say of it.
    pub printed: InvoiceSeller,
    /// Where its days and years begin.
    time_zone: TimeZone,
}

/// The document cannot be meant; says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SellerError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    legal_entity: String,
    name: String,
    address: Vec<String>,
    tax_id: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
    /// A rule of POSIX, as in the environment variable `TZ`: needs no database of time zones.
    time_zone: Option<String>,
}

impl FromStr for Seller {
    type Err = SellerError;

    fn from_str(text: &str) -> Result<Self, SellerError> {
        let document: Document = serde_json::from_str(text).map_err(|error| SellerError(error.to_string()))?;
        let Document { legal_entity, name, address, tax_id, notes, time_zone } = document;
        let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !(1..=10).contains(&legal_entity.len()) || !legal_entity.bytes().all(is_code) {
            return Err(SellerError("legal_entity: must be 1 to 10 capital letters and digits".to_owned()));
        }
        let lines = [&address, &notes].into_iter().flatten().chain([&name]).chain(&tax_id);
        if lines.into_iter().any(|line| !(1..=200).contains(&line.chars().count())) {
            return Err(SellerError("each line must have 1 to 200 characters".to_owned()));
        }
        if !(1..=8).contains(&address.len()) || notes.len() > 8 {
            return Err(SellerError("address: must have 1 to 8 lines, and notes at most 8".to_owned()));
        }
        let time_zone = TimeZone::posix(time_zone.as_deref().unwrap_or("UTC0")).map_err(|_| {
            SellerError("time_zone: must be a POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3".to_owned())
        })?;
        Ok(Self { legal_entity, printed: InvoiceSeller { name, address, tax_id, notes }, time_zone })
    }
}

impl Seller {
    /// The day that it is where the seller is.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        self.time_zone.to_datetime(at).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../docs/invoice-seller.example.json");

    #[test]
    fn the_example_is_a_seller_whose_year_begins_in_berlin() {
        let seller: Seller = EXAMPLE.parse().unwrap();
        assert_eq!(seller.legal_entity, "CC");
        let day = |at: &str| seller.day(at.parse().unwrap()).to_string();
        assert_eq!(day("2026-12-31T22:59:59Z"), "2026-12-31");
        assert_eq!(day("2026-12-31T23:00:00Z"), "2027-01-01");
        assert_eq!(day("2026-06-30T22:00:00Z"), "2026-07-01");
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let changed = |from: &str, to: &str| {
            let text = EXAMPLE.replace(from, to);
            assert_ne!(text, EXAMPLE);
            text.parse::<Seller>().unwrap_err().to_string()
        };
        assert!(changed("\"CC\"", "\"cc\"").starts_with("legal_entity"));
        assert!(changed("\"CC\"", "\"\"").starts_with("legal_entity"));
        assert!(changed("CET-1CEST,M3.5.0,M10.5.0/3", "Berlin").starts_with("time_zone"));
        assert!(changed("\"tax_id\"", "\"vat\"").contains("vat"));
        assert!(changed("CloudCommerce Sample Ltd", &"n".repeat(201)).contains("200"));
    }
}
