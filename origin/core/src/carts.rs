//! Telling of carts that have changed: from the stream of their table, since the edge writes them and keeps no outbox.

use commerce_domain::{CartId, Clock, Entropy, EventId};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    StoreError,
    events::{Envelope, MAX_BATCH, PublishEvents, PublishOutcome},
};

/// A cart after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartChanged {
    /// This life of the cart.
    pub cart_id: CartId,
    /// Its version: grows by one with each change.
    pub version: u64,
    /// When it changed.
    pub at: Timestamp,
}

impl CartChanged {
    /// What is told of the change. Whoever tells of it again tells the same, under the same id.
    fn event(&self) -> Envelope {
        let id = EventId::generate(self, self);
        let data = json!({"cartId": self.cart_id, "version": self.version});
        Envelope::new(id, "CartUpdated", self.cart_id.to_string(), self.version, self.at, data)
    }
}

impl Clock for CartChanged {
    fn now(&self) -> Timestamp {
        self.at
    }
}

/// No surprise is wanted here: the bytes are a hash of the cart and its version.
impl Entropy for CartChanged {
    fn fill(&self, buffer: &mut [u8]) {
        let hash = Sha256::digest(format!("{}\0{}", self.cart_id, self.version));
        for (byte, hashed) in buffer.iter_mut().zip(hash.iter().cycle()) {
            *byte = *hashed;
        }
    }
}

/// Tells of changes, those of each cart in their order. Changes may come twice.
///
/// # Errors
/// [`StoreError`]; hand all of them in again: the bus, and consumers, know what was told.
pub async fn tell_of_carts(bus: &impl PublishEvents, changes: &[CartChanged]) -> Result<(), StoreError> {
    let events: Vec<Envelope> = changes.iter().map(CartChanged::event).collect();
    for batch in events.chunks(MAX_BATCH) {
        for outcome in bus.publish(batch).await? {
            if let PublishOutcome::NotPublished(cause) = outcome {
                return Err(StoreError::unavailable(cause));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(version: u64) -> CartChanged {
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        CartChanged { cart_id: "cart_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap(), version, at }
    }

    #[test]
    fn a_change_is_told_under_one_id_and_each_under_its_own() {
        assert_eq!(changed(3).event(), changed(3).event());
        assert_ne!(changed(3).event().id, changed(4).event().id);
        let event = changed(3).event();
        assert_eq!((event.kind.as_str(), event.sequence), ("CartUpdated", 3));
        assert_eq!(event.data, json!({"cartId": "cart_01h4vjdvzefw18zfwz5dxw5y8g", "version": 3}));
    }
}
