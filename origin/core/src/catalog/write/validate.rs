//! From a request to an entry or a change, naming every bad field.

use commerce_api::{
    Amount,
    problem::FieldError,
    product::{CreateProductRequest, CreateVariantRequest, OptionValue, UpdateProductRequest},
};
use commerce_domain::{CategorySlug, Currency, Money, Product};
use rust_decimal::Decimal;

use super::WriteProductError;
use crate::catalog::{
    entry::{CatalogEntry, EntryCategory, EntryImage, EntryVariant, Extra},
    ports::ProductChange,
    rules::{self, MAX_IMAGES, Reason},
};

/// The bad fields of a request.
#[derive(Debug, Default)]
struct Bad(Vec<FieldError>);

impl Bad {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    fn take<T>(&mut self, field: impl Into<String>, outcome: Result<T, Reason>) -> Option<T> {
        outcome.map_err(|reason| self.add(field, reason)).ok()
    }

    /// The value if nothing was bad.
    fn or<T>(self, value: Option<T>) -> Result<T, WriteProductError> {
        value.filter(|_| self.0.is_empty()).ok_or(WriteProductError::Invalid(self.0))
    }
}

/// The product that a request describes, with a handle still to be given.
pub(super) fn entry(request: &CreateProductRequest) -> Result<CatalogEntry, WriteProductError> {
    let mut bad = Bad::default();
    bad.take("name", rules::name(&request.name));
    bad.take("description", rules::free_text(&request.description));
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

/// The change that a request asks of this product.
pub(super) fn change(request: &UpdateProductRequest, product: &Product) -> Result<ProductChange, WriteProductError> {
    let mut bad = Bad::default();
    if let Some(name) = &request.name {
        bad.take("name", rules::name(name));
    }
    if let Some(description) = &request.description {
        bad.take("description", rules::free_text(description));
    }
    if let Some(brand) = &request.brand {
        bad.take("brand", rules::name(brand));
    }
    if let Some(images) = &request.images {
        check_images(images, &mut bad);
    }
    if let Some(specifications) = &request.specifications {
        bad.take("specifications", rules::specifications(specifications));
    }
    let category = request.category_id.as_deref().and_then(|id| bad.take("categoryId", category(id)));
    let labels = request.tags.as_deref().and_then(|given| bad.take("tags", tags(given)));
    let price = request.price.and_then(|amount| bad.take("price", new_price(amount, product)));
    bad.or(Some(ProductChange {
        name: request.name.as_deref().map(|name| name.trim().to_owned()),
        description: request.description.clone(),
        category,
        price,
        brand: request.brand.as_deref().map(|brand| brand.trim().to_owned()),
        tags: labels,
        images: request.images.clone(),
        specifications: request.specifications.clone(),
    }))
}

fn new_price(amount: Amount, product: &Product) -> Result<Money, Reason> {
    match product.variants.as_slice() {
        [only] => positive(amount, only.price.currency()),
        _ => Err("belongs to the variants: the product has several".to_owned()),
    }
}

fn positive(amount: Amount, currency: Currency) -> Result<Money, Reason> {
    let price = rules::amount(amount, currency)?;
    if price.is_zero() { Err("must be greater than 0".to_owned()) } else { Ok(price) }
}

fn category(id: &str) -> Result<CategorySlug, Reason> {
    CategorySlug::from_category_id(id).map_err(|_| "must be the id of a category".to_owned())
}

fn currency(code: Option<&str>) -> Result<Currency, Reason> {
    code.map_or(Ok(Currency::USD), |code| code.parse().map_err(|_| "is no known currency".to_owned()))
}

fn tags(given: &[String]) -> Result<Vec<String>, Reason> {
    rules::tags(given.iter().map(String::as_str))
}

fn image(url: &str) -> EntryImage {
    EntryImage { url: url.to_owned(), alt: String::new(), extra: Extra::new() }
}

fn check_images(urls: &[String], bad: &mut Bad) {
    if urls.len() > MAX_IMAGES {
        bad.add("images", format!("has more than {MAX_IMAGES} images"));
    }
    for (index, url) in urls.iter().take(MAX_IMAGES).enumerate() {
        bad.take(format!("images[{index}]"), rules::image_url(url));
    }
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
    let options = pairs(&variant.options);
    let fits = rules::options(&options).and_then(|()| entry.room_for(&options));
    bad.take(at("options"), fits);
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

fn pairs(options: &[OptionValue]) -> Vec<(String, String)> {
    options.iter().map(|option| (option.name.trim().to_owned(), option.value.trim().to_owned())).collect()
}
