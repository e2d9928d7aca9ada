//! What lists of products can be asked for: which products, in which order, which part of the list, and what of each product.

mod cursor;
mod fields;
mod filter;
mod response;
mod search;

use crate::{
    Problem, Sort, limits,
    page::{Page, limit_of},
    query::Query,
};

pub use cursor::{CursorKey, ProductCursor};
pub use fields::Fields;
pub use filter::ProductFilter;
pub use response::{ProductLinks, ProductListResponse};
pub use search::{
    FacetValue, Facets, OptionFacet, PRICE_BOUNDS, PriceFacet, RatingFacet, SearchResponse, SuggestQuery,
    SuggestResponse, SuggestedProduct,
};

/// The best found first: the order of what a text finds, where none is asked for.
const RELEVANCE: &str = "relevance";

/// Which part of a list of products was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductSlice {
    /// By number.
    Page(Page),
    /// What comes behind a product, at most so many.
    Behind(ProductCursor, u32),
}

/// A question for a list of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductListQuery {
    /// Which products.
    pub filter: ProductFilter,
    /// In which order; none where the best found come first, which only a text has.
    pub sort: Option<Sort>,
    /// Which part of the list.
    pub slice: ProductSlice,
    /// What of each product; none for all of it.
    pub fields: Option<Fields>,
}

impl Default for ProductListQuery {
    fn default() -> Self {
        let (filter, slice) = (ProductFilter::default(), ProductSlice::Page(Page::default()));
        Self { filter, sort: Some(Sort::default()), slice, fields: None }
    }
}

impl ProductListQuery {
    /// The best of what a text finds.
    #[must_use]
    pub fn found(text: String, page: Page) -> Self {
        let filter = ProductFilter { text: Some(text), ..ProductFilter::default() };
        Self { filter, sort: None, slice: ProductSlice::Page(page), fields: None }
    }

    /// Whether a list takes a parameter of that name.
    #[must_use]
    pub fn takes(name: &str) -> bool {
        ProductFilter::NAMES.contains(&name) || ["page", "limit", "cursor", "sort", "fields"].contains(&name)
    }

    /// Reads the known parameters of a query; others change nothing.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn parse(query: &Query) -> Result<Self, Problem> {
        let filter = ProductFilter::parse(query)?;
        let sort = match (query.one("sort")?, &filter.text) {
            (None | Some(RELEVANCE), Some(_)) => None,
            (text, _) => Some(Sort::parse(text)?),
        };
        let slice = slice(query, sort)?;
        let fields = query.one("fields")?.map(Fields::parse).transpose()?;
        Ok(Self { filter, sort, slice, fields })
    }

    /// The parameters that differ from their defaults, sorted by name and encoded one way: equal for equal questions.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut query = Query::default();
        self.filter.write(&mut query);
        if self.limit() != limits::DEFAULT_PAGE_SIZE {
            query.push("limit", self.limit().to_string());
        }
        match &self.slice {
            ProductSlice::Page(Page { page: 1, .. }) => {}
            ProductSlice::Page(page) => query.push("page", page.page.to_string()),
            ProductSlice::Behind(cursor, _) => query.push("cursor", cursor.to_string()),
        }
        if let Some(sort) = self.sort.filter(|sort| self.filter.text.is_some() || *sort != Sort::default()) {
            query.push("sort", sort.as_str());
        }
        if let Some(fields) = &self.fields {
            query.push("fields", fields.to_string());
        }
        query.canonical()
    }

    /// The most products that the part holds.
    #[must_use]
    pub fn limit(&self) -> u32 {
        match &self.slice {
            ProductSlice::Page(page) => page.limit,
            ProductSlice::Behind(_, limit) => *limit,
        }
    }
}

fn slice(query: &Query, sort: Option<Sort>) -> Result<ProductSlice, Problem> {
    let limit = query.one("limit")?;
    let Some(cursor) = query.one("cursor")? else {
        return Page::parse(query.one("page")?, limit).map(ProductSlice::Page);
    };
    let refused = |why: &'static str| Problem::invalid("cursor", why);
    if query.one("page")?.is_some() {
        return Err(refused("must not stand beside page"));
    }
    let cursor: ProductCursor = cursor.parse().map_err(|_| refused("is not a cursor of this list"))?;
    match sort {
        Some(sort) if sort == cursor.sort => Ok(ProductSlice::Behind(cursor, limit_of(limit)?)),
        Some(_) => Err(refused("is of a list in another order")),
        None => Err(refused("a list of the best found has pages alone")),
    }
}

#[cfg(test)]
mod tests;
