//! What a search answers beside its list: what else could be chosen, what was perhaps meant, and how a text could go on.

use std::{collections::BTreeMap, sync::Arc};

use commerce_api::{
    Route,
    listing::{
        FacetValue, Facets, OptionFacet, PRICE_BOUNDS, PriceFacet, ProductFilter, ProductListQuery, RatingFacet,
        SearchResponse, SuggestQuery, SuggestResponse,
    },
    page::Page,
};
use commerce_catalog::{FacetCounts, Search, SearchGroup};

use super::{
    Unreadable,
    answers::{Built, Pinned, built},
    list::{Matched, lock, selection},
};
use crate::platform::Platform;

/// How many products are shown beside completions.
const SUGGESTED: u32 = 5;
/// Prices are kept in ten-thousandths.
const PRICE_PARTS: i64 = 10_000;

impl<P: Platform> Pinned<'_, P> {
    pub(super) async fn search_body(&self, query: &ProductListQuery) -> Result<Built, Unreadable> {
        let matched = self.matched(&query.filter).await?;
        let list = self.list(Route::Search, query, &matched).await?;
        let facets = self.facets(&query.filter, &matched).await?;
        let has_things = !list.data.is_empty();
        let did_you_mean = matched.found.and_then(|found| found.did_you_mean);
        let response = SearchResponse::new(list, facets, did_you_mean);
        let body = response.write(query).expect("should encode: texts and numbers into memory").into();
        Ok(Built { body, has_things })
    }

    async fn facets(&self, filter: &ProductFilter, matched: &Matched) -> Result<Facets, Unreadable> {
        let groups = self.chosen_from(true).await?;
        let selection = selection(filter);
        let in_category = matched.below.as_ref().map(|below| lock(&matched.listing).in_categories(below));
        let bounds = PRICE_BOUNDS.map(|bound| i64::from(bound) * PRICE_PARTS);
        let (mut counts, mut first) = (FacetCounts::default(), 0);
        for group in &groups {
            let is_candidate = |place: usize| {
                matched.is_found(first + place)
                    && in_category.as_ref().is_none_or(|is_in| is_in.get(first + place) == Some(&true))
            };
            counts.add(&selection, &group.chosen(), &bounds, is_candidate);
            first += group.facets.len();
        }
        let is_chosen = |place| matched.chosen.as_ref().is_none_or(|chosen| chosen.get(place) == Some(&true));
        let by_category = lock(&matched.listing).by_category(|place| matched.is_found(place) && is_chosen(place));
        let categories = by_category.into_iter().map(|(slug, count)| (slug.to_string(), count));
        Ok(facets(counts, categories))
    }

    pub(super) async fn suggestions_body(&self, query: &SuggestQuery) -> Result<Built, Unreadable> {
        let groups: Vec<Arc<SearchGroup>> = self.of_groups(|group| group.search).await?;
        let terms = Search::new(groups.iter().map(Arc::as_ref)).complete(&query.text, query.limit);
        let data = match terms.first() {
            Some((text, _)) => {
                let listed = ProductListQuery::found(text.clone(), Page { page: 1, limit: SUGGESTED });
                let matched = self.matched(&listed.filter).await?;
                self.list(Route::Search, &listed, &matched).await?.data
            }
            None => Vec::new(),
        };
        let data: Vec<_> = data.into_iter().map(Into::into).collect();
        let has_things = !data.is_empty();
        let terms = terms.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
        Ok(built(&SuggestResponse { data, terms }, has_things))
    }
}

fn facets(counts: FacetCounts, categories: impl Iterator<Item = (String, u64)>) -> Facets {
    let values = |counts: BTreeMap<String, usize>| {
        FacetValue::most(counts.into_iter().map(|(value, count)| (value, count as u64)))
    };
    let prices: Vec<u64> = counts.prices.iter().map(|count| *count as u64).collect();
    let option = |(name, counts)| OptionFacet { name, values: values(counts) };
    Facets {
        categories: FacetValue::most(categories),
        brands: values(counts.brands),
        options: counts.options.into_iter().map(option).collect(),
        prices: PriceFacet::ranges(&prices),
        ratings: RatingFacet::points(counts.ratings.map(|count| count as u64)),
        in_stock: counts.in_stock as u64,
    }
}
