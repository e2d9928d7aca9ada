//! Looking at the stock of variants from all sides.

use std::collections::BTreeMap;

use commerce_domain::{OrderId, VariantId};

use super::ports::{AuditLedger as _, AuditStock as _, Expected, FoundHold, LedgerSum, StockClaim};
use crate::{
    Backend, Interrupted,
    hooks::{HookPoint, Hooks as _},
    inventory::{ReadStock as _, StockLevel},
};

/// Claims that one look takes in.
const MAX_CLAIMS: u32 = 10_000;
/// Holds that one call reads.
const HOLDS_AT_ONCE: usize = 100;
/// A variant that keeps moving is looked at again; this often.
const MAX_ROUNDS: u32 = 8;

/// A variant's stock, from all sides. The database was asked before the counters, and the counters before the holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// What the ledger says.
    pub(super) ledger: LedgerSum,
    /// What the counters say.
    pub(super) level: Option<StockLevel>,
    /// How many pieces are to be reserved: those that holds in force hold, and those of `unheld`.
    pub(super) held: i64,
    /// Orders that wait for money and have no hold in force.
    pub(super) lost: Vec<OrderId>,
    /// Orders whose stock has yet to follow how they ended, and whose hold has gone: the pieces that they are to hold until then.
    pub(super) unheld: Vec<(OrderId, u32)>,
}

impl Look {
    /// Whether all sides say the same.
    pub(super) fn agrees(&self) -> bool {
        let Some(level) = &self.level else { return false };
        let counted = level.reserved == self.held && level.sellable == sellable(level, 0);
        counted && self.lost.is_empty() && (self.ledger.moving || level.on_hand == self.ledger.sum)
    }
}

/// How many pieces can be sold where so many more are held than the counters say.
pub(super) fn sellable(level: &StockLevel, more_held: i64) -> i64 {
    level.available() - more_held + level.backorder_limit
}

/// Orders beside those that the database knows of, whose holds on a variant count.
pub(super) type Strays = BTreeMap<VariantId, Vec<OrderId>>;

/// Looks at variants once. None where more claims are on the variants than one look takes in.
pub(super) async fn look<B: Backend>(
    backend: &B,
    variants: &[VariantId],
    strays: &Strays,
) -> Result<Option<Vec<Look>>, Interrupted> {
    let ledger = backend.database().load_ledger(variants).await?;
    let claims = backend.database().list_claims(variants, MAX_CLAIMS).await?;
    if claims.len() >= MAX_CLAIMS as usize {
        return Ok(None);
    }
    let levels = backend.stock().read_stock(variants).await?;
    backend.hooks().reached(HookPoint::WithinLook).await?;
    let strays = variants.iter().filter_map(|variant| strays.get(variant)).flatten().copied();
    let mut orders: Vec<OrderId> = claims.iter().map(|claim| claim.order_id).chain(strays).collect();
    orders.sort_unstable();
    orders.dedup();
    let mut holds = BTreeMap::new();
    for some in orders.chunks(HOLDS_AT_ONCE) {
        let found = backend.stock().read_holds(some).await?;
        holds.extend(found.into_iter().map(|hold| (hold.order_id, hold)));
    }
    let looks = ledger.into_iter().map(|ledger| {
        let variant = ledger.variant_id;
        let level = levels.iter().find(|level| level.variant_id == variant).copied();
        let unheld = unheld(&claims, &holds, variant);
        let held = held(&holds, variant) + unheld.iter().map(|(_, quantity)| i64::from(*quantity)).sum::<i64>();
        Look { ledger, level, held, lost: lost(&claims, &holds, variant), unheld }
    });
    Ok(Some(looks.collect()))
}

/// Looks at one variant until two looks in a row are the same. No change can hide between them: holds and movements change the
/// counters' version, entries the ledger's last number, and both are noted before. None where it keeps moving.
pub(super) async fn settled_look<B: Backend>(
    backend: &B,
    variant: VariantId,
    strays: &Strays,
) -> Result<Option<Look>, Interrupted> {
    let mut before = None;
    for _ in 0..MAX_ROUNDS {
        let now = look(backend, &[variant], strays).await?.and_then(|looks| looks.into_iter().next());
        if now.is_some() && now == before {
            return Ok(now);
        }
        before = now;
    }
    Ok(None)
}

fn held(holds: &BTreeMap<OrderId, FoundHold>, variant: VariantId) -> i64 {
    let lines = holds.values().filter(|hold| hold.in_force).flat_map(|hold| &hold.lines);
    lines.filter(|line| line.variant_id == variant).map(|line| i64::from(line.quantity)).sum()
}

fn lost(claims: &[StockClaim], holds: &BTreeMap<OrderId, FoundHold>, variant: VariantId) -> Vec<OrderId> {
    let due = claims.iter().filter(|claim| claim.variant_id == variant && claim.expected == Expected::Due);
    let orders = due.map(|claim| claim.order_id);
    orders.filter(|order| holds.get(order).is_none_or(|hold| !hold.in_force)).collect()
}

/// A hold that has ended is not among them: what it came to is on the counters.
fn unheld(claims: &[StockClaim], holds: &BTreeMap<OrderId, FoundHold>, variant: VariantId) -> Vec<(OrderId, u32)> {
    let ending = claims.iter().filter(|claim| claim.variant_id == variant && claim.expected == Expected::Ending);
    let gone = ending.filter(|claim| !holds.contains_key(&claim.order_id));
    gone.map(|claim| (claim.order_id, claim.quantity)).collect()
}
