//! Why nothing is done about a shipment.

use commerce_domain::state::IllegalTransition;

use crate::{
    StoreError,
    error::from_interrupted,
    hooks::Stopped,
    idempotency::{ClaimRefused, ends_claim},
};

/// Why a shipment is not said to have arrived, or is not called off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShipmentError {
    /// There is no such shipment.
    #[error("no such shipment")]
    NoShipment,
    /// It stands where that does not happen to it.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(ShipmentError);
ends_claim!(ShipmentError);
