//! The published catalog, as the edge reads it: segments and heads that an instance keeps, and finds in the key-value store or in the
//! bucket. One answer is made of one head of the catalog and one of stock.

mod answers;
mod head;
mod list;
mod made;
mod search;
mod segments;
mod source;
pub(crate) mod stored;

use std::sync::{Arc, Mutex};

use commerce_catalog::{Head, Listing, SegmentError, SegmentId, StockHead};

use self::{
    head::Held,
    segments::{Kept, Segments},
    source::{Missing, Source},
};
use crate::platform::Platform;

pub(crate) use answers::{Built, Heads, Wanted};
pub(crate) use made::{Made, MadeAnswers};

/// What names a state of the catalog, and one of stock.
pub(crate) type Versions = [SegmentId; 2];

/// What an instance keeps of the published catalog. Public data only.
pub(crate) struct Published {
    catalog: Held<Head>,
    stock: Held<StockHead>,
    segments: Segments,
    /// The list of all products of one state of the catalog, and the version of that.
    listing: Option<(SegmentId, Arc<Mutex<Listing>>)>,
}

impl Published {
    pub(crate) const fn new() -> Self {
        Self { catalog: Held::new(), stock: Held::new(), segments: Segments::new(), listing: None }
    }
}

/// What there is of a segment that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    Malformed(#[from] SegmentError),
    #[error("the segments of one head do not fit together: {0}")]
    Unfitting(&'static str),
}

/// The segment, of those that the instance keeps if possible.
async fn segment<K: Kept, P: Platform>(source: &Source<'_, P>, id: SegmentId) -> Result<Arc<K>, Unreadable> {
    let kept = source.platform.memory().published().segments.get::<K>(id);
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let bytes = source.segment(id).await?;
    let read = Arc::new(K::read(&bytes)?);
    source.platform.memory().published().segments.insert(id, Arc::clone(&read), bytes.len());
    Ok(read)
}
