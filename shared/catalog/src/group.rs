//! A group: about two thousand products, and the segments that are made of them.

use commerce_domain::{Product, ProductId};

use crate::{
    ChunkTable, FacetGroup, HeadGroup, ListingGroup, SearchGroup, Segment,
    chunk::cut_into_chunks,
    cut::{MAX_GROUP, starts_group},
};

/// The segments of a group, and what the head says of it.
#[derive(Debug, Clone)]
pub struct BuiltGroup {
    /// What the head says of it.
    pub entry: HeadGroup,
    /// All that the head's words lead to.
    pub segments: Vec<Segment>,
}

/// Where the group of the first of these products ends: how many of them are in it. None if it goes on behind the last one. The ids
/// are sorted.
#[must_use]
pub fn group_end(ids: impl IntoIterator<Item = ProductId>) -> Option<usize> {
    let mut ids = ids.into_iter().enumerate().skip(1);
    ids.find(|(place, id)| *place == MAX_GROUP || starts_group(*id)).map(|(place, _)| place)
}

/// The segments of a group of products, which stand in the order of their ids; none of no products.
#[must_use]
pub fn build_group(products: &[Product]) -> Option<BuiltGroup> {
    let from = products.first()?.id;
    let chunks = cut_into_chunks(products);
    let table = ChunkTable::write(&chunks);
    let listing = ListingGroup::write(products);
    let facets = FacetGroup::write(products);
    let search = SearchGroup::write(products);
    let entry = HeadGroup {
        from,
        count: products.len(),
        chunks: table.id(),
        listing: listing.id(),
        facets: facets.id(),
        search: search.id(),
    };
    let mut segments: Vec<Segment> = chunks.into_iter().map(|(_, chunk)| chunk).collect();
    segments.extend([table, listing, facets, search]);
    Some(BuiltGroup { entry, segments })
}
