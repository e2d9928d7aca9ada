//! Returns: written down under the lock of their order, with all that follows from them.

mod begin;
mod read;

use commerce_domain::{OrderId, ReturnId};
use origin_core::{
    StoreError,
    returns::{BeginReturn, NewReturn, RestockDue, Return, ReturnStore},
};

use crate::{Database, DbError, Isolation};

const NOTE: &str = "update returns set restock_due = false where id = $1 and restock_due";

impl ReturnStore for Database {
    async fn begin_return(&self, new: &NewReturn) -> Result<BeginReturn, StoreError> {
        let begun =
            self.run_tx("begin_return", Isolation::ReadCommitted, new, |tx, new| Box::pin(begin::begin(tx, new)));
        Ok(begun.await?)
    }

    async fn list_returns(&self, order: OrderId) -> Result<Vec<Return>, StoreError> {
        let client = self.client().await?;
        Ok(read::of_order(&client, order).await?)
    }

    async fn note_restocked(&self, id: ReturnId) -> Result<(), StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(NOTE).await.map_err(DbError::from)?;
        client.execute(&statement, &[&id.as_uuid()]).await.map_err(DbError::from)?;
        Ok(())
    }

    async fn list_restocks_due(&self, after: Option<ReturnId>, limit: u32) -> Result<Vec<RestockDue>, StoreError> {
        let rows = self.list(read::DUE, &[&after.map(ReturnId::as_uuid), &i64::from(limit)]).await?;
        Ok(rows.iter().map(read::due).collect::<Result<_, _>>()?)
    }
}
