//! Handing a request on to the origin: built anew, signed, with the caller that the edge verified.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{
    Access, Problem, ProblemCode, Route, ServedBy,
    headers::{
        CARRIER_SIGNATURE, IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, PAYPAL_AUTH_ALGO, PAYPAL_CERT_URL,
        PAYPAL_TRANSMISSION_ID, PAYPAL_TRANSMISSION_SIG, PAYPAL_TRANSMISSION_TIME, PRINCIPAL, SHOPPER_TOKEN,
        STRIPE_SIGNATURE, TRACEPARENT,
    },
    idempotency::key_of,
    query::Query,
};
use commerce_auth::PrincipalHeader;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use crate::{
    catalog, guard,
    origin::{self, OriginFailure},
    platform::Platform,
    request::Call,
};

/// How long an order or a payment may take.
const LIMIT: Duration = Duration::from_secs(15);

/// What of the origin's headers reaches the client.
const RESPONSE_HEADERS: [HeaderName; 10] = [
    header::CONTENT_TYPE,
    header::CONTENT_DISPOSITION,
    header::CACHE_CONTROL,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::ALLOW,
    header::LINK,
    header::WWW_AUTHENTICATE,
    IDEMPOTENT_REPLAYED,
];

/// Forwards the request and answers what the origin answers.
///
/// # Errors
/// The problem of [`origin::send`], 504 where a new product may have been made, or a 400 or 415 for what the edge can see itself.
pub(crate) async fn forward<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let body = call.request.body();
    guard::check_content_type(call.headers(), body)?;
    let path = call.route.path(call.parameter);
    let query = Query::parse(call.query())?.canonical();
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    // A HEAD is a GET whose body the client does not want; the origin's body is dropped on the way out.
    let method = if call.request.method() == Method::HEAD { Method::GET } else { call.request.method().clone() };

    let printer = call.config.printer_url.as_ref().filter(|_| call.route.served_by() == ServedBy::Printer);
    let request = origin::request(printer.unwrap_or(&call.config.origin_url), method, &target, call.request_id);
    let mut request = request.body(body.clone()).map_err(Problem::internal)?;
    add_client_headers(call, request.headers_mut())?;
    if let Some(caller) = &call.caller {
        insert(request.headers_mut(), PRINCIPAL, &PrincipalHeader::encode(&caller.principal))?;
        insert(request.headers_mut(), SHOPPER_TOKEN, caller.token)?;
    }
    let answer = origin::send(call.platform, call.config, request, LIMIT).await;
    let answer = answer.map_err(|failure| told(call, failure))?;
    if answer.status().is_success() && matches!(call.route, Route::UpdateProduct | Route::DeleteProduct) {
        catalog::forget_product(call, answer.body()).await;
    }
    Ok(client_response(answer))
}

/// What is told of a failure. Most requests that are sent again find what the first has done, and all do under a key; without
/// one, a product that is made twice is two products, and goods that come twice are counted twice.
fn told<P>(call: &Call<'_, P>, failure: OriginFailure) -> Problem {
    let detail = match call.route {
        Route::CreateProduct => "It is not known whether the product was made. Look for it before trying again",
        Route::AdjustInventory => "It is not known whether the stock was changed. Look at it before trying again",
        _ => return failure.problem,
    };
    if !failure.perhaps_done || call.headers().contains_key(IDEMPOTENCY_KEY) {
        return failure.problem;
    }
    Problem::new(ProblemCode::OutcomeUnknown, detail).with_cause(failure.problem)
}

/// Adds a header that no log shows.
///
/// # Errors
/// A 500 where the value makes none.
pub(crate) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Problem> {
    let mut value = HeaderValue::from_str(value).map_err(Problem::internal)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// What of the client's headers reaches the origin. Everything else is left behind, whatever it is.
fn add_client_headers<P>(call: &Call<'_, P>, to: &mut HeaderMap) -> Result<(), Problem> {
    copy_headers(&[header::CONTENT_TYPE], call.headers(), to);
    let lists: &[(HeaderName, &'static str)] = if call.route.access() == Access::Provider {
        &[
            (STRIPE_SIGNATURE, "Stripe-Signature"),
            (CARRIER_SIGNATURE, "Carrier-Signature"),
            (PAYPAL_TRANSMISSION_SIG, "PayPal-Transmission-Sig"),
            (PAYPAL_TRANSMISSION_ID, "PayPal-Transmission-Id"),
            (PAYPAL_TRANSMISSION_TIME, "PayPal-Transmission-Time"),
            (PAYPAL_CERT_URL, "PayPal-Cert-Url"),
            (PAYPAL_AUTH_ALGO, "PayPal-Auth-Algo"),
        ]
    } else {
        // Refused here as the origin would: more than one, and what is no key.
        key_of(call.headers())?;
        copy_headers(&[IDEMPOTENCY_KEY], call.headers(), to);
        &[(header::IF_MATCH, "If-Match"), (header::IF_NONE_MATCH, "If-None-Match")]
    };
    for (name, title) in lists {
        if let Some(list) = guard::list(call.headers(), name, title)? {
            to.insert(name, HeaderValue::try_from(list).map_err(Problem::internal)?);
        }
    }
    if let Some(trace) = call.trace {
        to.insert(TRACEPARENT, trace.clone());
    }
    Ok(())
}

/// Copies the first value of each allowed header.
fn copy_headers(allowed: &[HeaderName], from: &HeaderMap, to: &mut HeaderMap) {
    for name in allowed {
        if let Some(value) = from.get(name) {
            to.insert(name, value.clone());
        }
    }
}

/// What of the origin's answer reaches the client.
pub(crate) fn client_response(answer: Response<Bytes>) -> Response<Bytes> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(if parts.status == StatusCode::NO_CONTENT { Bytes::new() } else { body });
    *response.status_mut() = parts.status;
    copy_headers(&RESPONSE_HEADERS, &parts.headers, response.headers_mut());
    let headers = response.headers_mut();
    // An absolute Location would show the origin's own address.
    if headers.get(header::LOCATION).is_some_and(|location| !location.as_bytes().starts_with(b"/")) {
        headers.remove(header::LOCATION);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    response
}
