//! The first commit of a checkout, and who owns it afterwards.

use commerce_domain::{CartId, CheckoutId, CustomerId, OrderId};
use deadpool_postgres::{GenericClient, Transaction};
use futures_util::FutureExt as _;
use origin_core::{
    checkout::{Checkout, Claim, Owned, Replay},
    idempotency::{ClaimKey, Hash, Lease, StoredAnswer},
};
use tokio_postgres::Row;

use super::rows::{self, COLUMNS, stored_lines};
use crate::{
    Database, DbError, Isolation,
    idempotency::{KeyState, find_key, finish_key, insert_key, stored_answer},
};

/// A claim that meets one that is ending is made again; this often.
const MAX_ROUNDS: u32 = 3;

const INSERT: &str =
    "insert into checkouts (id, order_id, customer_id, cart_id, cart_version, request_hash, lines, currency,
        subtotal, tax, shipping, total, shipping_address, payment_method, state, hold_until, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8::text, $9, $10, $11, $12, $13, $14, 'OPEN', $15, $16, $16)";

const OF_CART: &str = "select c.order_id, k.principal, k.route, k.key_hash, k.synthetic, k.request_hash
    from checkouts c left join idempotency_keys k on k.checkout_id = c.id
    where c.cart_id = $1 and c.cart_version = $2 and c.state in ('OPEN', 'PLACED')
    order by k.created_at limit 1";

impl Database {
    /// Claims the key and writes the checkout, or finds who did.
    pub(super) async fn claim_checkout(
        &self,
        key: &ClaimKey,
        checkout: &Checkout,
        lease: Lease,
    ) -> Result<Claim, DbError> {
        for _ in 0..MAX_ROUNDS {
            let args = (key, checkout, lease);
            let claimed = self
                .run_tx("claim_checkout", Isolation::ReadCommitted, &args, |tx, (key, checkout, lease)| {
                    insert_claim(tx, key, checkout, *lease).boxed()
                })
                .await;
            let found = match claimed {
                Ok(Some(fence)) => {
                    let owned = Owned { checkout: checkout.clone(), key: key.clone(), fence };
                    return Ok(Claim::Mine(Box::new(owned)));
                }
                Ok(None) => self.resume_checkout(key, lease).await?,
                Err(error) if error.violates("checkouts_cart_live") => self.claim_of_cart(key, checkout, lease).await?,
                Err(error) => return Err(error),
            };
            if found != Claim::Free {
                return Ok(found);
            }
        }
        Ok(Claim::InFlight)
    }

    /// What became of a claim; taken over if its lease has lapsed.
    pub(super) async fn resume_checkout(&self, key: &ClaimKey, lease: Lease) -> Result<Claim, DbError> {
        let client = self.client().await?;
        Ok(match find_key(&client, key, lease).await? {
            KeyState::Free => Claim::Free,
            KeyState::InFlight => Claim::InFlight,
            KeyState::OtherRequest => Claim::OtherRequest,
            KeyState::Done { answer, checkout } => Claim::Done(replay(&client, answer, checkout).await?),
            KeyState::TakenOver { fence, checkout } => {
                let id = checkout.ok_or_else(|| DbError::broken("a claim without its checkout"))?;
                let checkout = load(&client, id).await?;
                tracing::info!(order.id = %checkout.order_id, fence, "checkout taken over");
                Claim::Mine(Box::new(Owned { checkout, key: key.clone(), fence }))
            }
        })
    }

    /// The claim of whoever ordered this state of the cart first, under another key.
    async fn claim_of_cart(&self, key: &ClaimKey, checkout: &Checkout, lease: Lease) -> Result<Claim, DbError> {
        let (first, order_id) = {
            let client = self.client().await?;
            let statement = client.prepare_cached(OF_CART).await?;
            let version = i64::try_from(checkout.cart_version).map_err(DbError::broken)?;
            let Some(row) = client.query_opt(&statement, &[&checkout.cart_id.as_uuid(), &version]).await? else {
                return Ok(Claim::Free);
            };
            (claim_key(&row, key.route)?, OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?)
        };
        let Some(first) = first else { return Ok(Claim::CartOrdered(order_id)) };
        let same = first.request_hash == key.request_hash && first.principal == key.principal;
        Ok(match self.resume_checkout(&first, lease).await? {
            Claim::Mine(owned) => Claim::Another(owned),
            Claim::Done(replay) if same => {
                self.answer_too(key, &replay.answer, lease).await?;
                Claim::Done(replay)
            }
            Claim::Done(_) => Claim::CartOrdered(order_id),
            other => other,
        })
    }

    /// Stores the answer under a second key that asked for the same.
    async fn answer_too(&self, key: &ClaimKey, answer: &StoredAnswer, lease: Lease) -> Result<(), DbError> {
        if key.synthetic {
            return Ok(());
        }
        let args = (key, answer, lease);
        self.run_tx("answer_second_key", Isolation::ReadCommitted, &args, |tx, (key, answer, lease)| {
            async move {
                if let Some(fence) = insert_key(tx, key, None, *lease).await? {
                    finish_key(tx, key, fence, answer, lease.now).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// The answer to an equal request for that version of the cart, or of the last cart that the customer ordered.
    pub(super) async fn find_checkout_answer(
        &self,
        customer: CustomerId,
        cart: Option<CartId>,
        cart_version: u64,
        request_hash: Hash,
    ) -> Result<Option<Replay>, DbError> {
        const LAST: &str = "select c.id, c.cart_version, c.request_hash, k.response_status, k.response_headers, k.response_body
            from checkouts c join idempotency_keys k on k.checkout_id = c.id
            where c.customer_id = $1 and ($2::uuid is null or c.cart_id = $2) and c.state = 'PLACED' and k.state = 'DONE'
            order by c.created_at desc limit 1";
        let client = self.client().await?;
        let statement = client.prepare_cached(LAST).await?;
        let cart = cart.map(CartId::as_uuid);
        let Some(row) = client.query_opt(&statement, &[&customer.as_uuid(), &cart]).await? else { return Ok(None) };
        let version: i64 = row.try_get(1)?;
        if u64::try_from(version) != Ok(cart_version) || row.try_get::<_, &[u8]>(2)? != request_hash {
            return Ok(None);
        }
        let checkout = CheckoutId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
        replay(&client, stored_answer(&row, 3)?, Some(checkout)).await.map(Some)
    }
}

async fn insert_claim(
    tx: &Transaction<'_>,
    key: &ClaimKey,
    checkout: &Checkout,
    lease: Lease,
) -> Result<Option<i64>, DbError> {
    let Some(fence) = insert_key(tx, key, Some(checkout.id), lease).await? else { return Ok(None) };
    let statement = tx.prepare_cached(INSERT).await?;
    let version = i64::try_from(checkout.cart_version).map_err(DbError::broken)?;
    let address = serde_json::to_value(&checkout.shipping_address).map_err(DbError::broken)?;
    tx.execute(
        &statement,
        &[
            &checkout.id.as_uuid(),
            &checkout.order_id.as_uuid(),
            &checkout.customer_id.as_uuid(),
            &checkout.cart_id.as_uuid(),
            &version,
            &checkout.request_hash.as_slice(),
            &stored_lines(checkout)?,
            &checkout.currency.code(),
            &checkout.subtotal.amount(),
            &checkout.tax.amount(),
            &checkout.shipping.amount(),
            &checkout.total.amount(),
            &address,
            &checkout.payment_method,
            &checkout.hold_until,
            &checkout.created_at,
        ],
    )
    .await?;
    Ok(Some(fence))
}

/// The key of the claim in columns 1 to 5 of [`OF_CART`]; none where it was swept.
fn claim_key(row: &Row, route: &'static str) -> Result<Option<ClaimKey>, DbError> {
    let Some(principal) = row.try_get::<_, Option<uuid::Uuid>>(1)? else { return Ok(None) };
    Ok(Some(ClaimKey {
        principal: CustomerId::from_uuid(principal).map_err(DbError::broken)?,
        route,
        key_hash: row.try_get::<_, &[u8]>(3)?.try_into().map_err(DbError::broken)?,
        synthetic: row.try_get(4)?,
        request_hash: row.try_get::<_, &[u8]>(5)?.try_into().map_err(DbError::broken)?,
    }))
}

async fn replay(
    client: &impl GenericClient,
    answer: StoredAnswer,
    checkout: Option<CheckoutId>,
) -> Result<Replay, DbError> {
    let Some(id) = checkout else { return Ok(Replay { answer, still_in_cart: None }) };
    let sql =
        format!("select {COLUMNS} from checkouts c where c.id = $1 and c.state = 'PLACED' and c.cart_taken_at is null");
    let statement = client.prepare_cached(&sql).await?;
    let row = client.query_opt(&statement, &[&id.as_uuid()]).await?;
    let still_in_cart = row.as_ref().map(rows::checkout).transpose()?.map(Box::new);
    Ok(Replay { answer, still_in_cart })
}

async fn load(client: &impl GenericClient, id: CheckoutId) -> Result<Checkout, DbError> {
    let statement = client.prepare_cached(&format!("select {COLUMNS} from checkouts c where c.id = $1")).await?;
    let row = client.query_opt(&statement, &[&id.as_uuid()]).await?;
    rows::checkout(&row.ok_or_else(|| DbError::broken("no such checkout"))?)
}
