//! The port to what is known about returns.

use std::future::Future;

use commerce_domain::{OrderId, ReturnId, state::OrderStatus};

use super::types::{NewReturn, RestockDue, Return, Returnable};
use crate::StoreError;

/// What became of the wish to take goods back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginReturn {
    /// There is no such order.
    NoOrder,
    /// Nothing of an order in this state comes back.
    NotTaken(OrderStatus),
    /// Of these lines fewer pieces are left than would come back; none is left of what was not ordered.
    TooMany(Vec<Returnable>),
    /// What was paid for shipping went back with an earlier return.
    ShippingGone,
    /// The return of this request, written down now or before.
    Begun(Box<Return>),
}

/// Returns.
pub trait ReturnStore: Send + Sync {
    /// Writes a return down, or finds the one of the same request. Under the lock of the order, in one transaction: the return,
    /// what is left of each line, the refund of what the pieces cost or of what is left of the payment if that is less, the
    /// entries of the stock's ledger, the event, and the note that the counters have to follow.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written, and will be found.
    fn begin_return(&self, new: &NewReturn) -> impl Future<Output = Result<BeginReturn, StoreError>> + Send;

    /// The returns of an order, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_returns(&self, order: OrderId) -> impl Future<Output = Result<Vec<Return>, StoreError>> + Send;

    /// Notes that the counters have followed. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_restocked(&self, id: ReturnId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns that the counters have not followed, after `after` in the order of ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_restocks_due(
        &self,
        after: Option<ReturnId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<RestockDue>, StoreError>> + Send;
}
