//! The document as it is written.

use std::collections::BTreeMap;

use commerce_domain::pricing::ThresholdOn;
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
    #[serde(default)]
    pub(super) threshold_on: ThresholdEntry,
}

/// `before_discount` or `after_discount`; the latter if absent.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ThresholdEntry(pub(super) ThresholdOn);

impl TryFrom<String> for ThresholdEntry {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "before_discount" => Ok(Self(ThresholdOn::BeforeDiscount)),
            "after_discount" => Ok(Self(ThresholdOn::AfterDiscount)),
            _ => Err("must be before_discount or after_discount"),
        }
    }
}
