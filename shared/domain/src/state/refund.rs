//! The states of a refund.

super::machine! {
    /// Where a refund stands.
    states RefundState {
        Pending = "PENDING", "Written down, and counted as spent; the provider may not know of it yet.";
        Succeeded = "SUCCEEDED", "The money went back.";
        Failed = "FAILED", "The money did not go back, or came back from the customer's bank.";
    }
    /// What can happen to a refund.
    events RefundEvent {
        Succeed = "succeed", "The provider sent the money back.";
        Fail = "fail", "The provider said no, or the customer's bank did, which may come late.";
    }
    table {
        Pending, Succeed => Succeeded;
        Pending, Fail => Failed;
        Succeeded, Fail => Failed;
    }
}
