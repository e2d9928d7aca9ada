//! The deterministic simulation: whole checkouts against stores, a provider and processes that fail.
//!
//! Shoppers, requests and sweeps are tasks of one thread. Each call that the origin makes through a port waits for its turn; a
//! scheduler that follows from a seed says whose turn it is and what becomes of the call, so each call is made alone and a run
//! can be repeated. The adapters are the real ones, on PostgreSQL and on DynamoDB in process; the provider is a book in memory;
//! time is the scheduler's. Holds no business rule, and no product code holds one of its [`Bug`]s.

mod bugs;
mod bus;
mod fate;
mod gate;
mod invariants;
mod lab;
mod postman;
mod provider;
mod report;
mod rng;
mod run;
mod scheduler;
mod shop;
mod shopper;
mod stores;
mod tables;
mod workers;
mod world;

pub use bugs::Bug;
pub use fate::Fate;
pub use lab::LabError;
pub use report::Tally;
pub use run::Run;
pub use workers::{Found, find_bugs, replay, search};
