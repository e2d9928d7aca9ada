//! Refunds: money that goes back.
//!
//! A refund is written down before the provider is told of it, under the lock of the order, and counts as spent from then on:
//! whatever races, no more goes back than was taken. What causes it causes one refund. The provider acts once, under the
//! refund's key, and a refund whose answer was lost is looked for there before it is sent again.

mod ask;
mod drive;
mod ports;
mod types;

pub use ask::{AskRefund, RefundError, ask_refund};
pub(crate) use drive::{drive, drive_within, settle_refund};
pub use ports::{BeginRefund, RefundGateway, RefundStore};
pub use types::{NewRefund, ProviderRefund, Refund, RefundReason, RefundSettlement, RefundVerdict, Refundable};
