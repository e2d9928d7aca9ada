//! Real races and real deaths: the origin's router behind HTTP, PostgreSQL, DynamoDB and a payment provider that speaks Stripe.
//!
//! [`races`] sends two requests into one window at a time, and counts only those that were inside it together. [`kills`] ends an
//! origin that works by SIGKILL, again and again, and looks at what it has left behind. Both then ask the same of the stores:
//! [`broken`]. Holds no business rule.

mod backend;
mod client;
mod crash;
mod goods;
mod invariants;
mod kinds;
mod lab;
mod money;
mod origin;
mod race;
mod window;

pub use crash::{Kills, kills};
pub use invariants::broken;
pub use kinds::Kind;
pub use lab::{Failure, Lab};
pub use origin::{Origin, serve};
pub use race::{Raced, races};
