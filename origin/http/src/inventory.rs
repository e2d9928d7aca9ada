//! `/inventory`.

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    inventory::{
        AdjustInventoryRequest, InventoryListResponse, InventoryResponse, ReconcileResponse, StockFinding,
        ThresholdChange,
    },
    page::{Page, Pagination},
};
use commerce_domain::VariantId;
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    idempotency::StoredAnswer,
    inventory::{
        AdjustOutcome, AdjustStock, AdjustmentKind, Finding, KeepAdjustments as _, ListStock as _, MOST_VARIANTS,
        ReadStock as _, Reconciliation, StockChange, StockLevel, StockSubject, adjust_stock, find_stock, reconcile,
    },
};

use crate::{
    ApiError,
    call::Call,
    check::Refusals,
    respond::{answer, json, with_version},
};

/// The most pieces that one request brings or takes, and the highest threshold.
const MOST_PIECES: u32 = 1_000_000;

/// `GET /inventory/{productId}`: the counters of a variant, named by its own id or by its product's, if that has only one.
pub(crate) async fn get_inventory<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let level = find_stock(backend.database(), backend.stock(), subject(call)?).await?;
    let thresholds = backend.database().load_thresholds(&[level.variant_id]).await?;
    shown(&level, thresholds.first().map(|(_, threshold)| *threshold))
}

/// `PUT /inventory/{productId}`: goods come, or are gone; what is held stays.
pub(crate) async fn adjust_inventory<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let body: AdjustInventoryRequest = call.json()?;
    let request = AdjustStock {
        principal: call.principal()?,
        key: call.idempotency_key()?,
        request_hash: call.request_hash(),
        subject: subject(call)?,
        change: change(&body)?,
        expected: &call.expected_version(),
    };
    answer(adjust_stock(backend, &request, |outcome| rendered(call, outcome)).await?)
}

/// `GET /inventory`: a page of all variants in the shop, or with `lowStock=true` of those that run low.
pub(crate) async fn list_inventory<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [page, limit, low] = call.query_fields(["page", "limit", "lowStock"])?;
    let page = Page::parse(page.as_deref(), limit.as_deref())?;
    let low_only = match low.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ApiError::Problem(Problem::invalid("lowStock", "must be true or false"))),
    };
    let listed = backend.database().list_stock(low_only, page).await?;
    let variants: Vec<VariantId> = listed.variants.iter().map(|(variant, _)| *variant).collect();
    let levels = backend.stock().read_stock(&variants).await?;
    let rows = listed.variants.iter().filter_map(|(variant, threshold)| {
        let level = levels.iter().find(|level| level.variant_id == *variant)?;
        Some(inventory(level, *threshold))
    });
    let body = InventoryListResponse { data: rows.collect(), pagination: Pagination::new(page, listed.total) };
    json(StatusCode::OK, &body)
}

/// `POST /inventory/reconcile`: compares up to `limit` variants from behind `after`, and repairs what differs.
pub(crate) async fn reconcile_inventory<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [after, limit] = call.query_fields(["after", "limit"])?;
    let after = after.map(|after| after.parse::<VariantId>()).transpose();
    let after = after.map_err(|_| Problem::invalid("after", "must be the id of a variant"))?;
    let limit = limit.map_or(Ok(MOST_VARIANTS), |limit| limit.parse());
    let limit = limit.ok().filter(|limit| (1..=MOST_VARIANTS).contains(limit));
    let limit =
        limit.ok_or_else(|| Problem::invalid("limit", format!("must be a whole number from 1 to {MOST_VARIANTS}")))?;
    let Reconciliation { checked, unsettled, findings, next } = reconcile(backend, after, limit).await?;
    let findings = findings.iter().map(found).collect();
    let body = ReconcileResponse { checked, unsettled, findings, next: next.map(|variant| variant.to_string()) };
    json(StatusCode::OK, &body)
}

fn found(finding: &Finding) -> StockFinding {
    StockFinding {
        kind: finding.drift.as_str().to_owned(),
        product_id: finding.product_id.to_string(),
        variant_id: finding.variant_id.to_string(),
        order_id: finding.order_id.map(|order| order.to_string()),
        counted: finding.counted,
        expected: finding.expected,
        repaired: finding.repaired,
    }
}

fn subject(call: &Call) -> Result<StockSubject, ApiError> {
    let id = &call.parameter;
    let subject = id.parse().map(StockSubject::Variant).or_else(|_| id.parse().map(StockSubject::Product));
    subject.map_err(|_| ApiError::Problem(Problem::not_found("Product")))
}

fn change(body: &AdjustInventoryRequest) -> Result<StockChange, ApiError> {
    let mut refusals = Refusals::default();
    if body.delta.is_none() && body.low_stock_threshold == ThresholdChange::Keep {
        refusals.add("delta", "is required, unless lowStockThreshold is there");
    }
    if body.delta.is_some_and(|delta| delta == 0 || delta.unsigned_abs() > u64::from(MOST_PIECES)) {
        refusals.add("delta", format!("must be a whole number from -{MOST_PIECES} to {MOST_PIECES}, and not 0"));
    }
    let kind = match body.reason.as_deref() {
        Some("receipt") => AdjustmentKind::Receipt,
        Some("correction") | None => AdjustmentKind::Correction,
        Some(_) => {
            refusals.add("reason", "must be receipt or correction");
            AdjustmentKind::Correction
        }
    };
    if kind == AdjustmentKind::Receipt && body.delta.is_none_or(|delta| delta < 0) {
        refusals.add("reason", "is not receipt where nothing comes in");
    }
    if matches!(body.low_stock_threshold, ThresholdChange::Set(Some(threshold)) if threshold > MOST_PIECES) {
        refusals.add("lowStockThreshold", format!("must be a whole number from 0 to {MOST_PIECES}"));
    }
    refusals.into_result()?;
    Ok(StockChange { quantity: body.delta, kind, threshold: body.low_stock_threshold })
}

/// The answer, as it is kept for whoever repeats the request.
fn rendered(call: &Call, outcome: &AdjustOutcome) -> StoredAnswer {
    call.kept(response(outcome))
}

fn response(outcome: &AdjustOutcome) -> Result<Response<Bytes>, ApiError> {
    match outcome {
        AdjustOutcome::Adjusted { level, threshold } => shown(level, *threshold),
        AdjustOutcome::TooFew { available } => {
            let free = (*available).max(0);
            let problem = Problem::new(ProblemCode::Conflict, "What is held for orders does not leave");
            Err(ApiError::Problem(problem.with_field("delta", format!("takes more than the {free} that are free"))))
        }
    }
}

fn shown(level: &StockLevel, threshold: Option<u32>) -> Result<Response<Bytes>, ApiError> {
    with_version(json(StatusCode::OK, &inventory(level, threshold))?, level.version)
}

fn inventory(level: &StockLevel, threshold: Option<u32>) -> InventoryResponse {
    InventoryResponse {
        product_id: level.product_id.to_string(),
        variant_id: level.variant_id.to_string(),
        on_hand: level.on_hand,
        reserved: level.reserved,
        available: level.available(),
        backorder_limit: level.backorder_limit,
        low_stock_threshold: threshold,
        version: level.version,
    }
}
