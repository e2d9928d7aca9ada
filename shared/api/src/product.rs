//! Products and categories on the wire.

use std::collections::BTreeMap;

use commerce_domain::{Product, Variant, VariantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, DecimalNumber};

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductSummary {
    /// `prod_…`
    pub id: String,
    /// The name.
    pub name: String,
    /// The description; of a long one its first 10,000 characters.
    pub description: String,
    /// The lowest price of its variants.
    pub price: Amount,
    /// The currency of every price of the product.
    pub currency: String,
    /// The category's slug.
    pub category: String,
    /// The maker.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brand: Option<String>,
    /// The first image; null if there is none.
    pub image_url: Option<String>,
    /// What can be bought now, all variants together, as of the last projection.
    pub stock: i64,
    /// 0 to 5.
    pub rating: DecimalNumber,
    /// How many reviews.
    pub review_count: u32,
}

/// A product in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductResponse {
    /// `prod_…`
    pub id: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The lowest price of its variants.
    pub price: Amount,
    /// The currency of every price of the product.
    pub currency: String,
    /// The category's slug.
    pub category: String,
    /// The maker.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brand: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Image URLs.
    pub images: Vec<String>,
    /// What is particular to it.
    pub specifications: BTreeMap<String, String>,
    /// What can be bought.
    pub variants: Vec<VariantResponse>,
    /// What can be bought now, all variants together, as of the last projection.
    pub stock: i64,
    /// 0 to 5.
    pub rating: DecimalNumber,
    /// How many reviews.
    pub review_count: u32,
    /// Grows with each change.
    pub version: u64,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    pub updated_at: Timestamp,
}

/// A variant of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariantResponse {
    /// `var_…`
    pub id: String,
    /// The merchant's number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// Name and value of each option.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Amount,
    /// The weight of one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_grams: Option<u32>,
    /// What can be bought now, as of the last projection.
    pub stock: i64,
}

/// One option of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionValue {
    /// "Size"
    pub name: String,
    /// "XL"
    pub value: String,
}

/// `POST /products`. Either `price` and `stock` for a product with one variant, or `variants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProductRequest {
    /// 1 to 255 characters.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// `cat_<slug>` of an existing category.
    pub category_id: String,
    /// The price of the only variant.
    pub price: Option<Amount>,
    /// ISO 4217; USD if absent.
    pub currency: Option<String>,
    /// The stock of the only variant.
    pub stock: Option<i64>,
    /// The merchant's number of the only variant.
    pub sku: Option<String>,
    /// The maker.
    pub brand: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Image URLs.
    #[serde(default)]
    pub images: Vec<String>,
    /// What is particular to it.
    #[serde(default)]
    pub specifications: BTreeMap<String, String>,
    /// The variants, where there are several.
    #[serde(default)]
    pub variants: Vec<CreateVariantRequest>,
}

/// A variant of a new product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateVariantRequest {
    /// The merchant's number.
    pub sku: Option<String>,
    /// Name and value of each option; distinct among the variants.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Amount,
    /// How many there are.
    #[serde(default)]
    pub stock: i64,
    /// The weight of one.
    pub weight_grams: Option<u32>,
    /// How many may be sold beyond the stock; zero if absent.
    #[serde(default)]
    pub backorder_limit: u32,
}

/// Answers `POST /products`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProductResponse {
    /// `prod_…`
    pub id: String,
    /// The name.
    pub name: String,
    /// Where to `PUT` an image; null where no object store is configured.
    pub image_upload_url: Option<String>,
    /// The variants, to tell their ids.
    pub variants: Vec<VariantResponse>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
}

/// `PUT /products/{productId}`: what is named changes, what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProductRequest {
    /// 1 to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `cat_<slug>` of an existing category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<String>,
    /// The new price of the only variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// Whether shoppers see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<bool>,
    /// Variants that change, each once; the others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<UpdateVariantRequest>>,
    /// The maker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// All labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// All image URLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<String>>,
    /// All specifications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specifications: Option<BTreeMap<String, String>>,
}

/// A change of a variant: what is named changes, what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateVariantRequest {
    /// `var_…` of the product.
    pub id: VariantId,
    /// The new price of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// The merchant's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The weight of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// How many may be sold beyond the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder_limit: Option<u32>,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryResponse {
    /// `cat_<slug>`
    pub id: String,
    /// The slug.
    pub slug: String,
    /// The name.
    pub name: String,
    /// The id of the category above; null at the top.
    pub parent_id: Option<String>,
    /// How many products are listed in it and below it.
    pub product_count: u64,
}

/// `GET /categories`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryListResponse {
    /// All categories, by slug.
    pub data: Vec<CategoryResponse>,
}

impl ProductSummary {
    /// The product as lists show it; None for a product without variants, which no store holds.
    #[must_use]
    pub fn of(product: &Product) -> Option<Self> {
        let price = product.price()?;
        Some(Self {
            id: product.id.to_string(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price.into(),
            currency: price.currency().to_string(),
            category: product.category.to_string(),
            brand: product.brand.clone(),
            image_url: product.images.first().cloned(),
            stock: product.stock(),
            rating: DecimalNumber(product.rating),
            review_count: product.review_count,
        })
    }
}

impl ProductResponse {
    /// The product in full; None for a product without variants, which no store holds.
    #[must_use]
    pub fn of(product: &Product) -> Option<Self> {
        let price = product.price()?;
        Some(Self {
            id: product.id.to_string(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price.into(),
            currency: price.currency().to_string(),
            category: product.category.to_string(),
            brand: product.brand.clone(),
            tags: product.tags.clone(),
            images: product.images.clone(),
            specifications: product.specifications.clone(),
            variants: product.variants.iter().map(VariantResponse::of).collect(),
            stock: product.stock(),
            rating: DecimalNumber(product.rating),
            review_count: product.review_count,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        })
    }
}

impl VariantResponse {
    /// The variant.
    #[must_use]
    pub fn of(variant: &Variant) -> Self {
        Self {
            id: variant.id.to_string(),
            sku: variant.sku.clone(),
            options: option_values(&variant.options),
            price: variant.price.into(),
            weight_grams: variant.weight_grams,
            stock: variant.stock,
        }
    }
}

/// Pairs of name and value as the wire has them.
#[must_use]
pub fn option_values(options: &[(String, String)]) -> Vec<OptionValue> {
    options.iter().map(|(name, value)| OptionValue { name: name.clone(), value: value.clone() }).collect()
}
