//! A product that is to change.

use commerce_api::product::{UpdateProductRequest, UpdateVariantRequest};
use commerce_domain::{Currency, catalog::MAX_VARIANTS};

use super::{Bad, category, check_images, image, positive, tags};
use crate::catalog::{
    entry::CatalogEntry,
    ports::{ProductChange, StoredProduct, VariantChange},
    rules,
    write::WriteProductError,
};

/// The change that a request asks of this product.
pub(in crate::catalog::write) fn change(
    request: &UpdateProductRequest,
    stored: &StoredProduct,
) -> Result<ProductChange, WriteProductError> {
    let mut bad = Bad::default();
    if let Some(name) = &request.name {
        bad.take("name", rules::name(name));
    }
    if let Some(description) = &request.description {
        bad.take("description", rules::description(description));
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
    let variants = variant_changes(request, stored, &mut bad);
    let change = ProductChange {
        name: request.name.as_deref().map(|name| name.trim().to_owned()),
        description: request.description.clone(),
        category,
        brand: request.brand.as_deref().map(|brand| brand.trim().to_owned()),
        tags: labels,
        images: request.images.clone(),
        specifications: request.specifications.clone(),
        published: request.published,
        variants,
    };
    bad.take("body", rules::size(&applied(&change, stored)));
    bad.or(Some(change))
}

fn variant_changes(request: &UpdateProductRequest, stored: &StoredProduct, bad: &mut Bad) -> Vec<VariantChange> {
    let mut changes = Vec::new();
    match (request.price, request.variants.as_deref(), stored.variant_ids.as_slice()) {
        (Some(_), Some(_), _) => bad.add("price", "belongs to the variants where they are named"),
        (Some(amount), None, [only]) => {
            let price = bad.take("price", positive(amount, stored.entry.currency));
            changes.push(VariantChange { price, ..VariantChange::of(*only) });
        }
        (Some(_), None, _) => bad.add("price", "belongs to the variants: the product has several"),
        (None, Some(named), _) if named.len() > MAX_VARIANTS => {
            bad.add("variants", format!("has more than {MAX_VARIANTS} entries"));
        }
        (None, named, _) => {
            for (index, variant) in named.unwrap_or_default().iter().enumerate() {
                let twice = changes.iter().any(|earlier: &VariantChange| earlier.id == variant.id);
                if twice || !stored.variant_ids.contains(&variant.id) {
                    let reason = if twice { "is named twice" } else { "is no variant of the product" };
                    bad.add(format!("variants[{index}].id"), reason);
                }
                changes.push(variant_change(variant, index, stored.entry.currency, bad));
            }
        }
    }
    changes
}

fn variant_change(variant: &UpdateVariantRequest, index: usize, currency: Currency, bad: &mut Bad) -> VariantChange {
    let at = |field: &str| format!("variants[{index}].{field}");
    let price = variant.price.and_then(|amount| bad.take(at("price"), positive(amount, currency)));
    if let Some(sku) = &variant.sku {
        bad.take(at("sku"), rules::name(sku));
    }
    if let Some(grams) = variant.weight_grams {
        bad.take(at("weightGrams"), rules::grams(grams));
    }
    if let Some(limit) = variant.backorder_limit {
        bad.take(at("backorderLimit"), rules::count(i64::from(limit)));
    }
    VariantChange {
        id: variant.id,
        price,
        sku: variant.sku.as_deref().map(|sku| sku.trim().to_owned()),
        weight_grams: variant.weight_grams,
        backorder_limit: variant.backorder_limit,
    }
}

/// The product once it has changed, as far as its size depends on that.
fn applied(change: &ProductChange, stored: &StoredProduct) -> CatalogEntry {
    let mut entry = stored.entry.clone();
    entry.name = change.name.clone().unwrap_or(entry.name);
    entry.description = change.description.clone().unwrap_or(entry.description);
    entry.brand = change.brand.clone().or(entry.brand);
    entry.tags = change.tags.clone().unwrap_or(entry.tags);
    entry.specifications = change.specifications.clone().unwrap_or(entry.specifications);
    if let Some(urls) = &change.images {
        entry.images = urls.iter().map(|url| image(url)).collect();
    }
    for changed in &change.variants {
        let place = stored.variant_ids.iter().position(|id| *id == changed.id);
        if let Some(variant) = place.and_then(|place| entry.variants.get_mut(place)) {
            variant.sku = changed.sku.clone().or(variant.sku.take());
        }
    }
    entry
}
