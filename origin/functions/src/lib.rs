//! The origin as Lambda functions: configured from the environment, run by the Lambda runtime. The only place of production that
//! wires adapters to ports.
//!
//! A function is a few lines over [`serve`], [`serve_printed`], [`tend`], [`consume`], [`watch`] or [`reconcile`]. Those that serve answer
//! nobody but the edge: by IAM, which
//! has checked the signature before the function is called, or by the signature itself. No rule of the shop stands here.

mod aws;
mod caller;
mod config;
mod consume;
mod issuer;
mod printer;
mod reconcile;
mod run;
mod serve;
mod streams;
mod tend;
mod wiring;

pub use aws::AwsConfig;
pub use config::{Config, ConfigError};
pub use consume::consume;
pub use issuer::Issuer;
pub use printer::serve_printed;
pub use reconcile::reconcile;
pub use serve::serve;
pub use streams::watch;
pub use tend::tend;
