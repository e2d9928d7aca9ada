//! What publishing reads and writes.

use std::future::Future;

use bytes::Bytes;
use commerce_catalog::{Categories, Head, Segment, SegmentId, StockHead};
use commerce_domain::{Product, ProductId};

use crate::StoreError;

/// A note that something of a product has changed which shoppers see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotedChange {
    /// The product; it may be gone.
    pub product: ProductId,
    /// Another one for each change.
    pub token: i64,
}

/// A state of the catalog, and the changes that are noted in it.
#[derive(Debug)]
pub struct Noted<S> {
    /// The state.
    pub state: S,
    /// The notes.
    pub changes: Vec<NotedChange>,
}

/// The database's notes of what has changed. They are made in the transaction of the change.
pub trait NotedChanges: Send + Sync {
    /// One state of the catalog.
    type State: CatalogState;

    /// A state of the catalog, and the changes that are noted in it. Until it is finished or dropped, nobody else gets one: this is None
    /// then.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changes(&self) -> impl Future<Output = Result<Option<Noted<Self::State>>, StoreError>> + Send;
}

/// One state of the catalog, to be read in parts.
pub trait CatalogState: Send {
    /// Up to `limit` products that shoppers see, from this id on, in the order of ids. Fewer only at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn products(
        &mut self,
        from: Option<ProductId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Product>, StoreError>> + Send;

    /// All categories.
    ///
    /// # Errors
    /// [`StoreError`].
    fn categories(&mut self) -> impl Future<Output = Result<Categories, StoreError>> + Send;

    /// Ends the publication, and takes these notes away, but those that were made again.
    ///
    /// # Errors
    /// [`StoreError`].
    fn finish(self, published: &[NotedChange]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The head that was written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastHead<H> {
    /// What it says; none where there is none, or none of this format.
    pub head: Option<H>,
    /// Names the state of what is stored, for the target alone; none where nothing is.
    pub mark: Option<String>,
}

impl<H> Default for LastHead<H> {
    fn default() -> Self {
        Self { head: None, mark: None }
    }
}

/// Where the catalog is published to.
pub trait PublishTo: Send + Sync {
    /// The last head.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_head(&self) -> impl Future<Output = Result<LastHead<Head>, StoreError>> + Send;

    /// The bytes of a segment, where it is still there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn segment(&self, id: SegmentId) -> impl Future<Output = Result<Option<Bytes>, StoreError>> + Send;

    /// Writes a segment, also one that is there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_segment(&self, segment: &Segment) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes the head in the place of the last one, which is when readers see what was published. False where the last one is not
    /// the last any more: nothing was written.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_head(&self, head: &Head, last: &LastHead<Head>) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The last head of stock.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_stock(&self) -> impl Future<Output = Result<LastHead<StockHead>, StoreError>> + Send;

    /// As [`PublishTo::put_head`], for stock.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_stock(
        &self,
        head: &StockHead,
        last: &LastHead<StockHead>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
