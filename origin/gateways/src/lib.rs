//! The outside world of the origin: HTTP over reqwest, the machine's clock and randomness, the issuer's keys, payment providers, and
//! a carrier.
//!
//! Each module makes one port of `origin-core` or `commerce-aws` real. No rule of the shop stands here. Secrets never appear in
//! debug output, and every call has a time limit.

pub mod carrier;
mod exchange;
pub mod gateways;
pub mod http_client;
pub mod jwks;
pub mod paypal;
pub mod stripe;
pub mod system;
pub mod user_info;
mod webhook_signature;

pub use carrier::{CarrierApi, CarrierConfig};
pub use gateways::Gateways;
pub use http_client::ReqwestClient;
pub use jwks::JwksVerifier;
pub use origin_core::Secret;
pub use paypal::{PayPal, PayPalConfig, webhook::read_event as read_paypal_event};
pub use stripe::{CaptureMethod, Stripe, StripeConfig};
pub use system::{System, SystemClock, SystemEntropy, SystemTimer};
pub use user_info::UserInfo;
