//! Customers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use commerce_auth::Principal;
use commerce_domain::CustomerId;
use jiff::Timestamp;
use origin_core::{StoreError, customers::CustomerStore};

use crate::{Database, DbError};

/// Customers remembered at most. Their ids never change, so the memory is only ever dropped for its size.
const REMEMBERED: usize = 10_000;

// One statement: the insertion where the customer is new, and the row that was there otherwise. A row that another
// transaction adds at the same moment is seen by neither half; the caller asks again.
const FIRST_SIGHT: &str = "with known as (select id from customers where issuer = $1 and sub = $2),
    added as (
        insert into customers (id, issuer, sub, name, created_at, updated_at)
        select $3, $1, $2, $4, $5, $5 where not exists (select 1 from known)
        on conflict on constraint customers_identity_unique do nothing
        returning id
    )
    select id from known union all select id from added";

/// Ids by issuer and subject.
#[derive(Debug, Default)]
pub(crate) struct KnownCustomers(Mutex<HashMap<(String, String), CustomerId>>);

impl KnownCustomers {
    fn get(&self, principal: &Principal) -> Option<CustomerId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(principal.issuer.clone(), principal.subject.clone())).copied()
    }

    fn insert(&self, principal: &Principal, id: CustomerId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert((principal.issuer.clone(), principal.subject.clone()), id);
    }
}

impl CustomerStore for Database {
    async fn customer_of(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        now: Timestamp,
    ) -> Result<CustomerId, StoreError> {
        if let Some(id) = self.customers.get(principal) {
            return Ok(id);
        }
        for _ in 0..2 {
            if let Some(id) = self.first_sight(principal, candidate, now).await? {
                self.customers.insert(principal, id);
                return Ok(id);
            }
        }
        Err(StoreError::unavailable("a customer neither found nor added"))
    }
}

impl Database {
    async fn first_sight(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        now: Timestamp,
    ) -> Result<Option<CustomerId>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(FIRST_SIGHT).await?;
        let (issuer, sub, id) = (&principal.issuer, &principal.subject, candidate.as_uuid());
        let row = client.query_opt(&statement, &[issuer, sub, &id, &principal.username, &now]).await?;
        row.map(|row| CustomerId::from_uuid(row.try_get(0)?).map_err(DbError::broken)).transpose()
    }
}
