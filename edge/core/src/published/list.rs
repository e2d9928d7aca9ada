//! Lists of products, chosen and sorted from published segments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use commerce_api::{
    Sort,
    limits::MAX_TEXT,
    listing::{CursorKey, ProductCursor, ProductFilter, ProductListQuery, ProductListResponse, ProductSlice},
    product::ProductSummary,
};
use commerce_catalog::{
    Chosen, FacetGroup, HeadGroup, Listing, ListingGroup, ListingPage, ListingQuery, Mark, MarkKey, Order, Search,
    SearchGroup, Selection, Start, StockGroup, choose, slot,
};
use commerce_domain::Product;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    Unreadable,
    answers::{AT_ONCE, Built, Pinned},
    segment,
    segments::Kept,
};
use crate::platform::Platform;

impl<P: Platform> Pinned<'_, P> {
    pub(super) async fn list_body(&self, query: &ProductListQuery) -> Result<Built, Unreadable> {
        let page = self.listed(query).await?;
        let products = stream::iter(page.ids).map(|id| self.product(id)).buffered(AT_ONCE);
        let products: Vec<Option<Product>> = products.try_collect().await?;
        let data: Vec<ProductSummary> = products.iter().flatten().filter_map(summary).collect();
        if data.len() != products.len() {
            return Err(Unreadable::Unfitting("a listed product is in no chunk"));
        }
        let has_things = !data.is_empty();
        let next = page.next.zip(query.sort).map(|(mark, sort)| cursor(mark, sort));
        let response = ProductListResponse::new(query, data, page.total as u64, next);
        let body = response.write(query).expect("should encode: texts and numbers into memory").into();
        Ok(Built { body, has_things })
    }

    async fn listed(&self, query: &ProductListQuery) -> Result<ListingPage, Unreadable> {
        let filter = &query.filter;
        let below = match &filter.category {
            Some(slug) => Some(self.categories().await?.below(slug)),
            None => None,
        };
        let mut chosen = self.chosen(filter).await?;
        let scores = match &filter.text {
            Some(text) => Some(self.scores(text).await?),
            None => None,
        };
        if let (Some(scores), Some(_)) = (&scores, query.sort) {
            let chosen = chosen.get_or_insert_with(|| vec![true; scores.len()]);
            chosen.iter_mut().zip(scores).for_each(|(chosen, score)| *chosen &= *score > 0);
        }
        let listing = self.listing().await?;
        let asked = ListingQuery {
            categories: below.as_ref(),
            chosen: chosen.as_deref(),
            order: query.sort.map_or(Order::Newest, order),
            start: start(&query.slice),
            limit: query.limit() as usize,
        };
        Ok(match (&scores, query.sort) {
            (Some(scores), None) => lock(&listing).best(scores, &asked),
            _ => lock(&listing).page(&asked),
        })
    }

    /// Of each product, in the order of ids, whether it is chosen by what is not its category; none where nothing else is asked.
    async fn chosen(&self, filter: &ProductFilter) -> Result<Option<Vec<bool>>, Unreadable> {
        let selection = selection(filter);
        if selection == Selection::default() {
            return Ok(None);
        }
        let facets: Vec<Arc<FacetGroup>> = self.of_groups(|group| group.facets).await?;
        let listings: Vec<Arc<ListingGroup>> = self.of_groups(|group| group.listing).await?;
        let slots = if filter.in_stock { self.slots().await? } else { Vec::new() };
        let mut all = Vec::new();
        for (facets, listing) in facets.iter().zip(&listings) {
            let level = |product, variant| slots.get(slot(product, slots.len()))?.level(variant);
            let in_stock = if filter.in_stock { facets.in_stock(listing.ids(), level) } else { Vec::new() };
            all.extend(choose(&selection, &Chosen { facets, ratings: listing.ratings(), in_stock: &in_stock }, |_| {
                true
            }));
        }
        Ok(Some(all))
    }

    /// Of each product, in the order of ids, how well a text finds it.
    async fn scores(&self, text: &str) -> Result<Vec<u32>, Unreadable> {
        let groups: Vec<Arc<SearchGroup>> = self.of_groups(|group| group.search).await?;
        Ok(Search::new(groups.iter().map(Arc::as_ref)).find(text).scores)
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

fn lock(listing: &Mutex<Listing>) -> MutexGuard<'_, Listing> {
    listing.lock().unwrap_or_else(PoisonError::into_inner)
}

fn selection(filter: &ProductFilter) -> Selection {
    Selection {
        brands: filter.brands.clone(),
        tags: filter.tags.clone(),
        least_rating: filter.rating_min.map(|rating| u16::try_from(scaled(rating, 100)).unwrap_or(u16::MAX)),
        least_price: filter.price_min.map(|price| scaled(price, 10_000)),
        most_price: filter.price_max.map(|price| scaled(price, 10_000)),
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
