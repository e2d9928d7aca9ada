//! Walking through a list whose entries may stay in it.

use super::SweepReport;
use crate::StoreError;

/// Entries that one question brings.
const PAGE: u32 = 100;
/// A sweep ends in bounded time: what lies behind these pages waits for the next one.
const MAX_PAGES: u32 = 20;

/// The way through one list.
pub(super) struct Pages<I> {
    after: Option<I>,
    left: u32,
}

impl<I> Default for Pages<I> {
    fn default() -> Self {
        Self { after: None, left: MAX_PAGES }
    }
}

impl<I: Copy> Pages<I> {
    /// How many entries to ask for now; none if the list is through.
    pub(super) fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        Some(PAGE)
    }

    /// From where on.
    pub(super) fn after(&self) -> Option<I> {
        self.after
    }

    /// The entries of this page. A question that failed is counted, and ends the list.
    pub(super) fn take<T>(
        &mut self,
        listed: Result<Vec<T>, StoreError>,
        id: impl Fn(&T) -> I,
        report: &mut SweepReport,
    ) -> Vec<T> {
        let found = listed.unwrap_or_else(|error| {
            tracing::warn!(%error, "not swept");
            report.failures += 1;
            Vec::new()
        });
        self.after = found.last().map(id);
        if found.len() < PAGE as usize {
            self.left = 0;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the pages that are asked for, of a list as long as that.
    fn walk(mut entries: usize) -> Vec<usize> {
        let (mut pages, mut report, mut sizes) = (Pages::<usize>::default(), SweepReport::default(), Vec::new());
        while let Some(limit) = pages.next() {
            let page = entries.min(limit as usize);
            entries -= page;
            sizes.push(pages.take(Ok(vec![0; page]), |entry| *entry, &mut report).len());
        }
        sizes
    }

    #[test]
    fn a_list_is_walked_to_its_end_or_for_as_long_as_a_sweep_may_take() {
        assert_eq!(walk(0), [0]);
        assert_eq!(walk(99), [99]);
        assert_eq!(walk(100), [100, 0]);
        assert_eq!(walk(101), [100, 1]);
        assert_eq!(walk(10_000).len(), MAX_PAGES as usize);
    }

    #[test]
    fn a_question_that_fails_is_counted_and_ends_the_list() {
        let (mut pages, mut report) = (Pages::<usize>::default(), SweepReport::default());
        assert_eq!(pages.next(), Some(PAGE));
        let nothing: Vec<usize> = pages.take(Err(StoreError::unavailable("no")), |entry| *entry, &mut report);
        assert_eq!((nothing.len(), report.failures, pages.next()), (0, 1, None));
    }
}
