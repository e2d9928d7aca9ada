//! The states of a shipment.

super::machine! {
    /// Where a shipment stands.
    states ShipmentState {
        Pending = "PENDING", "Written down, and its pieces spoken for; the carrier may not know of it yet.";
        Shipped = "SHIPPED", "The carrier has taken it on.";
        Delivered = "DELIVERED", "It has arrived.";
        Cancelled = "CANCELLED", "The carrier said no: its pieces can be shipped again.";
    }
    /// What can happen to a shipment.
    events ShipmentEvent {
        Ship = "ship", "The carrier took it on.";
        Refuse = "refuse", "The carrier said no.";
        Deliver = "deliver", "The carrier brought it.";
    }
    table {
        Pending, Ship => Shipped;
        Pending, Refuse => Cancelled;
        Shipped, Deliver => Delivered;
    }
}
