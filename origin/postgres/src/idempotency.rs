//! The rows behind Idempotency-Keys.

use bytes::Bytes;
use commerce_domain::{CheckoutId, ProductId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use origin_core::idempotency::{ClaimKey, HeldClaim, KEPT_FOR, Lease, StoredAnswer};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::DbError;

const INSERT: &str = "insert into idempotency_keys as k
    (principal, route, key_hash, synthetic, request_hash, state, lease_until, fence, checkout_id, created_at, expires_at)
    values ($1, $2, $3, $4, $5, 'IN_FLIGHT', $6, 1, $7, $8, $9)
    on conflict (principal, route, key_hash) do update set
        request_hash = excluded.request_hash, state = excluded.state, lease_until = excluded.lease_until,
        fence = k.fence + 1, checkout_id = excluded.checkout_id, created_at = excluded.created_at,
        expires_at = excluded.expires_at, product_id = null, response_status = null, response_headers = null, response_body = null
    where k.state = 'DONE' and (k.expires_at <= excluded.created_at or k.synthetic and exists (
        select 1 from checkouts c where c.id = k.checkout_id and c.state in ('FAILED', 'CANCELLED')))
        or k.state = 'IN_FLIGHT' and k.checkout_id is null
            and k.expires_at <= excluded.created_at and k.lease_until <= excluded.created_at
    returning fence, created_at";

const FIND: &str =
    "select k.request_hash, k.state, k.lease_until, k.fence, k.checkout_id, k.response_status, k.response_headers,
        k.response_body, k.synthetic and c.state in ('FAILED', 'CANCELLED') as dead, k.expires_at, k.product_id,
        k.created_at
    from idempotency_keys k left join checkouts c on c.id = k.checkout_id
    where k.principal = $1 and k.route = $2 and k.key_hash = $3";

const TAKE_OVER: &str = "update idempotency_keys set fence = fence + 1, lease_until = $5
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4 returning fence";

/// Ends a claim with its answer, if it is still the owner's.
pub(crate) const FINISH: &str = "update idempotency_keys
    set state = 'DONE', response_status = $5, response_headers = $6, response_body = $7, expires_at = $8
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4";

const END_LEASE: &str = "update idempotency_keys set lease_until = $5
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4";

const NOTE_PRODUCT: &str = "update idempotency_keys set product_id = $5
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4";

const FORGET: &str = "delete from idempotency_keys
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4";

// Two sweeps do not wait for each other, nor for who uses such a key again.
const FORGET_ANSWERS: &str = "delete from idempotency_keys where (principal, route, key_hash) in (
    select principal, route, key_hash from idempotency_keys
    where (state = 'DONE' or checkout_id is null) and expires_at <= $1 and (state = 'DONE' or lease_until <= $1)
    order by expires_at limit $2 for update skip locked)";

/// A claim as it stands.
#[derive(Debug)]
pub(crate) enum KeyState {
    /// Nobody's.
    Free,
    /// Answered.
    Done { answer: StoredAnswer, checkout: Option<CheckoutId> },
    /// Owned until its lease lapses.
    InFlight,
    /// Made for another request.
    OtherRequest,
    /// Taken over from an owner whose lease had lapsed.
    TakenOver { fence: i64, since: Timestamp, checkout: Option<CheckoutId>, product: Option<ProductId> },
}

/// A claim that was made.
pub(crate) struct NewClaim {
    pub(crate) fence: i64,
    /// When, as the database keeps it.
    pub(crate) since: Timestamp,
}

/// Claims the key; none if it is somebody's already. A claim without a checkout that was never answered is nobody's after a day.
pub(crate) async fn insert_key(
    client: &impl GenericClient,
    key: &ClaimKey,
    checkout: Option<CheckoutId>,
    lease: Lease,
) -> Result<Option<NewClaim>, DbError> {
    let statement = client.prepare_cached(INSERT).await?;
    let (principal, key_hash, request_hash) =
        (key.principal.as_uuid(), key.key_hash.as_slice(), key.request_hash.as_slice());
    let checkout = checkout.map(CheckoutId::as_uuid);
    let row = client
        .query_opt(
            &statement,
            &[
                &principal,
                &key.route,
                &key_hash,
                &key.synthetic,
                &request_hash,
                &lease.until,
                &checkout,
                &lease.now,
                &kept_until(lease.now),
            ],
        )
        .await?;
    row.map(|row| Ok(NewClaim { fence: row.try_get(0)?, since: row.try_get(1)? })).transpose()
}

/// What became of a claim; a lapsed one is taken over.
pub(crate) async fn find_key(client: &impl GenericClient, key: &ClaimKey, lease: Lease) -> Result<KeyState, DbError> {
    let statement = client.prepare_cached(FIND).await?;
    let row = client.query_opt(&statement, &[&key.principal.as_uuid(), &key.route, &key.key_hash.as_slice()]).await?;
    let Some(row) = row else { return Ok(KeyState::Free) };
    let done = row.try_get::<_, &str>(1)? == "DONE";
    let checkout = checkout_id(&row, 4)?;
    let (expired, lapsed) =
        (row.try_get::<_, Timestamp>(9)? <= lease.now, row.try_get::<_, Timestamp>(2)? <= lease.now);
    let dead = row.try_get::<_, Option<bool>>(8)?.unwrap_or(false);
    let free = if done { dead || expired } else { checkout.is_none() && expired && lapsed };
    if free {
        return Ok(KeyState::Free);
    }
    if row.try_get::<_, &[u8]>(0)? != key.request_hash {
        return Ok(KeyState::OtherRequest);
    }
    if done {
        return Ok(KeyState::Done { answer: stored_answer(&row, 5)?, checkout });
    }
    if !lapsed {
        return Ok(KeyState::InFlight);
    }
    let product = row.try_get::<_, Option<Uuid>>(10)?.map(ProductId::from_uuid).transpose().map_err(DbError::broken)?;
    let fence = take_over(client, key, row.try_get(3)?, lease).await?;
    let since = row.try_get(11)?;
    Ok(fence.map_or(KeyState::InFlight, |fence| KeyState::TakenOver { fence, since, checkout, product }))
}

async fn take_over(
    client: &impl GenericClient,
    key: &ClaimKey,
    fence: i64,
    lease: Lease,
) -> Result<Option<i64>, DbError> {
    let statement = client.prepare_cached(TAKE_OVER).await?;
    let (principal, key_hash) = (key.principal.as_uuid(), key.key_hash.as_slice());
    let row = client.query_opt(&statement, &[&principal, &key.route, &key_hash, &fence, &lease.until]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Ends a claim with its answer. Whether it was still the owner's.
pub(crate) async fn finish_key(
    client: &impl GenericClient,
    key: &ClaimKey,
    fence: i64,
    answer: &StoredAnswer,
    now: Timestamp,
) -> Result<bool, DbError> {
    let statement = client.prepare_cached(FINISH).await?;
    let (principal, key_hash) = (key.principal.as_uuid(), key.key_hash.as_slice());
    let status = i16::try_from(answer.status).map_err(DbError::broken)?;
    let headers = serde_json::to_value(&answer.headers).map_err(DbError::broken)?;
    let (body, until) = (answer.body.as_ref(), kept_until(now));
    let count = client
        .execute(&statement, &[&principal, &key.route, &key_hash, &fence, &status, &headers, &body, &until])
        .await?;
    Ok(count == 1)
}

/// Lets the lease lapse now.
pub(crate) async fn end_lease(
    client: &impl GenericClient,
    key: &ClaimKey,
    fence: i64,
    now: Timestamp,
) -> Result<(), DbError> {
    let statement = client.prepare_cached(END_LEASE).await?;
    let (principal, key_hash) = (key.principal.as_uuid(), key.key_hash.as_slice());
    client.execute(&statement, &[&principal, &key.route, &key_hash, &fence, &now]).await?;
    Ok(())
}

/// Writes down what a request has made, changed or deleted, in the transaction that does so.
///
/// # Errors
/// [`DbError::CalledOff`] where the claim has another owner by now.
pub(crate) async fn note_product(
    client: &impl GenericClient,
    claim: Option<&HeldClaim>,
    product: ProductId,
) -> Result<(), DbError> {
    let Some(HeldClaim { key, fence, .. }) = claim else { return Ok(()) };
    let statement = client.prepare_cached(NOTE_PRODUCT).await?;
    let (principal, key_hash, product) = (key.principal.as_uuid(), key.key_hash.as_slice(), product.as_uuid());
    let noted = client.execute(&statement, &[&principal, &key.route, &key_hash, fence, &product]).await?;
    if noted == 1 { Ok(()) } else { Err(DbError::CalledOff) }
}

/// Takes a claim back that ends without an answer to keep. Whether it was still the owner's.
pub(crate) async fn forget_key(client: &impl GenericClient, key: &ClaimKey, fence: i64) -> Result<bool, DbError> {
    let statement = client.prepare_cached(FORGET).await?;
    let (principal, key_hash) = (key.principal.as_uuid(), key.key_hash.as_slice());
    Ok(client.execute(&statement, &[&principal, &key.route, &key_hash, &fence]).await? == 1)
}

/// Deletes claims whose answers are not kept any more, or that nobody has come back to. How many.
pub(crate) async fn forget_answers(client: &impl GenericClient, now: Timestamp, limit: u32) -> Result<u32, DbError> {
    let statement = client.prepare_cached(FORGET_ANSWERS).await?;
    let gone = client.execute(&statement, &[&now, &i64::from(limit)]).await?;
    u32::try_from(gone).map_err(DbError::broken)
}

/// Status, headers and body from three columns.
pub(crate) fn stored_answer(row: &Row, first: usize) -> Result<StoredAnswer, DbError> {
    let headers: serde_json::Value = row.try_get(first + 1)?;
    Ok(StoredAnswer {
        status: u16::try_from(row.try_get::<_, i16>(first)?).map_err(DbError::broken)?,
        headers: serde_json::from_value(headers).map_err(DbError::broken)?,
        body: Bytes::from(row.try_get::<_, Vec<u8>>(first + 2)?),
    })
}

fn checkout_id(row: &Row, column: usize) -> Result<Option<CheckoutId>, DbError> {
    let id: Option<Uuid> = row.try_get(column)?;
    id.map(|id| CheckoutId::from_uuid(id).map_err(DbError::broken)).transpose()
}

fn kept_until(now: Timestamp) -> Timestamp {
    now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX)
}
