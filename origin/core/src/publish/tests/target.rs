//! A target in memory, which may stop at any write.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use bytes::Bytes;
use commerce_catalog::{Chunk, ChunkTable, Head, ListingGroup, Segment, SegmentError, SegmentId, StockHead};
use commerce_domain::Product;

use crate::{
    StoreError,
    publish::{LastHead, PublishTo},
};

#[derive(Default)]
struct Stored {
    head: Option<Bytes>,
    stock: Option<Bytes>,
    segments: BTreeMap<SegmentId, Bytes>,
    writes: usize,
    /// How many writes go through before all fail.
    left: Option<usize>,
    /// What somebody else writes just before the next head.
    rival: Option<Bytes>,
}

#[derive(Default)]
pub(in super::super) struct Target(Mutex<Stored>);

impl Target {
    fn write(&self) -> Result<MutexGuard<'_, Stored>, StoreError> {
        let mut stored = self.0.lock().unwrap();
        if let Some(left) = &mut stored.left {
            *left = left.checked_sub(1).ok_or_else(|| StoreError::unavailable("stopped"))?;
        }
        stored.writes += 1;
        Ok(stored)
    }

    /// Puts other bytes in the place of a head just before the next one is written.
    pub(in super::super) fn rival(&self, rival: Bytes) {
        self.0.lock().unwrap().rival = Some(rival);
    }

    fn replace(
        &self,
        place: fn(&mut Stored) -> &mut Option<Bytes>,
        head: Bytes,
        last: Option<&String>,
    ) -> Result<bool, StoreError> {
        let rival = self.0.lock().unwrap().rival.take();
        let mut stored = self.write()?;
        if let Some(rival) = rival {
            *place(&mut stored) = Some(rival);
        }
        let place = place(&mut stored);
        let is_last = place.as_ref().map(mark).as_ref() == last;
        if is_last {
            *place = Some(head);
        }
        Ok(is_last)
    }

    /// Writes since the last call.
    pub(in super::super) fn writes(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().writes)
    }

    pub(in super::super) fn stop_after(&self, writes: Option<usize>) {
        self.0.lock().unwrap().left = writes;
    }

    pub(in super::super) fn current(&self) -> Head {
        Head::read(self.0.lock().unwrap().head.as_ref().unwrap()).unwrap()
    }

    pub(in super::super) fn bytes(&self, id: SegmentId) -> Bytes {
        let bytes = self.0.lock().unwrap().segments.get(&id).cloned().unwrap();
        Segment::verified(id, bytes).unwrap().bytes().clone()
    }

    /// Everything that the head leads to, read as a reader reads it.
    pub(in super::super) fn read(&self) -> Vec<Product> {
        let mut products = Vec::new();
        for group in self.current().groups {
            let table = ChunkTable::read(&self.bytes(group.chunks)).unwrap();
            let listing = ListingGroup::read(&self.bytes(group.listing)).unwrap();
            assert_eq!(listing.ids().count(), group.count);
            for id in listing.ids() {
                let chunk = Chunk::read(&self.bytes(table.chunk_of(id).unwrap())).unwrap();
                products.push(chunk.product(id, |_| 0).unwrap().unwrap());
            }
            assert_eq!(listing.ids().next(), Some(group.from));
        }
        products
    }
}

impl PublishTo for Target {
    async fn last_head(&self) -> Result<LastHead<Head>, StoreError> {
        Ok(last(self.0.lock().unwrap().head.as_ref(), Head::read))
    }

    async fn segment(&self, id: SegmentId) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.lock().unwrap().segments.get(&id).cloned())
    }

    async fn put_segment(&self, segment: &Segment) -> Result<(), StoreError> {
        self.write()?.segments.insert(segment.id(), segment.bytes().clone());
        Ok(())
    }

    async fn put_head(&self, head: &Head, last: &LastHead<Head>) -> Result<bool, StoreError> {
        self.replace(|stored| &mut stored.head, head.write().into(), last.mark.as_ref())
    }

    async fn last_stock(&self) -> Result<LastHead<StockHead>, StoreError> {
        Ok(last(self.0.lock().unwrap().stock.as_ref(), StockHead::read))
    }

    async fn put_stock(&self, head: &StockHead, last: &LastHead<StockHead>) -> Result<bool, StoreError> {
        self.replace(|stored| &mut stored.stock, head.write().into(), last.mark.as_ref())
    }
}

fn last<H>(stored: Option<&Bytes>, read: fn(&[u8]) -> Result<H, SegmentError>) -> LastHead<H> {
    LastHead { head: stored.and_then(|bytes| read(bytes).ok()), mark: stored.map(mark) }
}

fn mark(stored: &Bytes) -> String {
    SegmentId::of(stored).to_string()
}
