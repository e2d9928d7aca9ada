//! Returns as they are written down.

use commerce_domain::{EventId, Money, OrderId, RefundId, ReturnId, VariantId};
use jiff::Timestamp;

use crate::{idempotency::Hash, inventory::MovedLine, refunds::Refund};

/// Pieces of one line of an order that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnLine {
    /// The variant.
    pub variant_id: VariantId,
    /// How many, 1 to 999.
    pub quantity: u32,
    /// Whether they are put on sale again.
    pub restock: bool,
}

/// A return to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// The id, if there is none of this request yet.
    pub id: ReturnId,
    /// The order.
    pub order_id: OrderId,
    /// Whose request it is, under which key: the same request returns once.
    pub request: Hash,
    /// 1 to 99 lines, each variant once.
    pub lines: Vec<ReturnLine>,
    /// Whether what was paid for shipping goes back too.
    pub shipping: bool,
    /// The shop's note, 1 to 200 characters.
    pub reason: Option<String>,
    /// The id of its refund.
    pub refund: RefundId,
    /// The id of the event that tells of it.
    pub event: EventId,
    /// Now.
    pub now: Timestamp,
}

/// A line of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnedLine {
    /// The pieces.
    pub line: ReturnLine,
    /// What they had cost, tax included.
    pub amount: Money,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The return.
    pub id: ReturnId,
    /// The order.
    pub order_id: OrderId,
    /// Its lines, by variant.
    pub lines: Vec<ReturnedLine>,
    /// What goes back of the shipping, tax included; none where it was not asked for.
    pub shipping: Option<Money>,
    /// What all of it had cost. The refund is less where less was left of the payment.
    pub amount: Money,
    /// The refund; none where nothing was left to send back.
    pub refund: Option<Refund>,
    /// Whether pieces have yet to be put onto the counters.
    pub restock_due: bool,
    /// The shop's note.
    pub reason: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
}

impl Return {
    /// What has yet to be put onto the counters.
    #[must_use]
    pub fn due(&self) -> Option<RestockDue> {
        let restocked = self.lines.iter().map(|returned| returned.line).filter(|line| line.restock);
        let moved = |line: ReturnLine| MovedLine { variant_id: line.variant_id, quantity: i64::from(line.quantity) };
        self.restock_due.then(|| RestockDue { id: self.id, lines: restocked.map(moved).collect() })
    }
}

/// Pieces of a return that have to go onto the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestockDue {
    /// The return.
    pub id: ReturnId,
    /// The pieces.
    pub lines: Vec<MovedLine>,
}

/// How many pieces of a line can still come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returnable {
    /// The variant.
    pub variant_id: VariantId,
    /// Ordered, as far as it has left, and not returned.
    pub left: u32,
}
