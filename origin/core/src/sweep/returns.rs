//! Goods that came back, and are not on the counters yet.

use super::{Sweeping, pages::Pages};
use crate::{
    Backend,
    hooks::Stopped,
    returns::{ReturnStore as _, restock},
};

impl<B: Backend> Sweeping<'_, B> {
    /// Puts them there.
    pub(super) async fn restock_returns(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_restocks_due(pages.after(), limit).await;
            for due in pages.take(listed, |due| due.id, &mut self.report) {
                if restock(self.backend, &due).await? {
                    self.report.returns += 1;
                } else {
                    self.report.failures += 1;
                }
            }
        }
        Ok(())
    }
}
