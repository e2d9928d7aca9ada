//! Other checkouts of a cart: what becomes of a claim that one of them leaves no room for.

use commerce_domain::{CheckoutId, CustomerId, OrderId};
use deadpool_postgres::GenericClient;
use futures_util::FutureExt as _;
use origin_core::{
    checkout::{Checkout, Claim},
    idempotency::{ClaimKey, Lease, StoredAnswer},
};
use tokio_postgres::Row;

use super::claim::{load, still_in_cart};
use crate::{
    Database, DbError, Isolation,
    idempotency::{finish_key, insert_key},
};

const OF_CART: &str =
    "select c.id, c.order_id, c.state, c.cart_version = $2, k.principal, k.key_hash, k.synthetic, k.request_hash
    from checkouts c left join idempotency_keys k on k.checkout_id = c.id
    where c.cart_id = $1 and c.state in ('OPEN', 'PLACED')
        and (c.cart_version = $2 or c.state = 'OPEN' or c.cart_taken_at is null)
    order by c.cart_version = $2 desc limit 1";

/// A checkout of a cart that leaves no room for another one.
struct OfCart {
    id: CheckoutId,
    order_id: OrderId,
    is_placed: bool,
    is_same_version: bool,
    /// None where it was swept.
    key: Option<ClaimKey>,
}

impl OfCart {
    async fn find(
        client: &impl GenericClient,
        checkout: &Checkout,
        route: &'static str,
    ) -> Result<Option<Self>, DbError> {
        let statement = client.prepare_cached(OF_CART).await?;
        let version = i64::try_from(checkout.cart_version).map_err(DbError::broken)?;
        let row = client.query_opt(&statement, &[&checkout.cart_id.as_uuid(), &version]).await?;
        row.map(|row| Self::read(&row, route)).transpose()
    }

    fn read(row: &Row, route: &'static str) -> Result<Self, DbError> {
        Ok(Self {
            id: CheckoutId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
            order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
            is_placed: row.try_get::<_, &str>(2)? == "PLACED",
            is_same_version: row.try_get(3)?,
            key: claim_key(row, route)?,
        })
    }
}

impl Database {
    /// The checkout of the cart that leaves no room for this one.
    pub(super) async fn claim_of_cart(
        &self,
        key: &ClaimKey,
        checkout: &Checkout,
        lease: Lease,
    ) -> Result<Claim, DbError> {
        let client = self.client().await?;
        let Some(found) = OfCart::find(&client, checkout, key.route).await? else { return Ok(Claim::CartMoved) };
        if found.is_placed && !found.is_same_version {
            return Ok(Claim::StillInCart(Box::new(load(&client, found.id).await?)));
        }
        // A function has one connection.
        drop(client);
        if found.is_placed {
            return self.claim_of_ordered(key, &found, lease).await;
        }
        let first = found.key.ok_or_else(|| DbError::broken("an open checkout without its claim"))?;
        Ok(match self.resume_checkout(&first, lease).await? {
            Claim::Mine(owned) => Claim::Another(owned),
            Claim::InFlight => Claim::InFlight,
            // It has ended at this moment.
            _ => Claim::Free,
        })
    }

    /// The answer of whoever ordered this very state of the cart, for who asks the same; else that it was ordered.
    async fn claim_of_ordered(&self, key: &ClaimKey, found: &OfCart, lease: Lease) -> Result<Claim, DbError> {
        let same = |first: &&ClaimKey| first.request_hash == key.request_hash && first.principal == key.principal;
        if let Some(first) = found.key.as_ref().filter(same)
            && let Claim::Done(replay) = self.resume_checkout(first, lease).await?
        {
            self.answer_too(key, &replay.answer, lease).await?;
            return Ok(Claim::Done(replay));
        }
        let client = self.client().await?;
        let still_in_cart = still_in_cart(&client, found.id).await?;
        Ok(Claim::CartOrdered { order_id: found.order_id, still_in_cart })
    }

    /// Stores the answer under a second key that asked for the same.
    async fn answer_too(&self, key: &ClaimKey, answer: &StoredAnswer, lease: Lease) -> Result<(), DbError> {
        if key.synthetic {
            return Ok(());
        }
        let args = (key, answer, lease);
        self.run_tx("answer_second_key", Isolation::ReadCommitted, &args, |tx, (key, answer, lease)| {
            async move {
                if let Some(claim) = insert_key(tx, key, None, *lease).await? {
                    finish_key(tx, key, claim.fence, answer, lease.now).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }
}

/// The key of the claim in columns 4 to 7 of [`OF_CART`].
fn claim_key(row: &Row, route: &'static str) -> Result<Option<ClaimKey>, DbError> {
    let Some(principal) = row.try_get::<_, Option<uuid::Uuid>>(4)? else { return Ok(None) };
    Ok(Some(ClaimKey {
        principal: CustomerId::from_uuid(principal).map_err(DbError::broken)?,
        route,
        key_hash: row.try_get::<_, &[u8]>(5)?.try_into().map_err(DbError::broken)?,
        synthetic: row.try_get(6)?,
        request_hash: row.try_get::<_, &[u8]>(7)?.try_into().map_err(DbError::broken)?,
    }))
}
