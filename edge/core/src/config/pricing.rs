//! The settings that say what a cart costs.

use commerce_api::pricing::from_document;
use commerce_domain::{PricingRules, PricingRulesError, PricingSettings};

use super::ConfigError;

/// The rules that the document spells, or the flat settings where there is none.
pub(super) fn rules(lookup: &impl Fn(&'static str) -> Option<String>) -> Result<PricingRules, ConfigError> {
    let settings = PricingSettings {
        currency: lookup("shop_currency"),
        tax_rate: lookup("tax_rate"),
        shipping_fee: lookup("shipping_fee"),
        free_shipping_from: lookup("free_shipping_from"),
    };
    if let Some(document) = lookup("pricing_rules") {
        return from_document(&document, &settings).map_err(|error| ConfigError::Rules("pricing_rules", error));
    }
    PricingRules::from_settings(&settings).map_err(|wrong| {
        ConfigError::Invalid(match wrong {
            PricingRulesError::TaxRate => "tax_rate",
            PricingRulesError::ShippingFee => "shipping_fee",
            PricingRulesError::FreeShippingFrom => "free_shipping_from",
            // The currency; of zones, settings say nothing.
            _ => "shop_currency",
        })
    })
}
