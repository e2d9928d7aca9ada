//! What was committed is published, in its order, and handled once.

use std::collections::{BTreeMap, BTreeSet};

use commerce_domain::EventId;
use origin_core::consumers::Consumer;
use uuid::Uuid;

use super::rows;
use crate::{
    bus::Seen,
    lab::{Lab, LabError},
    shop::{Item, Shop},
};

const OUTBOX: &str = "select id, aggregate_id, sequence, event, payload->>'paymentId', published_at is not null
    from outbox where aggregate_id = any($1) or id = any($2) order by aggregate_id, sequence";

/// An event as it was committed.
struct Committed {
    seen: Seen,
    kind: String,
    payment: Option<String>,
    is_published: bool,
}

pub(super) async fn check(lab: &Lab, shop: &Shop, subjects: &[String]) -> Result<(), LabError> {
    let published = shop.bus.published().await;
    let committed = committed(lab, subjects, &published).await?;
    shop.world.state().tally.events += committed.len() as u64;
    check_published(shop, &committed, &published);
    check_order(shop, &published);
    let kinds = Consumer::PaymentHistory.kinds();
    let told: Vec<&Committed> = committed.iter().filter(|event| kinds.contains(&event.kind.as_str())).collect();
    let mut expected: BTreeMap<&str, BTreeMap<u64, String>> = BTreeMap::new();
    for Committed { seen, payment, .. } in told {
        let payment = payment.as_deref().unwrap_or_default();
        expected.entry(payment).or_default().insert(seen.sequence, seen.id.to_string());
    }
    for (payment, expected) in expected {
        let kept = shop.tables.payment_history(payment).await?;
        if kept != expected {
            shop.violated(format!("the history of {payment} is {kept:?}, and its events are {expected:?}"));
        }
    }
    check_counters(shop).await
}

/// Of the product whose maker died, the counters are there as they were told of.
async fn check_counters(shop: &Shop) -> Result<(), LabError> {
    let Item { variant, stock, .. } = shop.unfinished;
    let counters = shop.tables.find_counters(variant).await?;
    if counters.is_none_or(|found| (found.on_hand, found.reserved, found.sellable) != (stock, 0, stock)) {
        shop.violated(format!("{variant} was told of with {stock} pieces, and has {counters:?}"));
    }
    Ok(())
}

async fn committed(lab: &Lab, subjects: &[String], published: &[Seen]) -> Result<Vec<Committed>, LabError> {
    let published: Vec<Uuid> = published.iter().map(|event| event.id.as_uuid()).collect();
    let found = rows(lab, OUTBOX, &[&subjects, &published]).await?;
    let event = |row: &tokio_postgres::Row| {
        let broken = |error: &dyn std::fmt::Display| LabError::Store(error.to_string());
        let id = EventId::from_uuid(row.get(0)).map_err(|error| broken(&error))?;
        let sequence = u64::try_from(row.get::<_, i64>(2)).map_err(|error| broken(&error))?;
        let seen = Seen { id, subject: row.get(1), sequence };
        Ok(Committed { seen, kind: row.get(3), payment: row.get(4), is_published: row.get(5) })
    };
    found.iter().map(event).collect()
}

/// Everything at least once, and nothing else.
fn check_published(shop: &Shop, committed: &[Committed], published: &[Seen]) {
    let seen: BTreeSet<String> = published.iter().map(|event| event.id.to_string()).collect();
    for event in committed {
        if !event.is_published || !seen.contains(&event.seen.id.to_string()) {
            shop.violated(format!("{:?} was committed, and is not published", event.seen));
        }
    }
    for event in published {
        if !committed.iter().any(|committed| committed.seen == *event) {
            shop.violated(format!("{event:?} was published, and never committed"));
        }
    }
}

/// No event is seen before the one before it, about the same thing, has been. What is not known to be published may come again.
fn check_order(shop: &Shop, published: &[Seen]) {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for Seen { subject, sequence, .. } in published {
        let last = seen.entry(subject).or_default();
        if *sequence > *last + 1 {
            shop.violated(format!("event {sequence} about {subject} was published when event {last} was the last one"));
        }
        *last = (*last).max(*sequence);
    }
}
