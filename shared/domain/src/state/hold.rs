//! The states of a hold on stock.

super::machine! {
    /// Where a hold stands.
    states HoldState {
        Held = "HELD", "The stock is set aside until the hold expires.";
        Committing = "COMMITTING", "A payment is under way: time cannot end the hold.";
        Consumed = "CONSUMED", "Paid: the stock has left.";
        Released = "RELEASED", "The stock is back on sale.";
        Returned = "RETURNED", "Paid and called off: the stock had left, and is back on sale.";
    }
    /// What can happen to a hold.
    events HoldEvent {
        BeginPayment = "begin_payment", "The provider is about to be called.";
        Decline = "decline", "The payment failed; another may follow.";
        Consume = "consume", "The payment succeeded.";
        Release = "release", "The order was given up.";
        Return = "return", "The order was called off after it was paid.";
    }
    table {
        Held, BeginPayment => Committing;
        Held, Release => Released;
        Committing, Consume => Consumed;
        Committing, Decline => Held;
        Committing, Release => Released;
        Consumed, Return => Returned;
    }
}
