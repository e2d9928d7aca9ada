//! What a search answers: a list, what else could be chosen, and what was perhaps meant.

use serde::{Deserialize, Serialize};

use super::{ProductLinks, ProductListQuery, ProductListResponse, filter::is_text};
use crate::{Amount, Problem, cursor::SlicePagination, product::ProductSummary, query::Query};

/// Prices are counted below the first, between two each, and from the last on.
pub const PRICE_BOUNDS: [u32; 7] = [10, 25, 50, 100, 250, 500, 1_000];
/// How many brands, and how many values of an option, are told: those that most products have.
const MAX_VALUES: usize = 50;
/// The longest text that is completed, in characters.
const MAX_TEXT: usize = 100;
const MAX_TERMS: usize = 20;
const DEFAULT_TERMS: usize = 8;

/// `GET /search`: a list of products, with the counts beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchResponse {
    /// The products.
    pub data: Vec<ProductSummary>,
    /// Where they stand.
    pub pagination: SlicePagination,
    /// What to ask for next.
    pub links: ProductLinks,
    /// What else could be chosen.
    pub facets: Facets,
    /// The text as it was perhaps meant, where words of it are nowhere; else null.
    pub did_you_mean: Option<String>,
}

/// How many products would be listed by each value of one facet, everything else that is asked as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    /// By the category that they are in themselves, by slug.
    pub categories: Vec<FacetValue>,
    /// By brand.
    pub brands: Vec<FacetValue>,
    /// By option.
    pub options: Vec<OptionFacet>,
    /// By the price of a variant.
    pub prices: Vec<PriceFacet>,
    /// Rated so or better.
    pub ratings: Vec<RatingFacet>,
    /// With a variant that can be bought.
    pub in_stock: u64,
}

/// A value, and how many products have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// How many products have it.
    pub count: u64,
}

/// The values of an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OptionFacet {
    /// "Size"
    pub name: String,
    /// "XL", and how many products have a variant with it.
    pub values: Vec<FacetValue>,
}

/// A range of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFacet {
    /// From there on.
    pub from: u32,
    /// Below that; null for the last range.
    pub to: Option<u32>,
    /// How many products have a variant that costs so much.
    pub count: u64,
}

/// A rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingFacet {
    /// 1 to 5.
    pub min: u8,
    /// How many products are rated so or better.
    pub count: u64,
}

impl FacetValue {
    /// Those that most products have, at most fifty; the first by name among equals. Values that none has are left out.
    #[must_use]
    pub fn most(counts: impl IntoIterator<Item = (String, u64)>) -> Vec<Self> {
        let mut all: Vec<Self> =
            counts.into_iter().filter(|(_, count)| *count > 0).map(|(value, count)| Self { value, count }).collect();
        all.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
        all.truncate(MAX_VALUES);
        all
    }
}

impl PriceFacet {
    /// The ranges that somebody has, of counts for each range of [`PRICE_BOUNDS`].
    #[must_use]
    pub fn ranges(counts: &[u64]) -> Vec<Self> {
        let froms = std::iter::once(0).chain(PRICE_BOUNDS);
        let tos = PRICE_BOUNDS.into_iter().map(Some).chain([None]);
        let all = froms.zip(tos).zip(counts).map(|((from, to), count)| Self { from, to, count: *count });
        all.filter(|range| range.count > 0).collect()
    }
}

impl RatingFacet {
    /// Of counts for five points or better, four, three, two and one.
    #[must_use]
    pub fn points(counts: [u64; 5]) -> Vec<Self> {
        (1..=5).rev().zip(counts).map(|(min, count)| Self { min, count }).collect()
    }
}

impl SearchResponse {
    /// The list with what stands beside it.
    #[must_use]
    pub fn new(list: ProductListResponse, facets: Facets, did_you_mean: Option<String>) -> Self {
        let ProductListResponse { data, pagination, links } = list;
        Self { data, pagination, links, facets, did_you_mean }
    }

    /// As JSON, with those fields of each product that were asked for.
    ///
    /// # Errors
    /// None that occurs: texts and numbers are written into memory.
    pub fn write(&self, query: &ProductListQuery) -> serde_json::Result<Vec<u8>> {
        super::response::write(self, query)
    }
}

/// A text to complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestQuery {
    /// What was typed so far.
    pub text: String,
    /// How many completions at most.
    pub limit: usize,
}

impl SuggestQuery {
    /// Reads `q` and `limit`.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn parse(query: &Query) -> Result<Self, Problem> {
        let text = query.one("q")?.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_text(&text, MAX_TEXT) {
            return Err(Problem::invalid(
                "q",
                format!("must have 1 to {MAX_TEXT} characters, none of them a control one"),
            ));
        }
        let limit = query.one("limit")?.map(|limit| limit.parse().ok().filter(|limit| (1..=MAX_TERMS).contains(limit)));
        let limit = limit.unwrap_or(Some(DEFAULT_TERMS));
        let limit =
            limit.ok_or_else(|| Problem::invalid("limit", format!("must be a whole number from 1 to {MAX_TERMS}")))?;
        Ok(Self { text, limit })
    }

    /// Whether it takes a parameter of that name.
    #[must_use]
    pub fn takes(name: &str) -> bool {
        ["q", "limit"].contains(&name)
    }

    /// The parameters that differ from their defaults, spelled one way.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut query = Query::default();
        query.push("q", &self.text);
        if self.limit != DEFAULT_TERMS {
            query.push("limit", self.limit.to_string());
        }
        query.canonical()
    }
}

/// `GET /search/suggest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestResponse {
    /// The products that the first of the completions finds best.
    pub data: Vec<SuggestedProduct>,
    /// The text with its last word completed, and how many products have that word.
    pub terms: Vec<FacetValue>,
}

/// A product as a list of suggestions shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedProduct {
    /// `prod_…`
    pub id: String,
    /// The name.
    pub name: String,
    /// The lowest price of its variants.
    pub price: Amount,
    /// The currency of the price.
    pub currency: String,
    /// The first image; null if there is none.
    pub image_url: Option<String>,
}

impl From<ProductSummary> for SuggestedProduct {
    fn from(product: ProductSummary) -> Self {
        let ProductSummary { id, name, price, currency, image_url, .. } = product;
        Self { id, name, price, currency, image_url }
    }
}
