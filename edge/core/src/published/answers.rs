//! Answers made of published segments.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use commerce_api::{
    listing::{ProductListQuery, SuggestQuery},
    product::{CategoryListResponse, CategoryResponse, ProductResponse},
};
use commerce_catalog::{Categories, Category, Chunk, ChunkTable, Head, Listing, ListingGroup, StockGroup, StockHead};
use commerce_domain::{CategorySlug, Product, ProductId};
use futures_util::future::join;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Unreadable, Versions,
    head::{self, Current},
    list::lock,
    segment,
    source::Source,
};
use crate::{platform::Platform, request::Call};

/// How many segments are read at once. A Worker has six connections at a time.
pub(super) const AT_ONCE: usize = 6;

/// What is asked of the published catalog.
pub(crate) enum Wanted {
    /// One product in full.
    Product(ProductId),
    /// A list of products.
    List(ProductListQuery),
    /// The same, with counts of what else could be chosen.
    Search(ProductListQuery),
    /// Completions.
    Suggestions(SuggestQuery),
    /// All categories.
    Categories,
}

/// A body that was put together.
pub(crate) struct Built {
    pub(crate) body: Bytes,
    /// Whether there is anything in it.
    pub(crate) has_things: bool,
}

/// One head of each kind, which everything in an answer is of.
pub(crate) struct Heads {
    pub(super) catalog: Current<Head>,
    pub(super) stock: Current<StockHead>,
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
            Wanted::List(query) => pinned.list_body(query).await.map(Some),
            Wanted::Search(query) => pinned.search_body(query).await.map(Some),
            Wanted::Suggestions(query) => pinned.suggestions_body(query).await.map(Some),
            Wanted::Categories => pinned.categories_body().await.map(Some),
        }
    }
}

fn source<'a, P>(call: &Call<'a, P>) -> Source<'a, P> {
    Source { platform: call.platform, config: call.config, request_id: call.request_id }
}

/// Heads, and where their segments are read.
pub(super) struct Pinned<'a, P> {
    pub(super) source: &'a Source<'a, P>,
    pub(super) heads: &'a Heads,
}

impl<P: Platform> Pinned<'_, P> {
    async fn product_body(&self, id: ProductId) -> Result<Option<Built>, Unreadable> {
        let product = self.product(id).await?;
        Ok(product.as_ref().and_then(ProductResponse::of).map(|product| built(&product, true)))
    }

    async fn categories_body(&self) -> Result<Built, Unreadable> {
        let categories = self.categories().await?;
        let listing = self.listing().await?;
        let own: BTreeMap<CategorySlug, u64> = lock(&listing).by_category(|_| true);
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

    pub(super) async fn product(&self, id: ProductId) -> Result<Option<Product>, Unreadable> {
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

    pub(super) async fn categories(&self) -> Result<Arc<Categories>, Unreadable> {
        segment(self.source, self.heads.catalog.head.categories).await
    }

    /// The list of all products of this head: put together once, by whoever asks first.
    pub(super) async fn listing(&self) -> Result<Arc<Mutex<Listing>>, Unreadable> {
        let (memory, version) = (self.source.platform.memory(), self.heads.catalog.version);
        let kept = memory.published().listing.clone().filter(|(kept, _)| *kept == version);
        if let Some((_, listing)) = kept {
            return Ok(listing);
        }
        let groups: Vec<Arc<ListingGroup>> = self.of_groups(|group| group.listing).await?;
        let listing = Arc::new(Mutex::new(Listing::of(groups.iter().map(Arc::as_ref))));
        memory.published().listing = Some((version, Arc::clone(&listing)));
        Ok(listing)
    }
}

pub(super) fn built(body: &impl Serialize, has_things: bool) -> Built {
    Built { body: serde_json::to_vec(body).expect("should encode: texts and numbers into memory").into(), has_things }
}
