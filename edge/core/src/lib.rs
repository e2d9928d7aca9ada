//! The edge of the shop: one router and its handlers, the same code in a Cloudflare Worker and in a Spin component.
//!
//! [`serve`] is the whole API: an adapter translates a request, hands over its [`Platform`], and translates the response.
//!
//! Invariants: every request is checked in one order (limits, CORS preflight, route, token, role, id, query or body, work);
//! freshness is judged by this crate's clock, never by a store's own expiry; every call of a host or of a store has a limit
//! in time; no lock is held over an await; nothing panics.
//! May depend on `commerce-*` crates only: never on a runtime, an HTTP client or an adapter.

mod auth;
mod body;
mod cache_status;
mod cart;
mod catalog;
mod claim;
pub mod config;
mod cors;
mod deadline;
mod envelope;
mod forward;
mod guard;
mod head;
mod health;
mod kv;
#[cfg(feature = "kv-contract")]
pub mod kv_contract;
mod log;
mod memory;
mod origin;
pub mod platform;
mod published;
mod reply;
mod request;
mod router;
mod stream;
mod trace;

pub use body::{Body, Pieces};
pub use config::{ConfigError, EdgeConfig};
pub use head::{header_lines, parse_request_head, parse_response_head};
pub use memory::InstanceMemory;
pub use platform::{Background, KvError, KvStore, Log, Platform, VariableError, Variables};
pub use router::{handle, serve};

/// The most bytes of a request body that an adapter has to read: one more than the limit shows that it is exceeded.
pub const REQUEST_READ_LIMIT: usize = commerce_api::limits::MAX_BODY_BYTES + 1;

/// The most bytes of a response that an adapter reads from the origin or from AWS; a response that has as many is refused, for it
/// may be longer.
pub const RESPONSE_READ_LIMIT: usize = 8 * 1024 * 1024;
