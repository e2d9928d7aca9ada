//! The states of a payment.

super::machine! {
    /// Where a payment stands.
    states PaymentState {
        Created = "CREATED", "Written down, or on its way to the provider, which may not know of it yet.";
        RequiresAction = "REQUIRES_ACTION", "The customer has to confirm it (3-D Secure).";
        Authorised = "AUTHORISED", "The money is set aside, not yet taken.";
        Unknown = "UNKNOWN", "The provider was asked and no answer arrived: it is looked up, never guessed.";
        Succeeded = "SUCCEEDED", "The money was taken.";
        Failed = "FAILED", "Declined. Another attempt may follow, and a confirmation that arrives late may yet succeed.";
        Canceled = "CANCELED", "Called off, or never announced to the provider. Final: what is called off cannot be confirmed.";
    }
    /// What can happen to a payment.
    events PaymentEvent {
        AskAction = "ask_action", "The provider wants the customer to confirm.";
        Authorise = "authorise", "The provider set the money aside.";
        LoseReply = "lose_reply", "The outcome of a call is not known.";
        Succeed = "succeed", "The provider took the money.";
        Decline = "decline", "The provider said no.";
        Cancel = "cancel", "The provider called it off.";
        Retry = "retry", "A new attempt begins after a final answer.";
        Charge = "charge", "The customer has agreed at the provider, and the charge goes out.";
    }
    table {
        Created, AskAction => RequiresAction;
        Created, Authorise => Authorised;
        Created, LoseReply => Unknown;
        Created, Succeed => Succeeded;
        Created, Decline => Failed;
        Created, Cancel => Canceled;
        Created, Charge => Created;
        RequiresAction, Authorise => Authorised;
        RequiresAction, Succeed => Succeeded;
        RequiresAction, Decline => Failed;
        RequiresAction, Cancel => Canceled;
        RequiresAction, Charge => Created;
        Authorised, LoseReply => Unknown;
        Authorised, Succeed => Succeeded;
        Authorised, Decline => Failed;
        Authorised, Cancel => Canceled;
        Unknown, AskAction => RequiresAction;
        Unknown, Authorise => Authorised;
        Unknown, Succeed => Succeeded;
        Unknown, Decline => Failed;
        Unknown, Cancel => Canceled;
        Unknown, Charge => Created;
        Failed, Retry => Created;
        Failed, Succeed => Succeeded;
        Failed, Cancel => Canceled;
    }
}

impl PaymentState {
    /// Whether an attempt in this state is over: nothing more is expected of it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}
