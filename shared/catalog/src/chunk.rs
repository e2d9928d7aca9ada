//! Chunks: some products in full. And the table that says which chunk of a group a product is in.

use bytes::Bytes;
use commerce_domain::{Product, ProductId, VariantId};

use crate::{
    Kind, Segment, SegmentError, SegmentId, column,
    cut::{MAX_CHUNK, MAX_CHUNK_BYTES, starts_chunk},
    product, segment,
};

/// Some products in full, in the order of their ids.
#[derive(Debug, Clone)]
pub struct Chunk {
    ids: Vec<u128>,
    /// Where the record of each one ends.
    ends: Vec<u32>,
    records: Bytes,
}

impl Chunk {
    /// Reads a chunk, sharing its memory.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [ids, ends, records] = segment::read(Kind::Chunk, bytes)?;
        let ids: Vec<u128> = column::cells(&ids).collect();
        let ends = column::read(&ends, ids.len())?.collect();
        Ok(Self { ids, ends, records })
    }

    /// The product of that id, if it is in this chunk; `stock` tells what is there of a variant.
    ///
    /// # Errors
    /// [`SegmentError::Malformed`].
    pub fn product(&self, id: ProductId, stock: impl Fn(VariantId) -> i64) -> Result<Option<Product>, SegmentError> {
        let Ok(place) = self.ids.binary_search(&id.as_uuid().as_u128()) else { return Ok(None) };
        let end = self.ends[place] as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        let record = self.records.get(start..end).ok_or(SegmentError::Malformed("the end of a product"))?;
        product::read(id, record, stock).map(Some)
    }

    /// How many products it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it has none, as no chunk that was published.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// A chunk, and the id of its first product.
type CutChunk = (ProductId, Segment);

/// The chunks of products that stand in the order of their ids.
pub(crate) fn cut_into_chunks(products: &[Product]) -> Vec<CutChunk> {
    let mut chunks = Vec::new();
    let mut chunk = OpenChunk::default();
    for product in products {
        let record = product::write(product);
        if starts_chunk(product.id) || chunk.is_full_for(&record) {
            chunks.extend(std::mem::take(&mut chunk).close());
        }
        chunk.add(product.id, &record);
    }
    chunks.extend(chunk.close());
    chunks
}

#[derive(Default)]
struct OpenChunk {
    first: Option<ProductId>,
    ids: Vec<u128>,
    ends: Vec<u32>,
    records: Vec<u8>,
}

impl OpenChunk {
    fn is_full_for(&self, record: &[u8]) -> bool {
        self.ids.len() == MAX_CHUNK || self.records.len() + record.len() > MAX_CHUNK_BYTES
    }

    fn add(&mut self, id: ProductId, record: &[u8]) {
        self.first.get_or_insert(id);
        self.ids.push(id.as_uuid().as_u128());
        self.records.extend_from_slice(record);
        self.ends.push(u32::try_from(self.records.len()).expect("should fit: a chunk has few bytes"));
    }

    fn close(self) -> Option<CutChunk> {
        let sections = [column::write(self.ids), column::write(self.ends), self.records];
        Some((self.first?, segment::write(Kind::Chunk, &sections)))
    }
}

/// Which chunks a group has, by the first id of each.
#[derive(Debug, Clone)]
pub struct ChunkTable {
    firsts: Vec<u128>,
    chunks: Vec<SegmentId>,
}

impl ChunkTable {
    pub(crate) fn write(chunks: &[CutChunk]) -> Segment {
        let firsts = column::write(chunks.iter().map(|(first, _)| first.as_uuid().as_u128()));
        let names = chunks.iter().flat_map(|(_, chunk)| *chunk.id().as_bytes()).collect();
        segment::write(Kind::ChunkTable, &[firsts, names])
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [firsts, names] = segment::read(Kind::ChunkTable, bytes)?;
        let firsts: Vec<u128> = column::cells(&firsts).collect();
        let chunks = names.as_chunks().0.iter().map(|name| SegmentId::from_bytes(*name));
        let table = Self { firsts, chunks: chunks.collect() };
        if table.chunks.len() != table.firsts.len() || names.len() != 16 * table.chunks.len() {
            return Err(SegmentError::Malformed("the names of chunks"));
        }
        Ok(table)
    }

    /// The chunk that has the product, if the group has it.
    #[must_use]
    pub fn chunk_of(&self, id: ProductId) -> Option<SegmentId> {
        let behind = self.firsts.partition_point(|first| *first <= id.as_uuid().as_u128());
        self.chunks.get(behind.checked_sub(1)?).copied()
    }

    /// All chunks.
    pub fn chunks(&self) -> impl Iterator<Item = SegmentId> {
        self.chunks.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::samples::product;

    #[test]
    fn each_product_is_found_in_the_chunk_that_the_table_names() {
        let products: Vec<Product> = (0..500).map(product).collect();
        let chunks = cut_into_chunks(&products);
        assert!((8..40).contains(&chunks.len()), "{}", chunks.len());
        let table = ChunkTable::read(ChunkTable::write(&chunks).bytes()).unwrap();
        for product in &products {
            let id = table.chunk_of(product.id).unwrap();
            let (_, segment) = chunks.iter().find(|(_, chunk)| chunk.id() == id).unwrap();
            let chunk = Chunk::read(segment.bytes()).unwrap();
            assert_eq!(chunk.product(product.id, |_| 0).unwrap().unwrap().name, product.name);
        }
        let missing = product(501).id;
        let chunk = Chunk::read(chunks.last().unwrap().1.bytes()).unwrap();
        assert_eq!(chunk.product(missing, |_| 0), Ok(None));
    }

    #[test]
    fn what_is_before_the_first_chunk_is_in_none() {
        let table = ChunkTable::read(ChunkTable::write(&cut_into_chunks(&[product(5)])).bytes()).unwrap();
        assert_eq!(table.chunk_of(product(4).id), None);
        assert!(table.chunk_of(product(5).id).is_some());
    }

    #[test]
    fn large_products_make_small_chunks() {
        let large = |index| Product { description: "x".repeat(100_000), ..product(index) };
        let products: Vec<Product> = (0..40).map(large).collect();
        for (_, chunk) in cut_into_chunks(&products) {
            assert!(Chunk::read(chunk.bytes()).unwrap().len() <= 2);
        }
    }
}
