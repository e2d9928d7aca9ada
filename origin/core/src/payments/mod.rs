//! Payments: the only use cases that charge.

mod gateway;

pub use gateway::{Confirmation, Decline, GatewayError, GatewayLimit, Intent, IntentStatus, NewIntent, PaymentGateway};
