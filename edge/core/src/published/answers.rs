//! Answers made of published segments.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use commerce_api::{
    Sort,
    limits::MAX_TEXT,
    page::{Page, Pagination},
    product::{CategoryListResponse, CategoryResponse, ProductListResponse, ProductResponse, ProductSummary},
};
use commerce_catalog::{
    Categories, Category, Chunk, ChunkTable, Head, Listing, ListingGroup, ListingPage, ListingQuery, Order, Start,
    StockGroup, StockHead,
};
use commerce_domain::{CategorySlug, Product, ProductId};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Unreadable, Versions,
    head::{self, Current},
    segment,
    source::Source,
};
use crate::{platform::Platform, request::Call};

/// How many segments are read at once. A Worker has six connections at a time.
const AT_ONCE: usize = 6;

/// What is asked of the published catalog.
pub(crate) enum Wanted {
    /// One product in full.
    Product(ProductId),
    /// A page of products.
    Page { page: Page, category: Option<CategorySlug>, sort: Sort },
    /// All categories.
    Categories,
}

/// A body that was put together.
pub(crate) struct Built {
    pub(crate) body: Bytes,
    /// Whether there is anything in it. Pages without a product are endless, so none is worth storing.
    pub(crate) has_things: bool,
}

/// One head of each kind, which everything in an answer is of.
pub(crate) struct Heads {
    catalog: Current<Head>,
    stock: Current<StockHead>,
}

impl Heads {
    /// The latest that can be had. None where one of them cannot, or the shop has no bucket.
    pub(crate) async fn current<P: Platform>(call: &Call<'_, P>) -> Option<Self> {
        call.config.catalog_bucket.as_ref()?;
        let source = source(call);
        let (catalog, stock) = join(head::current(&source, call.now), head::current(&source, call.now)).await;
        Some(Self { catalog: catalog?, stock: stock? })
    }

    /// What names the states that they are of.
    pub(crate) fn versions(&self) -> Versions {
        [self.catalog.version, self.stock.version]
    }

    /// Since when it may be otherwise.
    pub(crate) fn as_of(&self) -> Timestamp {
        self.catalog.head.written_at.min(self.stock.head.as_of)
    }

    /// Whether that is longer ago than what is promised.
    pub(crate) fn is_stale(&self) -> bool {
        self.catalog.is_stale || self.stock.is_stale
    }

    /// The body; none where there is no such thing.
    ///
    /// # Errors
    /// [`Unreadable`] where a segment cannot be had.
    pub(crate) async fn body<P: Platform>(
        &self,
        call: &Call<'_, P>,
        wanted: &Wanted,
    ) -> Result<Option<Built>, Unreadable> {
        let pinned = Pinned { source: &source(call), heads: self };
        match wanted {
            Wanted::Product(id) => pinned.product_body(*id).await,
            Wanted::Page { page, category, sort } => pinned.page_body(*page, category.as_ref(), *sort).await.map(Some),
            Wanted::Categories => pinned.categories_body().await.map(Some),
        }
    }
}

fn source<'a, P>(call: &Call<'a, P>) -> Source<'a, P> {
    Source { platform: call.platform, config: call.config, request_id: call.request_id }
}

/// Heads, and where their segments are read.
struct Pinned<'a, P> {
    source: &'a Source<'a, P>,
    heads: &'a Heads,
}

impl<P: Platform> Pinned<'_, P> {
    async fn product_body(&self, id: ProductId) -> Result<Option<Built>, Unreadable> {
        let product = self.product(id).await?;
        Ok(product.as_ref().and_then(ProductResponse::of).map(|product| built(&product, true)))
    }

    async fn page_body(&self, page: Page, category: Option<&CategorySlug>, sort: Sort) -> Result<Built, Unreadable> {
        let below = match category {
            Some(slug) => Some(self.categories().await?.below(slug)),
            None => None,
        };
        let listing = self.listing().await?;
        let query = ListingQuery {
            categories: below.as_ref(),
            chosen: None,
            order: order(sort),
            start: Start::At(page.offset() as usize),
            limit: page.limit as usize,
        };
        let ListingPage { ids, total, .. } = listing.lock().unwrap_or_else(PoisonError::into_inner).page(&query);
        let products = stream::iter(ids).map(|id| self.product(id)).buffered(AT_ONCE);
        let products: Vec<Option<Product>> = products.try_collect().await?;
        let data: Vec<ProductSummary> = products.iter().flatten().filter_map(summary).collect();
        if data.len() != products.len() {
            return Err(Unreadable::Unfitting("a listed product is in no chunk"));
        }
        let has_things = !data.is_empty();
        Ok(built(&ProductListResponse { data, pagination: Pagination::new(page, total as u64) }, has_things))
    }

    async fn categories_body(&self) -> Result<Built, Unreadable> {
        let categories = self.categories().await?;
        let listing = self.listing().await?;
        let own: BTreeMap<CategorySlug, u64> = listing.lock().unwrap_or_else(PoisonError::into_inner).by_category();
        let response = |(category, product_count): (&Category, u64)| CategoryResponse {
            id: category.slug.category_id(),
            slug: category.slug.to_string(),
            name: category.name.clone(),
            parent_id: category.parent.as_ref().map(CategorySlug::category_id),
            product_count,
        };
        let data = categories.counted(&own).into_iter().map(response).collect();
        Ok(built(&CategoryListResponse { data }, true))
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, Unreadable> {
        let Some(group) = self.heads.catalog.head.group_of(id) else { return Ok(None) };
        let table: Arc<ChunkTable> = segment(self.source, group.chunks).await?;
        let Some(chunk) = table.chunk_of(id) else { return Ok(None) };
        let chunk: Arc<Chunk> = segment(self.source, chunk).await?;
        let slot = self.heads.stock.head.slot_of(id).ok_or(Unreadable::Unfitting("a product has no slot"))?;
        let stock: Arc<StockGroup> = segment(self.source, slot).await?;
        // A variant that nothing is known of was made a moment ago.
        let available = |variant| stock.level(variant).map_or(0, |level| i64::from(level.available));
        Ok(chunk.product(id, available)?)
    }

    async fn categories(&self) -> Result<Arc<Categories>, Unreadable> {
        segment(self.source, self.heads.catalog.head.categories).await
    }

    /// The list of all products of this head: put together once, by whoever asks first.
    async fn listing(&self) -> Result<Arc<Mutex<Listing>>, Unreadable> {
        let (memory, version) = (self.source.platform.memory(), self.heads.catalog.version);
        let kept = memory.published().listing.clone().filter(|(kept, _)| *kept == version);
        if let Some((_, listing)) = kept {
            return Ok(listing);
        }
        let groups = stream::iter(&self.heads.catalog.head.groups)
            .map(|group| segment::<ListingGroup, P>(self.source, group.listing));
        let groups: Vec<Arc<ListingGroup>> = groups.buffered(AT_ONCE).try_collect().await?;
        let listing = Arc::new(Mutex::new(Listing::of(groups.iter().map(Arc::as_ref))));
        memory.published().listing = Some((version, Arc::clone(&listing)));
        Ok(listing)
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

fn order(sort: Sort) -> Order {
    match sort {
        Sort::Newest => Order::Newest,
        Sort::PriceAscending => Order::PriceAscending,
        Sort::PriceDescending => Order::PriceDescending,
        Sort::Rating => Order::Rating,
        Sort::Name => Order::Name,
    }
}

fn built(body: &impl Serialize, has_things: bool) -> Built {
    Built { body: serde_json::to_vec(body).expect("should encode: texts and numbers into memory").into(), has_things }
}
