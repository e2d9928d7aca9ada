//! Keeping a paper under the next number of its series, in one short transaction.
//!
//! The series' row is locked last, right before the paper is kept: whoever waits for a number waits for two statements and a commit. All
//! that the paper needs to be there is locked before.

use commerce_api::invoice::InvoiceResponse;
use commerce_domain::Currency;
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::invoices::{CreditedRefund, Head, NewCreditNote, NewInvoice, credit_note, paper_number};
use uuid::Uuid;

use super::{goods::goods_of, snapshot};
use crate::{Database, DbError, Isolation, orders::money};

const KEEP_ORDER: &str = "select id from orders where id = $1 for key share";
const INVOICE_OF: &str = "select snapshot from invoices where order_id = $1 and kind = 'invoice'";
const NOTE_OF: &str = "select snapshot from invoices where refund_id = $1";
// The order before its refund, as whoever settles a refund locks them.
const KEEP_ORDER_OF: &str =
    "select o.id from orders o join refunds r on r.order_id = o.id where r.id = $1 for key share of o";
const REFUND: &str = "select order_id, currency::text, amount, reason from refunds
    where id = $1 and state = 'SUCCEEDED'
        and not exists (select from payments p where p.id = payment_id and p.state = 'CANCELED') for share";
// One credit note of an invoice at a time: each takes from what the others have left.
const LOCK_INVOICE: &str =
    "select snapshot, legal_entity from invoices where order_id = $1 and kind = 'invoice' for update";
// A refund that its bank has sent back took nothing.
const EARLIER: &str = "select i.snapshot from invoices i join refunds r on r.id = i.refund_id
    where i.order_id = $1 and r.state = 'SUCCEEDED'";
pub(super) const NEXT: &str = "insert into invoice_counters as series (legal_entity, year, last) values ($1, $2, 1)
    on conflict (legal_entity, year) do update set last = series.last + 1 returning last";
const INSERT: &str =
    "insert into invoices (id, legal_entity, year, number, kind, order_id, refund_id, snapshot, issued_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

impl Database {
    pub(super) async fn write_invoice(&self, new: &NewInvoice) -> Result<InvoiceResponse, DbError> {
        let issued = self.run_tx("issue_invoice", Isolation::ReadCommitted, new, |tx, new| issue(tx, new).boxed());
        match issued.await {
            // Another one was quicker. The number was given back with the transaction.
            Err(error) if error.violates("invoices_one_per_order") => {
                let client = self.client().await?;
                let row = client.query_one(INVOICE_OF, &[&new.order_id.as_uuid()]).await?;
                snapshot(&row)
            }
            issued => issued,
        }
    }

    pub(super) async fn write_credit_note(&self, new: &NewCreditNote) -> Result<Option<InvoiceResponse>, DbError> {
        self.run_tx("issue_credit_note", Isolation::ReadCommitted, new, |tx, new| credit(tx, new).boxed()).await
    }
}

async fn issue(tx: &Transaction<'_>, new: &NewInvoice) -> Result<InvoiceResponse, DbError> {
    let order = new.order_id.as_uuid();
    let statement = tx.prepare_cached(KEEP_ORDER).await?;
    tx.query_one(&statement, &[&order]).await?;
    let statement = tx.prepare_cached(INVOICE_OF).await?;
    if let Some(row) = tx.query_opt(&statement, &[&order]).await? {
        return snapshot(&row);
    }
    let paper = Paper { head: &new.head, legal_entity: &new.legal_entity, order, refund: None };
    paper.keep(tx, new.draft.clone()).await
}

async fn credit(tx: &Transaction<'_>, new: &NewCreditNote) -> Result<Option<InvoiceResponse>, DbError> {
    let refund = new.refund_id.as_uuid();
    let statement = tx.prepare_cached(KEEP_ORDER_OF).await?;
    tx.query_opt(&statement, &[&refund]).await?;
    let statement = tx.prepare_cached(REFUND).await?;
    let Some(gone) = tx.query_opt(&statement, &[&refund]).await? else { return Ok(None) };
    let order: Uuid = gone.try_get(0)?;
    let statement = tx.prepare_cached(LOCK_INVOICE).await?;
    let Some(invoice) = tx.query_opt(&statement, &[&order]).await? else { return Ok(None) };
    let statement = tx.prepare_cached(NOTE_OF).await?;
    if let Some(row) = tx.query_opt(&statement, &[&refund]).await? {
        return snapshot(&row).map(Some);
    }
    let statement = tx.prepare_cached(EARLIER).await?;
    let earlier = tx.query(&statement, &[&order]).await?;
    let earlier = earlier.iter().map(snapshot).collect::<Result<Vec<_>, _>>()?;
    let currency: Currency = gone.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    let goods = goods_of(tx, refund, currency).await?;
    let (amount, reason) = (money(&gone, 2, currency)?, gone.try_get(3)?);
    let credited = CreditedRefund { id: new.refund_id, amount, reason, goods: goods.as_ref() };
    let draft = credit_note(&new.head, credited, &snapshot(&invoice)?, &earlier).map_err(DbError::broken)?;
    let paper = Paper { head: &new.head, legal_entity: invoice.try_get(1)?, order, refund: Some(refund) };
    paper.keep(tx, draft).await.map(Some)
}

/// A paper that only wants its number.
struct Paper<'a> {
    head: &'a Head,
    legal_entity: &'a str,
    order: Uuid,
    refund: Option<Uuid>,
}

impl Paper<'_> {
    async fn keep(&self, tx: &Transaction<'_>, mut paper: InvoiceResponse) -> Result<InvoiceResponse, DbError> {
        let Self { head, legal_entity, order, refund } = self;
        let statement = tx.prepare_cached(NEXT).await?;
        let number: i32 = tx.query_one(&statement, &[legal_entity, &head.year]).await?.try_get(0)?;
        paper.number = paper_number(legal_entity, head.year, u32::try_from(number).map_err(DbError::broken)?);
        let kept = serde_json::to_value(&paper).map_err(DbError::broken)?;
        let id = head.id.as_uuid();
        let statement = tx.prepare_cached(INSERT).await?;
        tx.execute(
            &statement,
            &[&id, legal_entity, &head.year, &number, &paper.kind, order, refund, &kept, &head.issued_at],
        )
        .await?;
        Ok(paper)
    }
}
