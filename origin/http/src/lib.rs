//! The origin over HTTP: one router for the Lambda functions and for the local server.
//!
//! Nothing is answered, health apart, unless the request is signed by the edge; who the shopper is comes from a signed
//! header, and on admin and money routes from the shopper's own token as well. Every error becomes a problem body in one
//! function. Depends on `origin-core` and the shared crates; knows no store.

mod call;
mod caller;
mod categories;
mod check;
mod checkouts;
mod error;
mod inventory;
mod invoices;
mod lists;
mod orders;
mod payments;
mod products;
mod refunds;
mod reorder;
mod respond;
mod returns;
mod router;
mod shipments;
mod sweep;
mod webhooks;

pub use caller::{CallerArn, CallerPolicy};
pub use error::{ApiError, problem};
pub use router::{Settings, router};
pub use sweep::sweep;
