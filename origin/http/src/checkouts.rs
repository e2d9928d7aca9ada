//! `/checkouts`.

use bytes::Bytes;
use commerce_api::{
    checkout::{FailedCheckoutListResponse, FailedCheckoutResponse},
    page::{Page, Pagination},
};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    checkout::{FailedCheckout, ReadFailedCheckouts as _},
};

use crate::{ApiError, call::Call, orders::item_response, respond::json};

/// `GET /checkouts/failed`: what did not become an order, the latest first.
pub(crate) async fn list_failed<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [page, limit] = call.query_fields(["page", "limit"])?;
    let page = Page::parse(page.as_deref(), limit.as_deref())?;
    let found = backend.database().list_failed_checkouts(page).await?;
    let body = FailedCheckoutListResponse {
        data: found.checkouts.into_iter().map(response).collect(),
        pagination: Pagination::new(page, found.total),
    };
    json(StatusCode::OK, &body)
}

fn response(checkout: FailedCheckout) -> FailedCheckoutResponse {
    FailedCheckoutResponse {
        id: checkout.id.to_string(),
        customer_id: checkout.customer_id.to_string(),
        items: checkout.lines.iter().map(item_response).collect(),
        total: checkout.total.into(),
        currency: checkout.total.currency().to_string(),
        code: checkout.code,
        created_at: checkout.created_at,
        failed_at: checkout.failed_at,
    }
}
