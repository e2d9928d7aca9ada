//! Lists of products, chosen and sorted from published segments.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use commerce_api::{
    Route, Sort,
    limits::MAX_TEXT,
    listing::{CursorKey, ProductCursor, ProductFilter, ProductListQuery, ProductListResponse, ProductSlice},
    page::Page,
    product::ProductSummary,
};
use commerce_catalog::{
    Chosen, FacetGroup, Found, HeadGroup, Listing, ListingGroup, ListingPage, ListingQuery, Mark, MarkKey, Order,
    Search, SearchGroup, Selection, Start, StockGroup, choose, slot,
};
use commerce_domain::{CategorySlug, Product};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    Unreadable,
    answers::{AT_ONCE, Built, Pinned},
    segment,
    segments::Kept,
};
use crate::platform::Platform;

/// Prices are kept in ten-thousandths.
pub(super) const PRICE_PARTS: i64 = 10_000;

/// The products that a filter leaves. Each list is of all products, in the order of ids.
pub(super) struct Matched {
    pub(super) listing: Arc<Mutex<Listing>>,
    /// The category that is wanted and those below it.
    pub(super) below: Option<BTreeSet<CategorySlug>>,
    /// Whether it is chosen by what is neither its category nor a text; none where nothing such is asked.
    chosen: Option<Vec<bool>>,
    /// How well the text finds it, where there is one.
    pub(super) found: Option<Found>,
}

impl<P: Platform> Pinned<'_, P> {
    pub(super) async fn list_body(&self, query: &ProductListQuery) -> Result<Built, Unreadable> {
        let matched = self.matched(&query.filter).await?;
        let list = self.list(Route::ListProducts, query, &matched).await?;
        let body = list.write(query).expect("should encode: texts and numbers into memory").into();
        Ok(Built { body, has_things: !list.data.is_empty() })
    }

    /// The part of the list that is asked for, with links to others under the route.
    pub(super) async fn list(
        &self,
        route: Route,
        query: &ProductListQuery,
        matched: &Matched,
    ) -> Result<ProductListResponse, Unreadable> {
        let page = matched.page(query);
        let products = stream::iter(page.ids).map(|id| self.product(id)).buffered(AT_ONCE);
        let products: Vec<Option<Product>> = products.try_collect().await?;
        let data: Vec<ProductSummary> = products.iter().flatten().filter_map(summary).collect();
        if data.len() != products.len() {
            return Err(Unreadable::Unfitting("a listed product is in no chunk"));
        }
        let next = page.next.zip(query.sort).map(|(mark, sort)| cursor(mark, sort));
        Ok(ProductListResponse::new(route.pattern(), query, data, page.total as u64, next))
    }

    async fn matched(&self, filter: &ProductFilter) -> Result<Matched, Unreadable> {
        let asks = selection(filter) != Selection::default();
        let groups = if asks { self.chosen_from(filter.in_stock).await? } else { Vec::new() };
        self.matched_of(filter, &groups).await
    }

    /// The same, of groups that were read already.
    pub(super) async fn matched_of(
        &self,
        filter: &ProductFilter,
        groups: &[ChosenFrom],
    ) -> Result<Matched, Unreadable> {
        let below = match &filter.category {
            Some(slug) => Some(self.categories().await?.below(slug)),
            None => None,
        };
        let selection = selection(filter);
        let chosen = (selection != Selection::default())
            .then(|| groups.iter().flat_map(|group| choose(&selection, &group.chosen(), |_| true)).collect());
        let found = match &filter.text {
            Some(text) => Some(self.find(text).await?),
            None => None,
        };
        Ok(Matched { listing: self.listing().await?, below, chosen, found })
    }

    /// The best of what a text finds.
    pub(super) async fn best(&self, text: String, limit: u32) -> Result<Vec<ProductSummary>, Unreadable> {
        let query = ProductListQuery::found(text, Page { page: 1, limit });
        let matched = self.matched(&query.filter).await?;
        Ok(self.list(Route::Search, &query, &matched).await?.data)
    }

    /// What products are chosen by, group by group.
    pub(super) async fn chosen_from(&self, with_stock: bool) -> Result<Vec<ChosenFrom>, Unreadable> {
        let facets: Vec<Arc<FacetGroup>> = self.of_groups(|group| group.facets).await?;
        let listings: Vec<Arc<ListingGroup>> = self.of_groups(|group| group.listing).await?;
        let slots = if with_stock { self.slots().await? } else { Vec::new() };
        let level = |product, variant| slots.get(slot(product, slots.len()))?.level(variant);
        let group = |(facets, listing): (Arc<FacetGroup>, Arc<ListingGroup>)| {
            let in_stock = if with_stock { facets.in_stock(listing.ids(), level) } else { Vec::new() };
            ChosenFrom { facets, listing, in_stock }
        };
        Ok(facets.into_iter().zip(listings).map(group).collect())
    }

    async fn find(&self, text: &str) -> Result<Found, Unreadable> {
        let groups: Vec<Arc<SearchGroup>> = self.of_groups(|group| group.search).await?;
        Ok(Search::new(groups.iter().map(Arc::as_ref)).find(text))
    }

    /// One segment of each group, in the order of ids.
    pub(super) async fn of_groups<K: Kept>(
        &self,
        id: impl Fn(&HeadGroup) -> commerce_catalog::SegmentId,
    ) -> Result<Vec<Arc<K>>, Unreadable> {
        let ids = self.heads.catalog.head.groups.iter().map(id);
        stream::iter(ids).map(|id| segment(self.source, id)).buffered(AT_ONCE).try_collect().await
    }

    async fn slots(&self) -> Result<Vec<Arc<StockGroup>>, Unreadable> {
        let ids = self.heads.stock.head.slots.iter().copied();
        stream::iter(ids).map(|id| segment(self.source, id)).buffered(AT_ONCE).try_collect().await
    }
}

/// What the products of a group are chosen by.
pub(super) struct ChosenFrom {
    pub(super) facets: Arc<FacetGroup>,
    listing: Arc<ListingGroup>,
    in_stock: Vec<bool>,
}

impl ChosenFrom {
    pub(super) fn chosen(&self) -> Chosen<'_> {
        Chosen { facets: &self.facets, ratings: self.listing.ratings(), in_stock: &self.in_stock }
    }
}

impl Matched {
    /// Whether the text finds the product at a place, if there is a text.
    pub(super) fn is_found(&self, place: usize) -> bool {
        self.found.as_ref().is_none_or(|found| found.scores.get(place).is_some_and(|score| *score > 0))
    }

    /// Whether the product at a place is chosen, if anything is asked but a category and a text.
    pub(super) fn is_chosen(&self, place: usize) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.get(place) == Some(&true))
    }

    fn page(&self, query: &ProductListQuery) -> ListingPage {
        let by_text = match (&self.found, query.sort) {
            (Some(found), Some(_)) => {
                Some((0..found.scores.len()).map(|place| self.is_found(place) && self.is_chosen(place)).collect())
            }
            _ => None,
        };
        let chosen: Option<&Vec<bool>> = by_text.as_ref().or(self.chosen.as_ref());
        let asked = ListingQuery {
            categories: self.below.as_ref(),
            chosen: chosen.map(Vec::as_slice),
            order: query.sort.map_or(Order::Newest, order),
            start: start(&query.slice),
            limit: query.limit() as usize,
        };
        let mut listing = lock(&self.listing);
        match (&self.found, query.sort) {
            (Some(found), None) => listing.best(&found.scores, &asked),
            _ => listing.page(&asked),
        }
    }
}

pub(super) fn lock(listing: &Mutex<Listing>) -> MutexGuard<'_, Listing> {
    listing.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn selection(filter: &ProductFilter) -> Selection {
    Selection {
        brands: filter.brands.clone(),
        tags: filter.tags.clone(),
        least_rating: filter.rating_min.map(|rating| u16::try_from(scaled(rating, 100)).unwrap_or(u16::MAX)),
        least_price: filter.price_min.map(|price| scaled(price, PRICE_PARTS)),
        most_price: filter.price_max.map(|price| scaled(price, PRICE_PARTS)),
        in_stock: filter.in_stock,
        options: filter.options.clone(),
    }
}

/// A number in parts of one. It fits: the API takes twelve digits before the point.
fn scaled(number: Decimal, parts: i64) -> i64 {
    (number * Decimal::from(parts)).to_i64().unwrap_or(i64::MAX)
}

fn start(slice: &ProductSlice) -> Start {
    match slice {
        ProductSlice::Page(page) => Start::At(page.offset() as usize),
        ProductSlice::Behind(ProductCursor { key, id, .. }, _) => {
            let key = match key {
                CursorKey::Number(number) => MarkKey::Number(*number),
                CursorKey::Text(text) => MarkKey::Text(text.clone()),
            };
            Start::Behind(Mark { key, id: *id })
        }
    }
}

fn cursor(Mark { key, id }: Mark, sort: Sort) -> ProductCursor {
    let key = match key {
        MarkKey::Number(number) => CursorKey::Number(number),
        MarkKey::Text(text) => CursorKey::Text(text),
    };
    ProductCursor { sort, key, id }
}

fn order(sort: Sort) -> Order {
    match sort {
        Sort::Newest => Order::Newest,
        Sort::PriceAscending => Order::PriceAscending,
        Sort::PriceDescending => Order::PriceDescending,
        Sort::Rating => Order::Rating,
        Sort::Name => Order::Name,
    }
}

/// The product as lists show it: of a long description its beginning.
fn summary(product: &Product) -> Option<ProductSummary> {
    let mut summary = ProductSummary::of(product)?;
    if let Some((end, _)) = summary.description.char_indices().nth(MAX_TEXT) {
        summary.description.truncate(end);
    }
    Some(summary)
}
