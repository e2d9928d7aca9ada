//! Points between the steps of a checkout, of a payment, of a refund, of a return, of a shipment, of an order's end, of a change of
//! stock and of an invoice at which a test can stop the process.

use std::future::Future;

/// A place in a use case, before or after one of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookPoint {
    /// Before a product is created in the database.
    BeforeProduct,
    /// After a product was created, changed or deleted in the database.
    AfterProduct,
    /// Before the claim is committed.
    BeforeClaim,
    /// After the claim was committed.
    AfterClaim,
    /// Before the stock is held.
    BeforeHold,
    /// After the stock was held.
    AfterHold,
    /// Before the order is committed.
    BeforeOrder,
    /// After the order was committed.
    AfterOrder,
    /// Before an attempt to pay is written down.
    BeforeAttempt,
    /// After an attempt to pay was written down.
    AfterAttempt,
    /// Before the hold is put beyond the reach of time.
    BeforeCommitting,
    /// After the hold was put beyond the reach of time.
    AfterCommitting,
    /// Before the payment is announced to the provider.
    BeforeCreate,
    /// After the payment was announced to the provider.
    AfterCreate,
    /// After the provider's id of the payment was noted.
    AfterNote,
    /// Before it is written down that a charge which the customer has agreed to goes out.
    BeforeCharge,
    /// After it was written down that a charge which the customer has agreed to goes out.
    AfterCharge,
    /// Before the provider is told to charge.
    BeforeConfirm,
    /// After the provider was told to charge.
    AfterConfirm,
    /// Before the outcome of an attempt is written down.
    BeforeSettle,
    /// After the outcome of an attempt was written down.
    AfterSettle,
    /// After the hold has followed the outcome.
    AfterStock,
    /// Before the wish to take a payment's money is noted.
    BeforeCaptureNote,
    /// After the wish to take a payment's money was noted.
    AfterCaptureNote,
    /// Before the provider is told to take a payment's money.
    BeforeCapture,
    /// After the provider was told to take a payment's money.
    AfterCapture,
    /// Before an order is marked as being closed.
    BeforeClosing,
    /// After an order was marked as being closed.
    AfterClosing,
    /// Before the provider is told to call a payment off.
    BeforeCallOff,
    /// After the provider was told to call a payment off.
    AfterCallOff,
    /// Before an unpaid order ends.
    BeforeEnd,
    /// After an unpaid order has ended.
    AfterEnd,
    /// After the stock of an order that has ended was released.
    AfterRelease,
    /// Before a refund is written down.
    BeforeRefund,
    /// After a refund was written down.
    AfterRefund,
    /// Before the provider is told to send money back.
    BeforeMoneyBack,
    /// After the provider was told to send money back.
    AfterMoneyBack,
    /// Before the outcome of a refund is written down.
    BeforeRefunded,
    /// After the outcome of a refund was written down.
    AfterRefunded,
    /// Before a shipment is written down.
    BeforeShipment,
    /// After a shipment was written down.
    AfterShipment,
    /// Before the carrier is asked for a label.
    BeforeLabel,
    /// After the carrier was asked for a label.
    AfterLabel,
    /// Before news of a shipment is written down.
    BeforeShipmentNews,
    /// After news of a shipment was written down.
    AfterShipmentNews,
    /// Before a paid order is called off.
    BeforeCancel,
    /// After a paid order was called off.
    AfterCancel,
    /// After the goods of an order that was called off are on sale again.
    AfterReturn,
    /// Before a return is written down.
    BeforeTakingBack,
    /// After a return was written down.
    AfterTakingBack,
    /// Before the goods of a return are put onto the counters.
    BeforeRestock,
    /// After the goods of a return were put onto the counters.
    AfterRestock,
    /// Before the lines of an old order go into a cart.
    BeforeReorder,
    /// After the lines of an old order went into a cart.
    AfterReorder,
    /// After a wish to change stock was noted.
    AfterAdjustment,
    /// Before goods are moved on the counters.
    BeforeMovement,
    /// After goods were moved on the counters.
    AfterMovement,
    /// After the end of a wish to change stock was written down.
    AfterLedger,
    /// Between the counters and the holds, when stock is compared.
    WithinLook,
    /// Before a difference between ledger and counters is repaired.
    BeforeRepair,
    /// Before an invoice or a credit note is issued.
    BeforeIssue,
    /// After an invoice or a credit note was issued.
    AfterIssue,
}

/// The process stops here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped at {0:?}")]
pub struct Stopped(pub HookPoint);

/// Is told when a use case reaches a [`HookPoint`], and may hold it up or stop it there.
pub trait Hooks: Send + Sync {
    /// Returns when the use case may go on.
    ///
    /// # Errors
    /// [`Stopped`], upon which the use case returns at once, as if the process had died.
    fn reached(&self, point: HookPoint) -> impl Future<Output = Result<(), Stopped>> + Send;
}

/// Production's hooks: nothing ever happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHooks;

impl Hooks for NoHooks {
    async fn reached(&self, _: HookPoint) -> Result<(), Stopped> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_documents_say_how_each_point_ends() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let pages = fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path());
        let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        let text: String = pages.map(|path| fs::read_to_string(path).unwrap()).collect();
        let declared =
            include_str!("hooks.rs").split("pub enum HookPoint {").nth(1).unwrap().split("\n}").next().unwrap();
        let points: Vec<_> = declared.lines().filter_map(|line| line.trim().strip_suffix(',')).collect();
        assert!(points.len() > 50 && points.contains(&"BeforeClaim"), "{points:?}");
        let untold: Vec<_> = points.into_iter().filter(|point| !text.contains(&format!("`{point}`"))).collect();
        assert!(untold.is_empty(), "no table of docs/ says what happens at {untold:?}");
    }
}
