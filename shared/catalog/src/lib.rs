//! The published catalog: what the origin writes once for every change, and the edge reads for every request.
//!
//! It is made of segments that never change and are named by what is in them, and of one head that names them. Products stand in the
//! order of their ids, cut into groups of about two thousand and, within a group, into chunks of about thirty. Where a cut is depends
//! on the ids alone, so a change moves no cut but those beside it, and everything of a group is a function of its products: whoever
//! publishes the same products writes the same bytes.
//!
//! Pure: no I/O, no clock. What reads bytes trusts none of them: a segment that is not what its name says, or not what its kind says,
//! is an error, never a panic.

mod categories;
mod chunk;
mod column;
mod cut;
mod facets;
mod group;
mod head;
mod listing;
mod product;
mod search;
mod segment;
mod select;
mod stock;
mod stock_head;
mod text;
mod view;

pub use categories::{Categories, Category};
pub use chunk::{Chunk, ChunkTable};
pub use cut::starts_group;
pub use facets::FacetGroup;
pub use group::{BuiltGroup, build_group, group_end};
pub use head::{Head, HeadGroup};
pub use listing::ListingGroup;
pub use search::{Found, Search, SearchGroup};
pub use segment::{FORMAT, HEAD_KEY, Kind, Segment, SegmentError, SegmentId, segment_key};
pub use select::{Chosen, FacetCounts, Selection, choose};
pub use stock::{StockGroup, StockLevel};
pub use stock_head::{STOCK_HEAD_KEY, StockHead, slot, slots_for, stock_place};
pub use view::{Listing, ListingPage, ListingQuery, Mark, MarkKey, Order, Start};
