//! The document as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Amount, DecimalNumber};

/// The whole of it. Amounts are of its currency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// ISO 4217.
    pub(super) currency: String,
    /// Where carts are taken to go as long as nobody has said; a place of which nothing is known if absent.
    #[serde(default)]
    pub(super) default_destination: DestinationEntry,
    pub(super) tax_zones: Vec<TaxZoneEntry>,
    pub(super) shipping_zones: Vec<ShippingZoneEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DestinationEntry {
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaxZoneEntry {
    pub(super) name: String,
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip_prefix: Option<String>,
    #[serde(default)]
    pub(super) inclusive: bool,
    pub(super) rate: DecimalNumber,
    /// By the category's slug.
    #[serde(default)]
    pub(super) categories: BTreeMap<String, DecimalNumber>,
    #[serde(default)]
    pub(super) shipping_taxed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShippingZoneEntry {
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip_prefix: Option<String>,
    pub(super) fee: Amount,
    /// Never free if absent.
    pub(super) free_from: Option<Amount>,
    /// `before_discount` or `after_discount`; the latter if absent.
    pub(super) threshold_on: Option<String>,
}
