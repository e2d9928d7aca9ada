//! Looking at the stock of variants from all sides.

use std::collections::BTreeMap;

use commerce_domain::{OrderId, VariantId};

use super::ports::{AuditLedger as _, AuditStock as _, FoundHold, LedgerSum, StockClaim};
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
    /// How many pieces the holds in force hold.
    pub(super) held: i64,
    /// Orders that must hold pieces and have no hold in force.
    pub(super) lost: Vec<OrderId>,
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
        holds.extend(found.into_iter().filter(|hold| hold.in_force).map(|hold| (hold.order_id, hold)));
    }
    let looks = ledger.into_iter().map(|ledger| {
        let variant = ledger.variant_id;
        let level = levels.iter().find(|level| level.variant_id == variant).copied();
        Look { ledger, level, held: held(&holds, variant), lost: lost(&claims, &holds, variant) }
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
    let lines = holds.values().flat_map(|hold| &hold.lines);
    lines.filter(|line| line.variant_id == variant).map(|line| i64::from(line.quantity)).sum()
}

fn lost(claims: &[StockClaim], holds: &BTreeMap<OrderId, FoundHold>, variant: VariantId) -> Vec<OrderId> {
    let due = claims.iter().filter(|claim| claim.variant_id == variant && claim.must_hold);
    due.map(|claim| claim.order_id).filter(|order| !holds.contains_key(order)).collect()
}
