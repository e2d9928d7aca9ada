//! An order as an invoice tells of it.

use commerce_domain::OrderId;
use origin_core::{StoreError, invoices::Billable, orders::ReadOrders as _};

use crate::{Database, DbError};

// Money that came for nothing was taken, too: its refund says that it was not for this order.
const BUYER: &str = "select c.name, c.email,
        exists (select from payments p join ledger_entries l on l.payment_id = p.id and l.kind = 'capture'
            where p.order_id = o.id and p.state <> 'CANCELED'
                and not exists (select from refunds r where r.payment_id = p.id and r.reason = 'stranded'))
    from orders o join customers c on c.id = o.user_id where o.id = $1";

impl Database {
    pub(super) async fn billable(&self, order: OrderId) -> Result<Option<Billable>, StoreError> {
        let Some(found) = self.find_order(None, order).await? else { return Ok(None) };
        let client = self.client().await?;
        let read = async {
            let statement = client.prepare_cached(BUYER).await?;
            let row = client.query_one(&statement, &[&order.as_uuid()]).await?;
            Ok::<_, DbError>(Billable {
                order: found,
                buyer_name: row.try_get(0)?,
                buyer_email: row.try_get(1)?,
                sold: row.try_get(2)?,
            })
        };
        Ok(Some(read.await?))
    }
}
