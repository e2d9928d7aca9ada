//! Events: what they look like, the ports that they leave and arrive through, and how a batch of them is consumed.

mod bus;
mod consume;
mod envelope;

pub use bus::{Delivery, EventQueue, MAX_BATCH, OutgoingEvent, PublishEvents, PublishOutcome};
pub use consume::{Handled, consume};
pub use envelope::{Envelope, SOURCE};
