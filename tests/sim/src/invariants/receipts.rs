//! A webhook that is known to be handled has had its effect.

use origin_core::{Backend as _, StoreError};

use crate::{
    provider::{About, Happening},
    shop::Shop,
};

const CHARGES: [&str; 2] = ["payment_intent.succeeded", "PAYMENT.CAPTURE.COMPLETED"];
const CHARGED: &str = "select exists (select from webhook_events where event_id = $1),
    exists (select from ledger_entries l join payments p on p.id = l.payment_id
        where p.intent_id = $2 and l.kind = 'capture')";
const SENT_BACK: &str = "select exists (select from webhook_events where event_id = $1),
    exists (select from refunds where provider_refund = $2 and state = 'SUCCEEDED')";
const DISPUTED: &str = "select exists (select from webhook_events where event_id = $1),
    exists (select from ledger_entries where reference = $2 and kind = 'dispute')";

/// At once when it was answered that it is taken: what it told of is written down, if the webhook is.
pub(crate) async fn check(shop: &Shop, happening: &Happening) {
    let (sql, object) = match &happening.about {
        About::Intent(id) if CHARGES.contains(&happening.kind) => (CHARGED, id),
        // Of a payment that was not made, or not taken, nothing has to be written down.
        About::Intent(_) => return,
        About::Refund(id) => (SENT_BACK, id),
        About::Dispute(id) => (DISPUTED, id),
    };
    match shop.world.alone(look(shop, sql, &happening.id, object)).await {
        Ok((true, false)) => {
            shop.violated(format!("{} {} is noted as handled, and had no effect", happening.kind, happening.id));
        }
        Ok(_) => {}
        Err(error) => shop.violated(format!("the database was not read: {error}")),
    }
}

/// Whether the webhook is noted, and whether its effect is there.
async fn look(shop: &Shop, sql: &str, event: &str, object: &str) -> Result<(bool, bool), StoreError> {
    let client = shop.backend.database().real.client().await?;
    let row = client.query_one(sql, &[&event, &object]).await.map_err(StoreError::broken)?;
    Ok((row.get(0), row.get(1)))
}
