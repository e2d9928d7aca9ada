//! What a search answers beside its list: what else could be chosen, what was perhaps meant, and how a text could go on.

use std::{collections::BTreeMap, sync::Arc};

use commerce_api::{
    Route,
    listing::{
        FacetValue, Facets, OptionFacet, PRICE_BOUNDS, PriceFacet, ProductFilter, ProductListQuery, RatingFacet,
        SearchResponse, SuggestQuery, SuggestResponse,
    },
};
use commerce_catalog::{FacetCounts, Search, SearchGroup};

use super::{
    Unreadable,
    answers::{Built, Pinned, built},
    list::{ChosenFrom, Matched, PRICE_PARTS, lock, selection},
};
use crate::platform::Platform;

/// How many products are shown beside completions.
const SUGGESTED: u32 = 5;

impl<P: Platform> Pinned<'_, P> {
    pub(super) async fn search_body(&self, query: &ProductListQuery) -> Result<Built, Unreadable> {
        let groups = self.chosen_from(true).await?;
        let matched = self.matched_of(&query.filter, &groups).await?;
        let list = self.list(Route::Search, query, &matched).await?;
        let facets = count_facets(&query.filter, &groups, &matched);
        let has_things = !list.data.is_empty();
        let did_you_mean = matched.found.and_then(|found| found.did_you_mean);
        let response = SearchResponse::new(list, facets, did_you_mean);
        let body = response.write(query).expect("should encode: texts and numbers into memory").into();
        Ok(Built { body, has_things })
    }

    pub(super) async fn suggestions_body(&self, query: &SuggestQuery) -> Result<Built, Unreadable> {
        let groups: Vec<Arc<SearchGroup>> = self.of_groups(|group| group.search).await?;
        let terms = Search::new(groups.iter().map(Arc::as_ref)).complete(&query.text, query.limit);
        let data = match terms.first() {
            Some((text, _)) => self.best(text.clone(), SUGGESTED).await?,
            None => Vec::new(),
        };
        let data: Vec<_> = data.into_iter().map(Into::into).collect();
        let has_things = !data.is_empty();
        let terms = terms.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
        Ok(built(&SuggestResponse { data, terms }, has_things))
    }
}

fn count_facets(filter: &ProductFilter, groups: &[ChosenFrom], matched: &Matched) -> Facets {
    let selection = selection(filter);
    let in_category = matched.below.as_ref().map(|below| lock(&matched.listing).in_categories(below));
    let bounds = PRICE_BOUNDS.map(|bound| i64::from(bound) * PRICE_PARTS);
    let (mut counts, mut first) = (FacetCounts::default(), 0);
    for group in groups {
        let is_candidate = |place: usize| {
            matched.is_found(first + place)
                && in_category.as_ref().is_none_or(|is_in| is_in.get(first + place) == Some(&true))
        };
        counts.add(&selection, &group.chosen(), &bounds, is_candidate);
        first += group.facets.len();
    }
    let is_counted = |place| matched.is_found(place) && matched.is_chosen(place);
    let by_category = lock(&matched.listing).by_category(is_counted);
    facets(counts, by_category.into_iter().map(|(slug, count)| (slug.to_string(), count)))
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
