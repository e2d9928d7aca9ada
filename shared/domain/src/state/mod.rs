//! The states of orders, payments, refunds, shipments and holds, each a table: what is not in the table cannot happen.

mod hold;
mod order;
mod payment;
mod refund;
mod shipment;

pub use hold::{HoldEvent, HoldState};
pub use order::{OrderEvent, OrderStatus};
pub use payment::{PaymentEvent, PaymentState};
pub use refund::{RefundEvent, RefundState};
pub use shipment::{ShipmentEvent, ShipmentState};

/// The event is not possible in that state. Becomes a 409.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} is not possible while {state}")]
pub struct IllegalTransition {
    /// The state, as the API spells it.
    pub state: &'static str,
    /// The event.
    pub event: &'static str,
}

/// The text names no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown state")]
pub struct UnknownState;

/// Defines a state machine: its states and events with their names, and the table of what leads where.
macro_rules! machine {
    (
        $(#[$state_doc:meta])* states $State:ident { $($state:ident = $state_text:literal, $state_help:literal;)* }
        $(#[$event_doc:meta])* events $Event:ident { $($event:ident = $event_text:literal, $event_help:literal;)* }
        table { $($from:ident, $on:ident => $to:ident;)* }
    ) => {
        $(#[$state_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $State { $(#[doc = $state_help] $state,)* }

        $(#[$event_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $Event { $(#[doc = $event_help] $event,)* }

        impl $State {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state,)*];

            /// As the API and the stores spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$state => $state_text,)* }
            }

            /// The state that `event` leads to.
            ///
            /// # Errors
            /// [`IllegalTransition`](super::IllegalTransition) where the table has no such row.
            pub fn on(self, event: $Event) -> Result<Self, super::IllegalTransition> {
                match (self, event) {
                    $((Self::$from, $Event::$on) => Ok(Self::$to),)*
                    (state, event) => Err(super::IllegalTransition { state: state.as_str(), event: event.as_str() }),
                }
            }
        }

        impl $Event {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$event,)*];

            /// The name in messages and logs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$event => $event_text,)* }
            }
        }

        impl std::fmt::Display for $State {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $State {
            type Err = super::UnknownState;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($state_text => Ok(Self::$state),)*
                    _ => Err(super::UnknownState),
                }
            }
        }
    };
}
use machine;

#[cfg(test)]
mod tests;
