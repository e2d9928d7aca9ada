//! What the shop itself does about its events.
//!
//! Every effect is a write under a condition that the same event fails the second time, so an event has its effect once, however
//! often and however late it is delivered. Events of kinds that a consumer does not know have none.

mod counters;
mod invoices;
mod payment_history;

use std::str::FromStr;

pub use invoices::IssuePapers;
pub use payment_history::{KeepPaymentHistory, PaymentEntry, ToldAmount};

use crate::{StoreError, events::Envelope, inventory::PutStock};

/// Somebody who consumes events. Each has a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// Puts the counters of new variants that a process died before.
    Counters,
    /// Keeps the history of payments.
    PaymentHistory,
    /// Issues invoices and credit notes.
    Invoices,
}

/// There is no such consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such consumer")]
pub struct UnknownConsumer;

/// Why an event had no effect yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumeError {
    /// Its data is not what its type says. It will fail again, and ends with the dead letters.
    #[error("the event's data is not as published: {0}")]
    Malformed(String),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Consumer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Counters, Self::PaymentHistory, Self::Invoices];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::PaymentHistory => "payment-history",
            Self::Invoices => "invoices",
        }
    }

    /// The types of events that its queue receives.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Counters => &counters::KINDS,
            Self::PaymentHistory => &payment_history::KINDS,
            Self::Invoices => &invoices::KINDS,
        }
    }

    /// Does what this consumer does about an event. Only the one for invoices needs `papers`.
    ///
    /// # Errors
    /// [`ConsumeError`]; the event is to be delivered again.
    pub async fn handle<S, H, P>(
        self,
        stock: &S,
        history: &H,
        papers: Option<&P>,
        event: &Envelope,
    ) -> Result<(), ConsumeError>
    where
        S: PutStock,
        H: KeepPaymentHistory,
        P: IssuePapers,
    {
        if !self.kinds().contains(&event.kind.as_str()) {
            return Ok(());
        }
        match self {
            Self::Counters => counters::put(stock, event).await,
            Self::PaymentHistory => payment_history::keep(history, event).await,
            Self::Invoices => match papers {
                Some(papers) => invoices::issue(papers, event).await,
                None => Err(StoreError::unavailable("nobody issues invoices here").into()),
            },
        }
    }
}

impl FromStr for Consumer {
    type Err = UnknownConsumer;

    fn from_str(name: &str) -> Result<Self, UnknownConsumer> {
        Self::ALL.into_iter().find(|consumer| consumer.name() == name).ok_or(UnknownConsumer)
    }
}

/// The event's data.
fn data<T: serde::de::DeserializeOwned>(event: &Envelope) -> Result<T, ConsumeError> {
    serde_json::from_value(event.data.clone()).map_err(|error| ConsumeError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests;
