//! The way of the payment providers' and the carrier's webhooks to the origin. Elsewhere the edge forwards them; here its part is played, because
//! the stack runs without one.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, Request, Response, StatusCode, Uri, header::CONTENT_TYPE},
    routing::post,
};
use commerce_api::{
    Route,
    headers::{
        CARRIER_SIGNATURE, PAYPAL_AUTH_ALGO, PAYPAL_CERT_URL, PAYPAL_TRANSMISSION_ID, PAYPAL_TRANSMISSION_SIG,
        PAYPAL_TRANSMISSION_TIME, REQUEST_ID, STRIPE_SIGNATURE,
    },
};
use commerce_aws::{Credentials, HttpClient as _, SigningScope, TransportError, sign_request};
use commerce_domain::Clock as _;
use origin_gateways::{ReqwestClient, SystemClock};
use test_support::HttpServer;

use crate::{StackError, backend::REGION};

/// What of a webhook's headers reaches the origin.
const FORWARDED: [HeaderName; 8] = [
    CONTENT_TYPE,
    STRIPE_SIGNATURE,
    CARRIER_SIGNATURE,
    PAYPAL_AUTH_ALGO,
    PAYPAL_CERT_URL,
    PAYPAL_TRANSMISSION_ID,
    PAYPAL_TRANSMISSION_SIG,
    PAYPAL_TRANSMISSION_TIME,
];
/// As long as the edge waits.
const TIMEOUT: Duration = Duration::from_secs(15);

struct Forwarder {
    http: ReqwestClient,
    origin_url: String,
    credentials: Credentials,
}

/// Takes webhooks for the origin at that address, until it is dropped.
pub(crate) async fn forward_webhooks(origin_url: &str, credentials: Credentials) -> Result<HttpServer, StackError> {
    let http = ReqwestClient::new(TIMEOUT).map_err(StackError::part("HTTP client"))?;
    let forwarder = Arc::new(Forwarder { http, origin_url: origin_url.to_owned(), credentials });
    let router = Router::new()
        .route(Route::ReceiveStripeWebhook.pattern(), post(forward))
        .route(Route::ReceivePayPalWebhook.pattern(), post(forward))
        .route(Route::ReceiveCarrierWebhook.pattern(), post(forward))
        .with_state(forwarder);
    HttpServer::start(0, router).await.map_err(StackError::listen("webhooks"))
}

/// The origin's status, or 502 where it did not answer.
async fn forward(State(forwarder): State<Arc<Forwarder>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    match forwarder.send(uri.path(), &headers, body).await {
        Ok(answer) => answer.status(),
        Err(error) => {
            tracing::warn!(%error, "webhook not forwarded");
            StatusCode::BAD_GATEWAY
        }
    }
}

impl Forwarder {
    async fn send(&self, path: &str, headers: &HeaderMap, body: Bytes) -> Result<Response<Bytes>, TransportError> {
        let refused = |error: &dyn std::fmt::Display| TransportError::Refused(error.to_string());
        let mut request = Request::post(format!("{}{path}", self.origin_url)).header(REQUEST_ID, "req_webhook");
        for name in FORWARDED {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let request = request.body(body).map_err(|error| refused(&error))?;
        let scope = SigningScope { region: REGION, service: "lambda" };
        let signed = sign_request(request, &self.credentials, scope, SystemClock.now(), &[REQUEST_ID]);
        self.http.send(signed.map_err(|error| refused(&error))?).await
    }
}
