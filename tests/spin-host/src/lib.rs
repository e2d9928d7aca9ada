//! An embedded Spin host: it runs one unmodified spin-sdk 7 component (WASI 0.3) by its real `spin.toml`, on a loopback port.
//!
//! It is a tool of this repository, for development and tests. Production is Spin; `README.md` lists what differs.
//!
//! Invariants: a component gets what its manifest grants and nothing else; no guest, however it fails, ends the host; every
//! wait, queue, store and instance is bounded; only loopback addresses are served. It may depend on no crate of the
//! workspace, so that it cannot know what it runs.

mod admin;
pub mod allow_list;
mod bindings;
mod config;
mod engine;
mod error;
mod guest;
mod host;
mod kv;
mod manifest;
mod outbound;
mod server;
mod template;
mod variables;
mod worker;

pub use config::{HostConfig, default_cache_dir};
pub use error::HostError;
pub use host::{Host, RunningHost};
pub use kv::{KeyValueStores, KvError, MAX_ENTRIES, MAX_KEY_BYTES, MAX_STORE_BYTES, MAX_VALUE_BYTES};
