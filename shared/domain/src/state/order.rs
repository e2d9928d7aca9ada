//! The states of an order.

super::machine! {
    /// Where an order stands.
    states OrderStatus {
        Pending = "PENDING", "Placed, stock held, not paid.";
        Processing = "PROCESSING", "Paid; being packed.";
        Shipped = "SHIPPED", "Handed to the carrier.";
        Delivered = "DELIVERED", "Arrived.";
        Cancelled = "CANCELLED", "Called off before shipping.";
        Failed = "FAILED", "Never paid: the hold ended.";
        Refunded = "REFUNDED", "All of the money went back. What had not left is on sale again.";
    }
    /// What can happen to an order.
    events OrderEvent {
        Pay = "pay", "The payment succeeded.";
        Ship = "ship", "The carrier took it.";
        Deliver = "deliver", "The carrier brought it.";
        Cancel = "cancel", "The customer or the shop called it off.";
        Fail = "fail", "The hold ended without a payment.";
        Refund = "refund", "The last of the money went back.";
        Bounce = "bounce", "Some of it was sent back by the customer's bank: the order stands where its goods are, and moves on from here.";
    }
    table {
        Pending, Pay => Processing;
        Pending, Cancel => Cancelled;
        Pending, Fail => Failed;
        Processing, Ship => Shipped;
        Processing, Cancel => Cancelled;
        Processing, Refund => Refunded;
        Shipped, Deliver => Delivered;
        Shipped, Refund => Refunded;
        Delivered, Refund => Refunded;
        Refunded, Bounce => Processing;
    }
}
