//! The groups of the next head: those that nothing has happened to as they are, the others built anew.

use std::collections::BTreeSet;

use commerce_catalog::{ChunkTable, HeadGroup, SegmentId, build_group, group_end, starts_group};
use commerce_domain::{Product, ProductId};

use super::ports::{CatalogState, PublishTo};
use crate::StoreError;

/// Products that are read at once.
const PAGE: u32 = 500;

/// Reads products on from one place.
struct Stream<'a, S> {
    state: &'a mut S,
    /// What was read and is in no group yet.
    ahead: Vec<Product>,
    next: Next,
}

/// What is to be read next.
#[derive(Clone, Copy)]
enum Next {
    /// The page that begins here; with the first product where nothing is said.
    Page(Option<ProductId>),
    /// Nothing: all was read.
    End,
}

impl<S: CatalogState> Stream<'_, S> {
    /// Reads a page. Each page begins with the last product of the one before, which is there already.
    async fn read(&mut self) -> Result<(), StoreError> {
        let Next::Page(from) = self.next else { return Ok(()) };
        let page = self.state.products(from, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        self.next = match page.last() {
            Some(last) if !is_last => Next::Page(Some(last.id)),
            _ => Next::End,
        };
        let repeated = usize::from(!self.ahead.is_empty());
        self.ahead.extend(page.into_iter().skip(repeated));
        Ok(())
    }

    /// The products of the next group.
    async fn group(&mut self) -> Result<Vec<Product>, StoreError> {
        loop {
            if let Some(end) = group_end(self.ahead.iter().map(|product| product.id)) {
                let rest = self.ahead.split_off(end);
                return Ok(std::mem::replace(&mut self.ahead, rest));
            }
            if matches!(self.next, Next::End) {
                return Ok(std::mem::take(&mut self.ahead));
            }
            self.read().await?;
        }
    }

    /// The first product of the next group.
    async fn peek(&mut self) -> Result<Option<ProductId>, StoreError> {
        if self.ahead.is_empty() {
            self.read().await?;
        }
        Ok(self.ahead.first().map(|product| product.id))
    }
}

/// The groups of the last head on their way to those of the next.
pub(super) struct Regroup<'a, S, T> {
    state: &'a mut S,
    target: &'a T,
    old: Vec<HeadGroup>,
    new: Vec<HeadGroup>,
    written: usize,
}

impl<'a, S: CatalogState, T: PublishTo> Regroup<'a, S, T> {
    pub(super) fn new(state: &'a mut S, target: &'a T, old: Vec<HeadGroup>) -> Self {
        Self { state, target, old, new: Vec::new(), written: 0 }
    }

    /// How many segments were written.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// All groups, built anew.
    pub(super) async fn all(&mut self) -> Result<Vec<HeadGroup>, StoreError> {
        self.rebuild(0).await?;
        Ok(std::mem::take(&mut self.new))
    }

    /// All groups, of which those are built anew that one of the changed products is in, was in, or comes into.
    pub(super) async fn around(&mut self, changed: BTreeSet<ProductId>) -> Result<Vec<HeadGroup>, StoreError> {
        if self.old.is_empty() {
            return if changed.is_empty() { Ok(Vec::new()) } else { self.all().await };
        }
        let mut at = 0;
        while let Some(group) = self.old.get(at) {
            let is_changed = match (at, self.old.get(at + 1)) {
                (0, None) => !changed.is_empty(),
                (0, Some(next)) => changed.range(..next.from).next().is_some(),
                (_, None) => changed.range(group.from..).next().is_some(),
                (_, Some(next)) => changed.range(group.from..next.from).next().is_some(),
            };
            if is_changed {
                at = self.rebuild(at).await?;
            } else {
                self.new.push(group.clone());
                at += 1;
            }
        }
        Ok(std::mem::take(&mut self.new))
    }

    /// Builds groups from the old one at `at`, until one ends where an old one begins. Returns the place of that.
    async fn rebuild(&mut self, at: usize) -> Result<usize, StoreError> {
        let mut from = self.old.get(at).filter(|_| at > 0).map(|group| group.from);
        loop {
            let mut stream = Stream { state: &mut *self.state, ahead: Vec::new(), next: Next::Page(from) };
            let Some(first) = stream.peek().await? else { return Ok(self.old.len()) };
            // Where the first product of a group is gone, what follows belongs to the group before.
            if let Some(before) = self.new.last()
                && Some(first) != from
                && !starts_group(first)
            {
                from = Some(before.from).filter(|_| self.new.len() > 1);
                self.new.pop();
                continue;
            }
            loop {
                let products = stream.group().await?;
                let Some(built) = build_group(&products) else { return Ok(self.old.len()) };
                let known = known_chunks(self.target, &self.old, &built.entry).await?;
                for segment in &built.segments {
                    if !known.contains(&segment.id()) {
                        self.target.put_segment(segment).await?;
                        self.written += 1;
                    }
                }
                self.new.push(built.entry);
                let Some(next) = stream.peek().await? else { return Ok(self.old.len()) };
                if let Ok(place) = self.old.binary_search_by_key(&next, |group| group.from) {
                    return Ok(place);
                }
            }
        }
    }
}

/// What the last head leads to in the place of this group. A table that cannot be read only means that more is written.
async fn known_chunks<T: PublishTo>(
    target: &T,
    old: &[HeadGroup],
    group: &HeadGroup,
) -> Result<BTreeSet<SegmentId>, StoreError> {
    let behind = old.partition_point(|old| old.from <= group.from);
    let Some(before) = old.get(behind.saturating_sub(1)) else { return Ok(BTreeSet::new()) };
    let mut known = BTreeSet::from(before.names());
    let table = target.segment(before.chunks).await?;
    if let Some(table) = table.and_then(|bytes| ChunkTable::read(&bytes).ok()) {
        known.extend(table.chunks());
    }
    Ok(known)
}
