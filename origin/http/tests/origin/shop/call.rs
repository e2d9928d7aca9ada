//! Calls as the edge makes them.

use axum::body::Body;
use bytes::Bytes;
use commerce_auth::PrincipalHeader;
use commerce_aws::{Credentials, SigningScope, sign_request};
use commerce_domain::Clock;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::{REGION, Shop, environment::principal};

/// Somebody on whose behalf the edge calls.
#[derive(Clone)]
pub(crate) struct Caller<'a> {
    shop: &'a Shop,
    sub: String,
    admin: bool,
    headers: Vec<(&'static str, String)>,
}

/// What the origin answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The code of a problem body.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields that a problem body names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let details = self.json()["error"]["details"].as_array().cloned().unwrap_or_default();
        details.iter().filter_map(|detail| detail["field"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The text at this place of the body.
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl<'a> Caller<'a> {
    pub(crate) fn new(shop: &'a Shop, sub: &str, admin: bool) -> Self {
        Self { shop, sub: sub.to_owned(), admin, headers: Vec::new() }
    }

    /// The same caller, whose requests carry this header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.push((name, value.to_owned()));
        caller
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &body.to_string()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        self.shop.answer(self.signed(method, path, body)).await
    }

    /// The request as the edge would send it.
    pub(crate) fn signed(&self, method: Method, path: &str, body: &str) -> Request<Bytes> {
        sign(self.unsigned(method, path, body), self.shop, &Credentials::new("edge", "edge-secret"))
    }

    pub(crate) fn unsigned(&self, method: Method, path: &str, body: &str) -> Request<Bytes> {
        let token = if self.admin { "valid-admin" } else { "valid" };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "origin.test")
            .header("content-type", "application/json")
            .header("x-cc-principal", PrincipalHeader::encode(&principal(&self.sub, self.admin)))
            .header("x-request-id", "req_test");
        if !self.headers.iter().any(|(name, _)| *name == "x-cc-shopper-token") {
            request = request.header("x-cc-shopper-token", format!("{token} {}", self.sub));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }
}

/// Signs a request at the shop's time.
pub(crate) fn sign(request: Request<Bytes>, shop: &Shop, credentials: &Credentials) -> Request<Bytes> {
    let scope = SigningScope { region: REGION, service: "lambda" };
    let also = [http::HeaderName::from_static("x-request-id")];
    sign_request(request, credentials, scope, shop.clock.now(), &also).unwrap()
}

impl Shop {
    /// What the origin answers to a request as it stands.
    pub(crate) async fn answer(&self, request: Request<Bytes>) -> Answer {
        let response = self.router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}
