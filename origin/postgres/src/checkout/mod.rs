//! Checkouts: the claim, and the order that comes of it.

mod claim;
mod commit;
mod failed;
mod of_cart;
mod rows;

pub(crate) use rows::{COLUMNS, checkout as read_checkout};

use commerce_domain::{CartId, CheckoutId, CustomerId, EventId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{Checkout, CheckoutStore, Claim, Owned, Replay, SoldOut},
    idempotency::{ClaimKey, Hash, Lease, StoredAnswer},
};

use crate::{Database, idempotency::end_lease};

impl CheckoutStore for Database {
    async fn resume(&self, key: &ClaimKey, lease: Lease) -> Result<Claim, StoreError> {
        Ok(self.resume_checkout(key, lease).await?)
    }

    async fn claim(&self, key: &ClaimKey, checkout: &Checkout, lease: Lease) -> Result<Claim, StoreError> {
        Ok(self.claim_checkout(key, checkout, lease).await?)
    }

    async fn commit_order(
        &self,
        owned: &Owned,
        events: [EventId; 2],
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.write_order(owned, events, answer, now).await?)
    }

    async fn fail_checkout(
        &self,
        owned: &Owned,
        sold_out: Option<&SoldOut>,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.write_failure(owned, sold_out, answer, now).await?)
    }

    async fn end_lease(&self, owned: &Owned, now: Timestamp) -> Result<(), StoreError> {
        let client = self.client().await?;
        Ok(end_lease(&client, &owned.key, owned.fence, now).await?)
    }

    async fn mark_cart_taken(
        &self,
        checkout: CheckoutId,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        Ok(self.write_cart_taken(checkout, version, now).await?)
    }

    async fn find_answer(
        &self,
        customer: CustomerId,
        cart: Option<CartId>,
        cart_version: u64,
        request_hash: Hash,
        now: Timestamp,
    ) -> Result<Option<Replay>, StoreError> {
        Ok(self.find_checkout_answer(customer, cart, cart_version, request_hash, now).await?)
    }
}
