//! Claims of requests that carry an Idempotency-Key and have no checkout.

use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    idempotency::{ClaimKey, Lease, RequestClaim, RequestStore, StoredAnswer},
};

use crate::{
    Database, DbError, Isolation,
    idempotency::{KeyState, NewClaim, end_lease, find_key, finish_key, forget_answers, forget_key, insert_key},
};

impl RequestStore for Database {
    async fn claim_request(&self, key: &ClaimKey, lease: Lease) -> Result<RequestClaim, StoreError> {
        let args = (key, lease);
        let state = self
            .run_tx("claim_request", Isolation::ReadCommitted, &args, |tx, (key, lease)| {
                async move {
                    match insert_key(tx, key, None, *lease).await? {
                        Some(NewClaim { fence, since }) => {
                            Ok(KeyState::TakenOver { fence, since, checkout: None, product: None })
                        }
                        None => find_key(tx, key, *lease).await,
                    }
                }
                .boxed()
            })
            .await?;
        Ok(match state {
            KeyState::TakenOver { fence, since, product, .. } => RequestClaim::Mine { fence, since, product },
            KeyState::Done { answer, .. } => RequestClaim::Done(answer),
            // Freed at this very moment: the client's next try finds it so.
            KeyState::InFlight | KeyState::Free => RequestClaim::InFlight,
            KeyState::OtherRequest => RequestClaim::OtherRequest,
        })
    }

    async fn finish_request(
        &self,
        key: &ClaimKey,
        fence: i64,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let client = self.client().await?;
        Ok(finish_key(&client, key, fence, answer, now).await?)
    }

    async fn forget_request(&self, key: &ClaimKey, fence: i64) -> Result<(), StoreError> {
        let client = self.client().await?;
        forget_key(&client, key, fence).await.map(drop).map_err(DbError::into)
    }

    async fn end_request_lease(&self, key: &ClaimKey, fence: i64, now: Timestamp) -> Result<(), StoreError> {
        let client = self.client().await?;
        Ok(end_lease(&client, key, fence, now).await?)
    }

    async fn forget_answers(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let client = self.client().await?;
        Ok(forget_answers(&client, now, limit).await?)
    }
}
