//! Calls over HTTP, signed as the edge signs them.

use bytes::Bytes;
use commerce_api::{
    Route,
    headers::{IDEMPOTENCY_KEY, PRINCIPAL, REQUEST_ID, STRIPE_SIGNATURE},
};
use commerce_auth::PrincipalHeader;
use commerce_aws::{HttpClient as _, SigningScope, sign_request};
use http::{Request, header};
use jiff::Timestamp;
use origin_gateways::ReqwestClient;
use serde_json::{Value, json};
use test_support::{payments::signature_header, paypal::TransmissionHeaders, principal};

use crate::{
    backend::{CALL_TIMEOUT, REGION, WEBHOOK_SECRET, edge_keys},
    lab::Failure,
};

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a problem body.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends requests to one origin after the other.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: ReqwestClient,
}

impl Client {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self { http: ReqwestClient::new(CALL_TIMEOUT).map_err(Failure::of)? })
    }

    /// `POST` on behalf of somebody.
    pub(crate) async fn post(
        &self,
        origin: &str,
        now: Timestamp,
        who: &str,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Answer, Failure> {
        let mut request = Request::post(format!("{origin}{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(PRINCIPAL, PrincipalHeader::encode(&principal(who)))
            .header("x-cc-shopper-token", who)
            .header(REQUEST_ID, "req_race");
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        self.send(request.body(Bytes::from(body.to_string())).map_err(Failure::of)?, now).await
    }

    /// A webhook of the provider's.
    pub(crate) async fn webhook(
        &self,
        origin: &str,
        now: Timestamp,
        id: &str,
        intent: &str,
    ) -> Result<Answer, Failure> {
        let event =
            json!({"id": id, "type": "payment_intent.succeeded", "data": {"object": {"id": intent}}}).to_string();
        let request = Request::post(format!("{origin}{}", Route::ReceiveStripeWebhook.pattern()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(STRIPE_SIGNATURE, signature_header(WEBHOOK_SECRET, now.as_second(), event.as_bytes()))
            .header(REQUEST_ID, "req_race");
        self.send(request.body(Bytes::from(event)).map_err(Failure::of)?, now).await
    }

    /// A webhook of PayPal's.
    pub(crate) async fn transmission(
        &self,
        origin: &str,
        now: Timestamp,
        headers: &TransmissionHeaders,
        body: &str,
    ) -> Result<Answer, Failure> {
        let request = Request::post(format!("{origin}{}", Route::ReceivePayPalWebhook.pattern()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(REQUEST_ID, "req_race");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        self.send(request.body(Bytes::copy_from_slice(body.as_bytes())).map_err(Failure::of)?, now).await
    }

    async fn send(&self, request: Request<Bytes>, now: Timestamp) -> Result<Answer, Failure> {
        let scope = SigningScope { region: REGION, service: "lambda" };
        let also = [REQUEST_ID, IDEMPOTENCY_KEY, PRINCIPAL];
        let present: Vec<_> = also.into_iter().filter(|name| request.headers().contains_key(name)).collect();
        let signed = sign_request(request, &edge_keys(), scope, now, &present).map_err(Failure::of)?;
        let answer = self.http.send(signed).await.map_err(Failure::of)?;
        Ok(Answer { status: answer.status().as_u16(), body: serde_json::from_slice(answer.body()).unwrap_or_default() })
    }
}
