//! One order of checks for every request, and the way to its handler.

use bytes::{Bytes, BytesMut};
use commerce_api::{
    Access, Parameter, Problem, ProblemCode, ProblemContext, Route, RouteMatch, RouteMiss, ServedBy, match_route,
};
use commerce_auth::VerifiedToken;
use commerce_domain::{InvoiceId, OrderId, PaymentId, ProductId, ShipmentId, VariantId};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use jiff::Timestamp;

use crate::{
    auth,
    body::Body,
    cart, catalog,
    config::{self, ConfigError, EdgeConfig},
    cors, forward, guard, health,
    log::RequestLog,
    platform::Platform,
    reply,
    request::{Call, Caller, request_id},
    stream::{self, Events},
    trace,
};

/// Answers a request whose body has not been read yet. `read` gives at most [`crate::REQUEST_READ_LIMIT`] bytes of it, or None
/// where it breaks off. Whatever goes wrong ends in a problem body.
pub async fn serve<P: Platform>(
    platform: &P,
    head: Parts,
    read: impl AsyncFnOnce() -> Option<Bytes>,
) -> Response<Body> {
    // No route looks at the body of these, so it is not waited for.
    let is_read = !matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let body = if is_read { read().await } else { Some(Bytes::new()) };
    let arrived =
        body.as_ref().map(drop).ok_or_else(|| Problem::new(ProblemCode::ValidationError, "The body did not arrive"));
    let response = respond(platform, &Request::from_parts(head, body.unwrap_or_default()), arrived).await;
    stream::opened(platform, response)
}

/// Answers a request whose body has been read. A stream is waited for to its end.
pub async fn handle<P: Platform>(platform: &P, request: Request<Bytes>) -> Response<Bytes> {
    let mut response = respond(platform, &request, Ok(())).await;
    if let Some(mut events) = Events::of(platform, &mut response) {
        let mut pieces = BytesMut::new();
        while let Some(piece) = events.next().await {
            pieces.extend_from_slice(&piece);
        }
        *response.body_mut() = pieces.freeze();
    }
    response
}

async fn respond<P: Platform>(platform: &P, request: &Request<Bytes>, arrived: Result<(), Problem>) -> Response<Bytes> {
    let started = platform.now();
    let request_id = request_id(platform, request.headers());
    let trace = trace::parent(request.headers());
    let mut log = RequestLog { request_id: &request_id, trace, started, route: None, problem: None };
    let answer = match arrived {
        Ok(()) => answer(platform, request, &mut log).await,
        Err(problem) => Err(problem),
    };
    let mut response = answer.unwrap_or_else(|problem| {
        log.note(&problem);
        problem.into_response(ProblemContext { request_id: &request_id, instance: request.uri().path() })
    });
    let now = platform.now();
    reply::finish(&mut response, request.method(), &request_id, now);
    if let Some(config) = platform.memory().config.get() {
        cors::decorate(&config.cors, request.headers(), response.headers_mut());
    }
    log.write(platform, request, &response, now);
    response
}

/// Limits, CORS preflight, route, settings, token, role, id; then the handler.
async fn answer<P: Platform>(
    platform: &P,
    request: &Request<Bytes>,
    log: &mut RequestLog<'_>,
) -> Result<Response<Bytes>, Problem> {
    guard::check(request)?;
    let config = config::load(platform).await;
    if cors::is_preflight(request) {
        return Ok(cors::preflight());
    }
    let RouteMatch { route, parameter } = match find_route(request)? {
        Found::Route(found) => found,
        Found::Options(allow) => return Ok(options(&allow)),
    };
    log.route = Some(route);
    let (request_id, trace, now) = (log.request_id, log.trace, log.started);
    match route {
        Route::Healthz => return health::healthz(),
        Route::Readyz => return health::readyz(platform, config, request_id, now).await,
        _ => {}
    }
    let config = config.map_err(|error: ConfigError| health::not_configured(&error))?;
    let caller = caller(platform, config, request, route, now).await?;
    check_id(route, parameter)?;
    dispatch(&Call { platform, config, request, request_id, trace, now, route, parameter, caller }).await
}

enum Found<'a> {
    Route(RouteMatch<'a>),
    /// An OPTIONS request for a path that is known; holds the value for `Allow`.
    Options(String),
}

fn find_route(request: &Request<Bytes>) -> Result<Found<'_>, Problem> {
    match match_route(request.method(), request.uri().path()) {
        Ok(found) => Ok(Found::Route(found)),
        Err(RouteMiss::NotFound) => Err(Problem::not_found("Resource")),
        Err(RouteMiss::MethodNotAllowed(allow)) if request.method() == Method::OPTIONS => Ok(Found::Options(allow)),
        Err(RouteMiss::MethodNotAllowed(allow)) => {
            let detail = format!("This resource answers {allow}");
            Err(Problem::new(ProblemCode::MethodNotAllowed, detail).with_allow(allow))
        }
    }
}

fn options(allow: &str) -> Response<Bytes> {
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// The caller, where the route asks for one. Other routes do not look at the token.
async fn caller<'a, P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request: &'a Request<Bytes>,
    route: Route,
    now: Timestamp,
) -> Result<Option<Caller<'a>>, Problem> {
    if !route.access().needs_token() {
        return Ok(None);
    }
    let token = auth::bearer_token(request.headers())?;
    let VerifiedToken { principal, expires_at } = auth::verify(platform, config, token, now).await?;
    if route.access() == Access::Admin && !principal.is_admin() {
        return Err(Problem::new(ProblemCode::Forbidden, "This takes the role admin"));
    }
    Ok(Some(Caller { principal, token, expires_at }))
}

/// What cannot be an id names nothing: 404, before any I/O.
fn check_id(route: Route, parameter: &str) -> Result<(), Problem> {
    let is_product = || parameter.parse::<ProductId>().is_ok();
    let (what, known) = match route.parameter() {
        Parameter::Nothing => ("Resource", parameter.is_empty()),
        Parameter::Product => ("Product", is_product()),
        Parameter::ProductOrVariant => ("Product", is_product() || parameter.parse::<VariantId>().is_ok()),
        Parameter::Order => ("Order", parameter.parse::<OrderId>().is_ok()),
        Parameter::Payment => ("Payment", parameter.parse::<PaymentId>().is_ok()),
        Parameter::Shipment => ("Shipment", parameter.parse::<ShipmentId>().is_ok()),
        Parameter::Invoice => ("Invoice", parameter.parse::<InvoiceId>().is_ok()),
    };
    if known { Ok(()) } else { Err(Problem::not_found(what)) }
}

async fn dispatch<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    match call.route {
        Route::ListProducts => catalog::list_products(call).await,
        Route::GetProduct => catalog::get_product(call).await,
        Route::ListCategories => catalog::list_categories(call).await,
        Route::Search => catalog::search(call).await,
        Route::Suggest => catalog::suggest(call).await,
        Route::GetCart => cart::get_cart(call).await,
        Route::DeleteCart => cart::delete_cart(call).await,
        Route::AddCartItem => cart::add_item(call).await,
        Route::UpdateCartItem => cart::update_item(call).await,
        Route::RemoveCartItem => cart::remove_item(call).await,
        Route::StreamOrder => stream::stream_order(call).await,
        route if matches!(route.served_by(), ServedBy::Origin | ServedBy::Printer) => forward::forward(call).await,
        route => Err(Problem::internal(format!("no handler for {}", route.name()))),
    }
}
