//! Customers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use commerce_auth::Principal;
use commerce_domain::CustomerId;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    customers::{CustomerStore, Profile},
};

use crate::{Database, DbError};

/// Customers remembered at most. Their ids never change, so the memory is only ever dropped for its size.
const REMEMBERED: usize = 10_000;

const FIND: &str = "select id from customers where issuer = $1 and sub = $2";

// One statement: the insertion where the customer is new, and the row that was there otherwise. A row that another
// transaction adds at the same moment is seen by neither half; the caller asks again.
const FIRST_SIGHT: &str = "with known as (select id from customers where issuer = $1 and sub = $2),
    added as (
        insert into customers (id, issuer, sub, name, email, created_at, updated_at)
        select $3, $1, $2, $4, $5, $6, $6 where not exists (select 1 from known)
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
    async fn find_customer(&self, principal: &Principal) -> Result<Option<CustomerId>, StoreError> {
        if let Some(id) = self.customers.get(principal) {
            return Ok(Some(id));
        }
        let found = self.find(principal).await?;
        if let Some(id) = found {
            self.customers.insert(principal, id);
        }
        Ok(found)
    }

    async fn customer_of(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<CustomerId, StoreError> {
        if let Some(id) = self.customers.get(principal) {
            return Ok(id);
        }
        for _ in 0..2 {
            if let Some(id) = self.first_sight(principal, candidate, profile, now).await? {
                self.customers.insert(principal, id);
                return Ok(id);
            }
        }
        Err(StoreError::unavailable("a customer neither found nor added"))
    }
}

impl Database {
    async fn find(&self, principal: &Principal) -> Result<Option<CustomerId>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(FIND).await?;
        let row = client.query_opt(&statement, &[&principal.issuer, &principal.subject]).await?;
        row.map(|row| CustomerId::from_uuid(row.try_get(0)?).map_err(DbError::broken)).transpose()
    }

    async fn first_sight(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Option<CustomerId>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(FIRST_SIGHT).await?;
        let (issuer, sub, id) = (&principal.issuer, &principal.subject, candidate.as_uuid());
        let row = client.query_opt(&statement, &[issuer, sub, &id, &principal.username, &profile.email, &now]).await?;
        row.map(|row| CustomerId::from_uuid(row.try_get(0)?).map_err(DbError::broken)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeSet, HashSet},
        sync::Arc,
    };

    use futures_util::future::join_all;
    use test_support::{SystemClock, SystemEntropy};
    use tokio::sync::Barrier;

    use super::*;
    use crate::{DatabaseSettings, testing::database_url};

    fn principal() -> Principal {
        Principal {
            subject: "ada".to_owned(),
            issuer: "https://issuer.test".to_owned(),
            roles: BTreeSet::new(),
            client_id: "app-1".to_owned(),
            scope: None,
            username: None,
            token_id: None,
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_customer_whom_many_see_first_at_once_is_one() {
        const MANY: usize = 16;
        let url = database_url().await;
        let together = Arc::new(Barrier::new(MANY));
        // Each knows nothing of what the others remember, as function instances do.
        let seen = join_all((0..MANY).map(|_| {
            let (database, together) = (Database::new(&DatabaseSettings::new(&url)).unwrap(), Arc::clone(&together));
            tokio::spawn(async move {
                drop(database.client().await.unwrap());
                together.wait().await;
                let candidate = CustomerId::generate(&SystemClock, &SystemEntropy);
                database.customer_of(&principal(), candidate, &Profile::default(), Timestamp::UNIX_EPOCH).await.unwrap()
            })
        }))
        .await;
        let ids: HashSet<CustomerId> = seen.into_iter().map(Result::unwrap).collect();
        assert_eq!(ids.len(), 1);
        let database = Database::new(&DatabaseSettings::new(&url)).unwrap();
        let client = database.client().await.unwrap();
        let rows: i64 = client.query_one("select count(*) from customers", &[]).await.unwrap().get(0);
        assert_eq!(rows, 1);
    }
}
