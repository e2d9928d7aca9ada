//! Invoices and credit notes: kept, and read as they were issued.

mod goods;
mod issue;
mod order;

use commerce_api::invoice::InvoiceResponse;
use commerce_domain::{CustomerId, InvoiceId, OrderId, RefundId};
use origin_core::{
    StoreError,
    invoices::{Billable, InvoiceStore, NewCreditNote, NewInvoice},
};
use tokio_postgres::Row;

use crate::{Database, DbError};

const ONE: &str = "select i.snapshot from invoices i join orders o on o.id = i.order_id
    where i.id = $2 and ($1::uuid is null or o.user_id = $1)";
// The invoice comes first: no credit note is issued before it.
const OF_ORDER: &str = "select snapshot from invoices where order_id = $1 order by kind desc, year, number";
// What a payment that was called off took and sent back was never for the goods.
const UNCREDITED: &str = "select r.id from refunds r where r.order_id = $1 and r.state = 'SUCCEEDED'
    and not exists (select from payments p where p.id = r.payment_id and p.state = 'CANCELED')
    and not exists (select from invoices i where i.refund_id = r.id)
    and exists (select from invoices i where i.order_id = r.order_id and i.kind = 'invoice')
    order by r.created_at, r.id";

impl InvoiceStore for Database {
    async fn load_billable(&self, order: OrderId) -> Result<Option<Billable>, StoreError> {
        self.billable(order).await
    }

    async fn find_invoice(
        &self,
        customer: Option<CustomerId>,
        invoice: InvoiceId,
    ) -> Result<Option<InvoiceResponse>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(ONE).await.map_err(DbError::from)?;
        let row = client.query_opt(&statement, &[&customer.map(CustomerId::as_uuid), &invoice.as_uuid()]).await;
        Ok(row.map_err(DbError::from)?.as_ref().map(snapshot).transpose()?)
    }

    async fn list_invoices_of(&self, order: OrderId) -> Result<Vec<InvoiceResponse>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(OF_ORDER).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&order.as_uuid()]).await.map_err(DbError::from)?;
        Ok(rows.iter().map(snapshot).collect::<Result<_, _>>()?)
    }

    async fn list_uncredited_refunds(&self, order: OrderId) -> Result<Vec<RefundId>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(UNCREDITED).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&order.as_uuid()]).await.map_err(DbError::from)?;
        let id = |row: &Row| RefundId::from_uuid(row.try_get(0)?).map_err(DbError::broken);
        Ok(rows.iter().map(id).collect::<Result<_, DbError>>()?)
    }

    async fn issue_invoice(&self, new: &NewInvoice) -> Result<InvoiceResponse, StoreError> {
        Ok(self.write_invoice(new).await?)
    }

    async fn issue_credit_note(&self, new: &NewCreditNote) -> Result<Option<InvoiceResponse>, StoreError> {
        Ok(self.write_credit_note(new).await?)
    }
}

/// The paper in the first column.
fn snapshot(row: &Row) -> Result<InvoiceResponse, DbError> {
    serde_json::from_value(row.try_get(0)?).map_err(DbError::broken)
}

#[cfg(test)]
mod tests;
