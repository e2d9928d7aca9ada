//! A product that is to be.

use commerce_api::product::{CreateProductRequest, CreateVariantRequest};
use commerce_domain::{Currency, Money};
use rust_decimal::Decimal;

use super::{Bad, category, check_images, image, positive, tags};
use crate::catalog::{
    entry::{CatalogEntry, EntryCategory, EntryVariant, Extra},
    rules::{self, Reason},
    write::WriteProductError,
};

/// The product that a request describes, with a handle still to be given.
pub(in crate::catalog::write) fn entry(request: &CreateProductRequest) -> Result<CatalogEntry, WriteProductError> {
    let mut bad = Bad::default();
    bad.take("name", rules::name(&request.name));
    bad.take("description", rules::description(&request.description));
    let category = bad.take("categoryId", category(&request.category_id));
    let currency = bad.take("currency", currency(request.currency.as_deref()));
    if let Some(brand) = &request.brand {
        bad.take("brand", rules::name(brand));
    }
    let tags = bad.take("tags", tags(&request.tags));
    check_images(&request.images, &mut bad);
    bad.take("specifications", rules::specifications(&request.specifications));
    let mut entry = CatalogEntry {
        handle: String::new(),
        name: request.name.trim().to_owned(),
        description: request.description.clone(),
        brand: request.brand.as_deref().map(|brand| brand.trim().to_owned()),
        category: EntryCategory::uncategorized(),
        tags: tags.unwrap_or_default(),
        specifications: request.specifications.clone(),
        published: true,
        currency: currency.unwrap_or(Currency::USD),
        rating: Decimal::ZERO,
        review_count: 0,
        images: request.images.iter().map(|url| image(url)).collect(),
        variants: Vec::new(),
        extra: Extra::new(),
    };
    // Without a currency nothing can be said of amounts.
    if currency.is_some() {
        add_variants(request, &mut entry, &mut bad);
    }
    let entry = category.map(|slug| CatalogEntry { category: EntryCategory { name: slug.to_string(), slug }, ..entry });
    bad.or(entry)
}

fn currency(code: Option<&str>) -> Result<Currency, Reason> {
    code.map_or(Ok(Currency::USD), |code| code.parse().map_err(|_| "is no known currency".to_owned()))
}

fn add_variants(request: &CreateProductRequest, entry: &mut CatalogEntry, bad: &mut Bad) {
    if request.variants.is_empty() {
        return add_only_variant(request, entry, bad);
    }
    let own = [("price", request.price.is_some()), ("stock", request.stock.is_some()), ("sku", request.sku.is_some())];
    for (field, _) in own.into_iter().filter(|(_, given)| *given) {
        bad.add(field, "belongs to the variants where there are any");
    }
    for (index, variant) in request.variants.iter().enumerate() {
        add_variant(variant, index, entry, bad);
    }
}

fn add_only_variant(request: &CreateProductRequest, entry: &mut CatalogEntry, bad: &mut Bad) {
    let price = request.price.ok_or_else(|| "is required where there are no variants".to_owned());
    let price = bad.take("price", price.and_then(|amount| positive(amount, entry.currency)));
    let stock = request.stock.ok_or_else(|| "is required where there are no variants".to_owned());
    let stock = bad.take("stock", stock.and_then(|stock| rules::count(stock).map(|()| stock)));
    if let Some(sku) = &request.sku {
        bad.take("sku", rules::name(sku));
    }
    if let (Some(price), Some(stock)) = (price, stock) {
        let sku = request.sku.as_deref().map(|sku| sku.trim().to_owned());
        let (options, extra) = (Vec::new(), Extra::new());
        entry.variants.push(EntryVariant { sku, options, price, weight_grams: None, stock, backorder_limit: 0, extra });
    }
}

fn add_variant(variant: &CreateVariantRequest, index: usize, entry: &mut CatalogEntry, bad: &mut Bad) {
    let at = |field: &str| format!("variants[{index}].{field}");
    let given = variant.options.iter().map(|option| (option.name.as_str(), option.value.as_str()));
    let options = rules::options(given).and_then(|options| entry.room_for(&options).map(|()| options));
    let options = bad.take(at("options"), options);
    let price = bad.take(at("price"), positive(variant.price, entry.currency));
    bad.take(at("stock"), rules::count(variant.stock));
    bad.take(at("backorderLimit"), rules::count(i64::from(variant.backorder_limit)));
    if let Some(grams) = variant.weight_grams {
        bad.take(at("weightGrams"), rules::grams(grams));
    }
    if let Some(sku) = &variant.sku {
        bad.take(at("sku"), rules::name(sku));
    }
    // A variant with a bad price still takes its options, so that doubles are named in the same answer.
    let Some(options) = options else { return };
    entry.variants.push(EntryVariant {
        sku: variant.sku.as_deref().map(|sku| sku.trim().to_owned()),
        options,
        price: price.unwrap_or(Money::zero(entry.currency)),
        weight_grams: variant.weight_grams,
        stock: variant.stock,
        backorder_limit: variant.backorder_limit,
        extra: Extra::new(),
    });
}
