//! The first commit of a checkout, and who owns it afterwards.

use commerce_domain::{CartId, CheckoutId, CustomerId};
use deadpool_postgres::{GenericClient, Transaction};
use futures_util::{FutureExt as _, future::try_join};
use jiff::Timestamp;
use origin_core::{
    checkout::{Checkout, Claim, Owned, Replay},
    idempotency::{ClaimKey, Hash, Lease, StoredAnswer},
};

use super::rows::{self, COLUMNS, stored_lines};
use crate::{
    Database, DbError, Isolation,
    idempotency::{KeyState, find_key, insert_key, stored_answer},
    taxes,
};

/// A claim that meets one that is ending is made again; this often.
const MAX_ROUNDS: u32 = 3;

const INSERT: &str =
    "insert into checkouts (id, order_id, customer_id, cart_id, cart_version, request_hash, lines, currency,
        subtotal, tax, shipping, total, shipping_address, payment_method, state, hold_until, created_at, updated_at,
        tax_included, taxes, shipping_tax, order_number)
    values ($1, $2, $3, $4, $5, $6, $7, $8::text, $9, $10, $11, $12, $13, $14, 'OPEN', $15, $16, $16, $17, $18, $19, $20)";

// By now the cart has no other open checkout, and can get none before this one is committed.
const ORDERED_SINCE: &str = "select exists (select 1 from checkouts where cart_id = $1 and state = 'PLACED'
    and (cart_taken_version is null or cart_taken_version > $2))";

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
                Ok(None) => match self.resume_checkout(key, lease).await? {
                    // The client sent no key, so it has reused none: another request orders the same cart.
                    Claim::OtherRequest if key.synthetic => self.claim_of_cart(key, checkout, lease).await?,
                    found => found,
                },
                Err(error) if error.violates("checkouts_order_number_unique") => Claim::NumberTaken,
                Err(error) if is_of_cart(&error) => self.claim_of_cart(key, checkout, lease).await?,
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
            KeyState::TakenOver { fence, checkout, .. } => {
                let id = checkout.ok_or_else(|| DbError::broken("a claim without its checkout"))?;
                let checkout = load(&client, id).await?;
                tracing::info!(order.id = %checkout.order_id, fence, "checkout taken over");
                Claim::Mine(Box::new(Owned { checkout, key: key.clone(), fence }))
            }
        })
    }

    /// The answer to an equal request for that version of the cart, or of the last cart that the customer ordered.
    pub(super) async fn find_checkout_answer(
        &self,
        customer: CustomerId,
        cart: Option<CartId>,
        cart_version: u64,
        request_hash: Hash,
        now: Timestamp,
    ) -> Result<Option<Replay>, DbError> {
        const LAST: &str = "select c.id, c.cart_version, c.request_hash, k.expires_at, k.response_status, k.response_headers,
                k.response_body
            from checkouts c join idempotency_keys k on k.checkout_id = c.id
            where c.customer_id = $1 and ($2::uuid is null or c.cart_id = $2) and c.state = 'PLACED' and k.state = 'DONE'
            order by c.created_at desc limit 1";
        let client = self.client().await?;
        let statement = client.prepare_cached(LAST).await?;
        let cart = cart.map(CartId::as_uuid);
        let Some(row) = client.query_opt(&statement, &[&customer.as_uuid(), &cart]).await? else { return Ok(None) };
        let version: i64 = row.try_get(1)?;
        let other = u64::try_from(version) != Ok(cart_version) || row.try_get::<_, &[u8]>(2)? != request_hash;
        if other || row.try_get::<_, Timestamp>(3)? <= now {
            return Ok(None);
        }
        let checkout = CheckoutId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
        replay(&client, stored_answer(&row, 4)?, Some(checkout)).await.map(Some)
    }
}

/// Whether a claim failed on another checkout of its cart.
fn is_of_cart(error: &DbError) -> bool {
    matches!(error, DbError::CalledOff)
        || error.violates("checkouts_cart_live")
        || error.violates("checkouts_cart_open")
}

/// Called off where an earlier state of the cart was ordered, and this one may still have in it what was.
async fn insert_claim(
    tx: &Transaction<'_>,
    key: &ClaimKey,
    checkout: &Checkout,
    lease: Lease,
) -> Result<Option<i64>, DbError> {
    let Some(claim) = insert_key(tx, key, Some(checkout.id), lease).await? else { return Ok(None) };
    let insert = tx.prepare_cached(INSERT).await?;
    let ordered_since = tx.prepare_cached(ORDERED_SINCE).await?;
    let version = i64::try_from(checkout.cart_version).map_err(DbError::broken)?;
    let address = serde_json::to_value(&checkout.shipping_address).map_err(DbError::broken)?;
    let (cart, lines) = (checkout.cart_id.as_uuid(), stored_lines(checkout)?);
    let taxes = taxes::stored(&checkout.taxes)?;
    let inserted = async {
        tx.execute(
            &insert,
            &[
                &checkout.id.as_uuid(),
                &checkout.order_id.as_uuid(),
                &checkout.customer_id.as_uuid(),
                &cart,
                &version,
                &checkout.request_hash.as_slice(),
                &lines,
                &checkout.currency.code(),
                &checkout.subtotal.amount(),
                &checkout.tax.amount(),
                &checkout.shipping.amount(),
                &checkout.total.amount(),
                &address,
                &checkout.payment_method,
                &checkout.hold_until,
                &checkout.created_at,
                &checkout.tax_included,
                &taxes,
                &checkout.shipping_tax.amount(),
                &checkout.order_number.compact(),
            ],
        )
        .await
    };
    let asked = async { tx.query_one(&ordered_since, &[&cart, &version]).await };
    // Sent together, and run one after the other: the question is asked once the row stands.
    let (_, found) = try_join(inserted, asked).await?;
    if found.try_get(0)? { Err(DbError::CalledOff) } else { Ok(Some(claim.fence)) }
}

async fn replay(
    client: &impl GenericClient,
    answer: StoredAnswer,
    checkout: Option<CheckoutId>,
) -> Result<Replay, DbError> {
    let still_in_cart = match checkout {
        Some(id) => still_in_cart(client, id).await?,
        None => None,
    };
    Ok(Replay { answer, still_in_cart })
}

/// The checkout, if what was ordered has not left the cart yet.
pub(super) async fn still_in_cart(
    client: &impl GenericClient,
    id: CheckoutId,
) -> Result<Option<Box<Checkout>>, DbError> {
    let sql =
        format!("select {COLUMNS} from checkouts c where c.id = $1 and c.state = 'PLACED' and c.cart_taken_at is null");
    let statement = client.prepare_cached(&sql).await?;
    let row = client.query_opt(&statement, &[&id.as_uuid()]).await?;
    Ok(row.as_ref().map(rows::checkout).transpose()?.map(Box::new))
}

pub(super) async fn load(client: &impl GenericClient, id: CheckoutId) -> Result<Checkout, DbError> {
    let statement = client.prepare_cached(&format!("select {COLUMNS} from checkouts c where c.id = $1")).await?;
    let row = client.query_opt(&statement, &[&id.as_uuid()]).await?;
    rows::checkout(&row.ok_or_else(|| DbError::broken("no such checkout"))?)
}
