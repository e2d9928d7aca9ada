//! Checkouts: the claim, and the order that comes of it.

mod claim;
mod commit;
mod rows;

use commerce_domain::{CartId, CheckoutId, CustomerId, EventId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{Checkout, CheckoutStore, Claim, Owned, Replay},
    idempotency::{ClaimKey, Hash, Lease, StoredAnswer},
};

use crate::{Database, DbError, idempotency::end_lease};

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
        event: EventId,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.write_order(owned, event, answer, now).await?)
    }

    async fn fail_checkout(&self, owned: &Owned, answer: &StoredAnswer, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_failure(owned, answer, now).await?)
    }

    async fn end_lease(&self, owned: &Owned, now: Timestamp) -> Result<(), StoreError> {
        let client = self.client().await?;
        Ok(end_lease(&client, &owned.key, owned.fence, now).await?)
    }

    async fn mark_cart_taken(&self, checkout: CheckoutId, now: Timestamp) -> Result<(), StoreError> {
        let client = self.client().await?;
        let taken = async {
            let sql = "update checkouts set cart_taken_at = $2 where id = $1 and cart_taken_at is null";
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, &[&checkout.as_uuid(), &now]).await
        };
        taken.await.map_err(DbError::from)?;
        Ok(())
    }

    async fn find_answer(
        &self,
        customer: CustomerId,
        cart: Option<CartId>,
        cart_version: u64,
        request_hash: Hash,
    ) -> Result<Option<Replay>, StoreError> {
        Ok(self.find_checkout_answer(customer, cart, cart_version, request_hash).await?)
    }
}
