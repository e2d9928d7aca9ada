//! Events: what they look like, the ports that they leave and arrive through, how they are published, and how a batch of them is
//! consumed.

mod bus;
mod consume;
mod envelope;
mod outbox;
mod publishing;
mod relay;

pub use bus::{Delivery, EventQueue, MAX_BATCH, OutgoingEvent, PublishEvents, PublishOutcome};
pub use consume::{Handled, consume, work_off};
pub use envelope::{Envelope, SOURCE};
pub use outbox::{CollectEvents, Outbox, WrittenEvent};
pub use publishing::publishing;
pub use relay::{DEDUPLICATION_WINDOW, RelayReport, relay};
