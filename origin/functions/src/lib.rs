//! The origin as Lambda functions: configured from the environment, served through `lambda_http`. The only place of production
//! that wires adapters to ports.
//!
//! A function is a few lines over [`serve`]. It answers nobody but the edge: by IAM, which has checked the signature before the
//! function is called, or by the signature itself. No rule of the shop stands here.

mod caller;
mod config;
mod serve;

pub use config::{Config, ConfigError};
pub use serve::serve;
