//! From the document to the rules, or to the place in it that cannot be meant.

use std::collections::BTreeMap;

use commerce_domain::{
    CategorySlug, Currency, Destination, PricingRules, PricingRulesError, PricingSettings, TaxRate,
    pricing::{Place, PlaceError, ShippingRules, ShippingZone, TaxRules, TaxZone, ThresholdOn},
};
use rust_decimal::Decimal;

use crate::{
    Amount,
    json::{self, Object, Unreadable},
};

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

impl From<Unreadable> for RulesDocumentError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed => wrong("document", "is not valid JSON"),
            Unreadable::Field { field, message } if field == json::ROOT => wrong("document", message),
            Unreadable::Field { field, message } => wrong(field, message),
        }
    }
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
    let mut document = Object::parse(text.as_bytes())?;
    let currency = document.required("currency", Object::text)?;
    let tax_zones = document.required("tax_zones", Object::list)?;
    let shipping_zones = document.required("shipping_zones", Object::list)?;
    let default_destination = document.object("default_destination")?;
    document.end()?;
    let currency: Currency = currency.parse().map_err(|error| wrong("currency", error))?;
    if settings.currency.as_deref().is_some_and(|code| code != currency.code()) {
        return Err(wrong("currency", "is not the shop's"));
    }
    let mut tax = TaxRules::default();
    for entry in tax_zones {
        let path = entry.path().to_owned();
        tax.add(tax_zone(entry)?).map_err(|error| refused(&path, error))?;
    }
    let mut shipping = ShippingRules::new(currency);
    for entry in shipping_zones {
        let path = entry.path().to_owned();
        shipping.add(shipping_zone(entry, currency)?).map_err(|error| refused(&path, error))?;
    }
    let to = default_destination.map(destination).transpose()?;
    let to = to.unwrap_or_else(|| Destination::new("", None, None));
    PricingRules::new(tax, shipping, to).map_err(|error| refused("default_destination", error))
}

fn destination(mut entry: Object) -> Result<Destination, RulesDocumentError> {
    let (_, [country, state, zip]) = place(&mut entry, "zip")?;
    entry.end()?;
    Ok(Destination::new(country.as_deref().unwrap_or(""), state.as_deref(), zip.as_deref()))
}

fn tax_zone(mut entry: Object) -> Result<TaxZone, RulesDocumentError> {
    let zone = TaxZone {
        name: entry.required("name", Object::text)?,
        place: place(&mut entry, "zip_prefix")?.0,
        inclusive: entry.flag("inclusive")?.unwrap_or(false),
        standard: rate(&mut entry, "rate")?,
        categories: entry.object("categories")?.map(categories).transpose()?.unwrap_or_default(),
        shipping_taxed: entry.flag("shipping_taxed")?.unwrap_or(false),
    };
    entry.end()?;
    Ok(zone)
}

/// Rates by the category's slug.
fn categories(mut entry: Object) -> Result<BTreeMap<CategorySlug, TaxRate>, RulesDocumentError> {
    let names = entry.names();
    let category = |name: String| {
        let slug = name.parse().map_err(|error| wrong(entry.path_of(&name), error))?;
        Ok((slug, rate(&mut entry, &name)?))
    };
    names.into_iter().map(category).collect()
}

fn rate(entry: &mut Object, member: &str) -> Result<TaxRate, RulesDocumentError> {
    let number = entry.required(member, Object::number)?;
    TaxRate::new(number).map_err(|error| wrong(entry.path_of(member), error))
}

fn shipping_zone(mut entry: Object, currency: Currency) -> Result<ShippingZone, RulesDocumentError> {
    let (place, _) = place(&mut entry, "zip_prefix")?;
    let money =
        |number: Decimal, path: String| Amount(number).in_currency(currency).map_err(|error| wrong(path, error));
    let fee = money(entry.required("fee", Object::number)?, entry.path_of("fee"))?;
    let free_from = entry.number("free_from")?.map(|from| money(from, entry.path_of("free_from"))).transpose()?;
    let threshold_on = match entry.text("threshold_on")?.as_deref() {
        Some("before_discount") => ThresholdOn::BeforeDiscount,
        Some("after_discount") | None => ThresholdOn::AfterDiscount,
        Some(_) => return Err(wrong(entry.path_of("threshold_on"), "must be before_discount or after_discount")),
    };
    let zone = ShippingZone::new(place, fee, free_from, threshold_on);
    let zone = zone.map_err(|error| refused(entry.path(), error))?;
    entry.end()?;
    Ok(zone)
}

/// A place, and the country, state and zip that name it.
fn place(entry: &mut Object, zip_member: &str) -> Result<(Place, [Option<String>; 3]), RulesDocumentError> {
    let names = [entry.text("country")?, entry.text("state")?, entry.text(zip_member)?];
    let [country, state, zip] = names.each_ref().map(Option::as_deref);
    let place = Place::new(country, state, zip).map_err(|error| {
        let member = match error {
            PlaceError::Country => "country",
            PlaceError::State => "state",
            PlaceError::ZipPrefix => zip_member,
        };
        wrong(entry.path_of(member), error)
    })?;
    Ok((place, names))
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
