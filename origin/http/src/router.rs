//! From a request to its handler, through the checks that every request passes.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response as AxumResponse,
    routing::get,
};
use bytes::Bytes;
use commerce_api::{
    Access, Problem, ProblemCode, ProblemContext, Route, RouteMiss, ServedBy, headers,
    limits::{MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_TARGET_BYTES},
    match_route,
};
use commerce_domain::{Clock, Entropy};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use origin_core::{Backend, customers::meet, events::publishing};

use crate::{
    ApiError,
    call::{Call, decode},
    caller::{self, CallerPolicy},
    categories, checkouts,
    error::problem,
    inventory, invoices, lists, orders, payments, products, refunds, reorder, respond, returns, shipments, webhooks,
};

/// What the router has to know beside the backend.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How the edge proves that it is the edge.
    pub caller: CallerPolicy,
    /// The routes that are served, where another function serves the rest; all if absent.
    pub only: Option<ServedBy>,
}

impl Settings {
    fn serves(&self, route: Route) -> bool {
        self.only.is_none_or(|only| route.served_by() == only)
    }
}

/// The origin: every route of the table that it serves, and `/healthz`.
pub fn router<B: Backend>(backend: B, settings: Settings) -> Router {
    let state = Arc::new(Origin { backend, settings });
    Router::new().route("/healthz", get(healthz)).fallback(serve::<B>).with_state(state)
}

struct Origin<B> {
    backend: B,
    settings: Settings,
}

/// Says that the process runs. Unsigned, so that health checks can ask.
async fn healthz() -> AxumResponse {
    let mut response = AxumResponse::new(Body::from(r#"{"status":"ok"}"#));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Answers a request and writes its line in the log.
async fn serve<B: Backend>(State(origin): State<Arc<Origin<B>>>, request: Request) -> AxumResponse {
    let started = origin.backend.clock().now();
    let (parts, body) = request.into_parts();
    let request_id = request_id(&parts, origin.backend.entropy());
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let (route, outcome) = answer(&origin, parts, body, &request_id).await;
    let (mut response, cause) = match outcome {
        Ok(response) => (response, None),
        Err(error) => {
            let problem = problem(error);
            let cause = problem.to_string();
            (problem.into_response(ProblemContext { request_id: &request_id, instance: &path }), Some(cause))
        }
    };
    if let Ok(value) = HeaderValue::try_from(&request_id) {
        response.headers_mut().insert(headers::REQUEST_ID, value);
    }
    let took = origin.backend.clock().now().duration_since(started);
    log(&LogLine { request_id: &request_id, method: &method, route, status: response.status(), cause, took });
    finished(&method, response)
}

/// The checks in their order, then the handler.
async fn answer<B: Backend>(
    origin: &Origin<B>,
    parts: Parts,
    body: Body,
    request_id: &str,
) -> (Option<Route>, Result<Response<Bytes>, ApiError>) {
    let body = match read_body(&parts, body).await {
        Ok(body) => body,
        Err(error) => return (None, Err(error)),
    };
    if let Err(error) = origin.settings.caller.check(&parts, &body, origin.backend.clock().now()) {
        return (None, Err(error));
    }
    let (route, parameter) = match match_route(&parts.method, parts.uri.path()) {
        Ok(found) if origin.settings.serves(found.route) => (found.route, decode(found.parameter, false)),
        Ok(_) => return (None, Err(missed(RouteMiss::NotFound))),
        Err(miss) => return (None, Err(missed(miss))),
    };
    let principal = match caller::principal(&origin.backend, route, &parts).await {
        Ok(principal) => principal,
        Err(error) => return (Some(route), Err(error)),
    };
    if let (Access::Shopper, Some(principal)) = (route.access(), &principal)
        && let Some(token) = caller::text(&parts, &headers::SHOPPER_TOKEN)
    {
        meet(&origin.backend, principal, token).await;
    }
    let call = Call { route, parameter, parts, body, principal, request_id: request_id.to_owned() };
    (Some(route), handle(&origin.backend, &call).await)
}

/// Hands the request to its handler. What a change has told is published, if that is quick; reads tell nothing.
async fn handle<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let handled = dispatch(backend, call);
    if call.route.method() == Method::GET {
        return handled.await;
    }
    publishing(backend, handled).await
}

/// What a handler comes to. On the heap, so that no caller has room for all handlers on its stack.
type Handled<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, ApiError>> + Send + 'a>>;

/// One line a route. What the edge answers alone does not exist here, but for `/readyz`: to come this far shows the edge that
/// its signature is accepted.
fn dispatch<'a, B: Backend>(backend: &'a B, call: &'a Call) -> Handled<'a> {
    match call.route {
        Route::ListProducts => Box::pin(lists::list_products(backend, call)),
        Route::Search => Box::pin(lists::search(backend, call)),
        Route::Suggest => Box::pin(lists::suggest(backend, call)),
        Route::GetProduct => Box::pin(products::get_product(backend, call)),
        Route::ListCategories => Box::pin(categories::list_categories(backend, call)),
        Route::CreateProduct => Box::pin(products::create_product(backend, call)),
        Route::UpdateProduct => Box::pin(products::update_product(backend, call)),
        Route::DeleteProduct => Box::pin(products::delete_product(backend, call)),
        Route::CreateOrder => Box::pin(orders::create_order(backend, call)),
        Route::ListOrders => Box::pin(orders::list_orders(backend, call)),
        Route::GetOrder => Box::pin(orders::get_order(backend, call)),
        Route::GetTimeline => Box::pin(orders::get_timeline(backend, call)),
        Route::GetOrderInvoice => Box::pin(invoices::get_order_invoice(backend, call)),
        Route::PrintOrderInvoice => Box::pin(invoices::print_order_invoice(backend, call)),
        Route::GetInvoice => Box::pin(invoices::get_invoice(backend, call)),
        Route::PrintInvoice => Box::pin(invoices::print_invoice(backend, call)),
        Route::CancelOrder => Box::pin(orders::cancel_order(backend, call)),
        Route::CreateShipment => Box::pin(shipments::create_shipment(backend, call)),
        Route::ListShipments => Box::pin(shipments::list_shipments(backend, call)),
        Route::DeliverShipment => Box::pin(shipments::deliver_shipment(backend, call)),
        Route::CancelShipment => Box::pin(shipments::cancel_shipment(backend, call)),
        Route::ListReturns => Box::pin(returns::list_returns(backend, call)),
        Route::CreateReturn => Box::pin(returns::create_return(backend, call)),
        Route::ReorderOrder => Box::pin(reorder::reorder_order(backend, call)),
        Route::CreatePayment => Box::pin(payments::create_payment(backend, call)),
        Route::ListPayments => Box::pin(payments::list_payments(backend, call)),
        Route::GetPayment => Box::pin(payments::get_payment(backend, call)),
        Route::CapturePayment => Box::pin(payments::capture_payment(backend, call)),
        Route::CreateRefund => Box::pin(refunds::create_refund(backend, call)),
        Route::ListFailedCheckouts => Box::pin(checkouts::list_failed(backend, call)),
        Route::ReceiveStripeWebhook => Box::pin(webhooks::receive_stripe_webhook(backend, call)),
        Route::ReceivePayPalWebhook => Box::pin(webhooks::receive_paypal_webhook(backend, call)),
        Route::ReceiveCarrierWebhook => Box::pin(webhooks::receive_carrier(backend, call)),
        Route::ListInventory => Box::pin(inventory::list_inventory(backend, call)),
        Route::ReconcileInventory => Box::pin(inventory::reconcile_inventory(backend, call)),
        Route::GetInventory => Box::pin(inventory::get_inventory(backend, call)),
        Route::AdjustInventory => Box::pin(inventory::adjust_inventory(backend, call)),
        Route::Readyz => Box::pin(ready(respond::json(StatusCode::OK, &serde_json::json!({"status": "ready"})))),
        Route::Healthz
        | Route::GetCart
        | Route::DeleteCart
        | Route::AddCartItem
        | Route::UpdateCartItem
        | Route::RemoveCartItem
        | Route::StreamOrder => Box::pin(ready(Err(missed(RouteMiss::NotFound)))),
    }
}

fn missed(miss: RouteMiss) -> ApiError {
    ApiError::Problem(match miss {
        RouteMiss::NotFound => Problem::not_found("Resource"),
        RouteMiss::MethodNotAllowed(allow) => {
            Problem::new(ProblemCode::MethodNotAllowed, ProblemCode::MethodNotAllowed.title()).with_allow(allow)
        }
    })
}

/// The whole body, within the limits on target, headers and body.
async fn read_body(parts: &Parts, body: Body) -> Result<Bytes, ApiError> {
    let refused = |code: ProblemCode| ApiError::Problem(Problem::new(code, code.title()));
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        return Err(refused(ProblemCode::UriTooLong));
    }
    // The edge adds the principal, the shopper's token and its signature to what it let through.
    if header_bytes(&parts.headers) > 2 * MAX_HEADER_BYTES {
        return Err(refused(ProblemCode::HeadersTooLarge));
    }
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(refused(ProblemCode::BodyTooLarge)),
        Err(error) => Err(ApiError::Problem(
            Problem::new(ProblemCode::ValidationError, "The body did not arrive").with_cause(error),
        )),
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The edge's id of the request, or one of our own.
fn request_id(parts: &Parts, entropy: &impl Entropy) -> String {
    if let Some(id) = caller::text(parts, &headers::REQUEST_ID)
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return id.to_owned();
    }
    let mut random = [0; 16];
    entropy.fill(&mut random);
    format!("req_{:032x}", u128::from_be_bytes(random))
}

struct LogLine<'a> {
    request_id: &'a str,
    method: &'a Method,
    route: Option<Route>,
    status: StatusCode,
    cause: Option<String>,
    took: jiff::SignedDuration,
}

fn log(line: &LogLine<'_>) {
    let route = line.route.map_or("none", Route::name);
    let (status, cause) = (line.status.as_u16(), line.cause.as_deref());
    let duration_ms = u64::try_from(line.took.as_millis()).unwrap_or(0);
    if line.status.is_server_error() {
        tracing::error!(request.id = line.request_id, http.method = %line.method, http.route = route, http.status = status, duration_ms, cause, "request");
    } else {
        tracing::info!(request.id = line.request_id, http.method = %line.method, http.route = route, http.status = status, duration_ms, cause, "request");
    }
}

/// The response on the wire: `HEAD` gets the head of what `GET` would get.
fn finished(method: &Method, response: Response<Bytes>) -> AxumResponse {
    let (mut parts, body) = response.into_parts();
    if method != Method::HEAD {
        return AxumResponse::from_parts(parts, Body::from(body));
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    AxumResponse::from_parts(parts, Body::empty())
}
