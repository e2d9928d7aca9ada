//! From the document to the rules, or to the place in it that cannot be meant.

use commerce_domain::{
    CategorySlug, Currency, Destination, Money, PricingRules, PricingRulesError, PricingSettings, TaxRate,
    pricing::{Place, PlaceError, ShippingRules, ShippingZone, TaxRules, TaxZone},
};

use super::document::{DestinationEntry, Document, ShippingZoneEntry, TaxZoneEntry, ThresholdEntry};
use crate::{Amount, DecimalNumber, json};

/// Why the document is of no use: one line that names the place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct RulesDocumentError {
    place: String,
    reason: String,
}

/// The refusal of what stands at `place`.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over errors that end here")]
fn wrong(place: impl Into<String>, reason: impl ToString) -> RulesDocumentError {
    RulesDocumentError { place: place.into(), reason: reason.to_string() }
}

/// The rules that a document spells. `settings` are what else the shop has set; of these only the currency may stand beside a
/// document, and must be the document's.
///
/// # Errors
/// [`RulesDocumentError`] for the first place that cannot be meant.
pub fn from_document(text: &str, settings: &PricingSettings) -> Result<PricingRules, RulesDocumentError> {
    if settings.tax_rate.is_some() || settings.shipping_fee.is_some() || settings.free_shipping_from.is_some() {
        return Err(wrong(
            "document",
            "replaces the settings of the tax rate, the shipping fee and its threshold: unset those",
        ));
    }
    let document: Document = json::read(text.as_bytes()).map_err(|unreadable| match unreadable {
        json::Unreadable::Malformed => wrong("document", "is not valid JSON"),
        json::Unreadable::Field { field, message } if field == json::ROOT => wrong("document", message),
        json::Unreadable::Field { field, message } => wrong(&field, message),
    })?;
    let currency: Currency = document.currency.parse().map_err(|error| wrong("currency", error))?;
    if settings.currency.as_deref().is_some_and(|code| code != currency.code()) {
        return Err(wrong("currency", "is not the shop's"));
    }
    let mut tax = TaxRules::default();
    for (index, entry) in document.tax_zones.into_iter().enumerate() {
        let place = format!("tax_zones[{index}]");
        tax.add(tax_zone(entry, &place)?).map_err(|error| refused(&place, error))?;
    }
    let mut shipping = ShippingRules::new(currency);
    for (index, entry) in document.shipping_zones.iter().enumerate() {
        let place = format!("shipping_zones[{index}]");
        shipping.add(shipping_zone(entry, currency, &place)?).map_err(|error| refused(&place, error))?;
    }
    let to = default_destination(&document.default_destination)?;
    PricingRules::new(tax, shipping, to).map_err(|error| refused("default_destination", error))
}

fn default_destination(entry: &DestinationEntry) -> Result<Destination, RulesDocumentError> {
    let (country, state, zip) = (entry.country.as_deref(), entry.state.as_deref(), entry.zip.as_deref());
    place(country, state, zip, "default_destination", "zip")?;
    Ok(Destination::new(country.unwrap_or(""), state, zip))
}

fn tax_zone(entry: TaxZoneEntry, at: &str) -> Result<TaxZone, RulesDocumentError> {
    let rate = |DecimalNumber(number), place: String| TaxRate::new(number).map_err(|error| wrong(place, error));
    let category = |(slug, number): (String, DecimalNumber)| {
        let place = format!("{at}.categories.{slug}");
        let slug: CategorySlug = slug.parse().map_err(|error| wrong(&place, error))?;
        Ok((slug, rate(number, place)?))
    };
    Ok(TaxZone {
        place: place(entry.country.as_deref(), entry.state.as_deref(), entry.zip_prefix.as_deref(), at, "zip_prefix")?,
        name: entry.name,
        inclusive: entry.inclusive,
        standard: rate(entry.rate, format!("{at}.rate"))?,
        categories: entry.categories.into_iter().map(category).collect::<Result<_, _>>()?,
        shipping_taxed: entry.shipping_taxed,
    })
}

fn shipping_zone(entry: &ShippingZoneEntry, currency: Currency, at: &str) -> Result<ShippingZone, RulesDocumentError> {
    let amount = |amount: Amount, member: &str| -> Result<Money, RulesDocumentError> {
        amount.in_currency(currency).map_err(|error| wrong(format!("{at}.{member}"), error))
    };
    let place = place(entry.country.as_deref(), entry.state.as_deref(), entry.zip_prefix.as_deref(), at, "zip_prefix")?;
    let free_from = entry.free_from.map(|from| amount(from, "free_from")).transpose()?;
    let ThresholdEntry(threshold_on) = entry.threshold_on;
    ShippingZone::new(place, amount(entry.fee, "fee")?, free_from, threshold_on).map_err(|error| refused(at, error))
}

fn place(
    country: Option<&str>,
    state: Option<&str>,
    zip: Option<&str>,
    at: &str,
    zip_member: &str,
) -> Result<Place, RulesDocumentError> {
    Place::new(country, state, zip).map_err(|error| {
        let member = match error {
            PlaceError::Country => "country",
            PlaceError::State => "state",
            PlaceError::ZipPrefix => zip_member,
        };
        wrong(format!("{at}.{member}"), error)
    })
}

/// What the rules say of something at `at`, at the member that they mean.
fn refused(at: &str, error: PricingRulesError) -> RulesDocumentError {
    let member = match error {
        PricingRulesError::ShippingFee => ".fee",
        PricingRulesError::FreeShippingFrom => ".free_from",
        PricingRulesError::ZoneName => ".name",
        _ => "",
    };
    wrong(format!("{at}{member}"), error)
}
