//! The edge before the origin under test: its own code, the same table of carts.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use edge_core::{Background, InstanceMemory, KvError, KvStore, Log, Platform, VariableError, Variables};
use http::{Request, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use origin_gateways::ReqwestClient;
use serde_json::{Value, json};
use test_support::{Issuer, IssuerConfig, ManualClock, SystemEntropy, TokenRequest};
use tower::ServiceExt;

use super::{Item, REGION, Shop, http_client};

/// A running edge, which caches nothing.
#[derive(Clone)]
pub(crate) struct Edge(Arc<Inside>);

struct Inside {
    memory: InstanceMemory,
    clock: ManualClock,
    http: ReqwestClient,
    origin: Router,
    dynamodb: String,
    issuer: Issuer,
}

impl Edge {
    pub(crate) async fn before(shop: &Shop) -> Self {
        let issuer = Issuer::start(IssuerConfig { clock: shop.clock.shared(), ..IssuerConfig::default() });
        Self(Arc::new(Inside {
            memory: InstanceMemory::new(),
            clock: shop.clock.clone(),
            http: http_client(),
            origin: shop.router.clone(),
            dynamodb: shop.dynamo_faults.url().to_owned(),
            issuer: issuer.await.unwrap(),
        }))
    }

    /// `POST /v1/cart/items` on behalf of this shopper: the status, and the body.
    pub(crate) async fn add(&self, sub: &str, item: &Item, quantity: u32) -> (u16, Value) {
        let token = self.0.issuer.mint(&TokenRequest::shopper(sub, "somebody@example.com")).unwrap();
        let body = json!({"productId": item.product, "quantity": quantity});
        let request = Request::post("https://shop.test/v1/cart/items")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let response = edge_core::handle(self, request).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }
}

impl Platform for Edge {
    fn memory(&self) -> &InstanceMemory {
        &self.0.memory
    }
}

impl Clock for Edge {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl Entropy for Edge {
    fn fill(&self, buffer: &mut [u8]) {
        SystemEntropy.fill(buffer);
    }
}

impl Timer for Edge {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        tokio::time::sleep(duration)
    }
}

impl HttpClient for Edge {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if request.uri().host() != Some("origin.test") {
            return self.0.http.send(request).await;
        }
        let response = self.0.origin.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| TransportError::Connection(error.to_string()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl KvStore for Edge {
    async fn get(&self, _: &str) -> Result<Option<Bytes>, KvError> {
        Ok(None)
    }

    async fn put(&self, _: &str, _: Bytes, _: Duration) -> Result<(), KvError> {
        Ok(())
    }

    async fn delete(&self, _: &str) -> Result<(), KvError> {
        Ok(())
    }
}

impl Background for Edge {
    fn spawn(&self, _: impl Future<Output = ()> + 'static) {}
}

impl Variables for Edge {
    async fn variable(&self, name: &'static str) -> Result<Option<String>, VariableError> {
        let value = match name {
            "origin_url" => "https://origin.test",
            "aws_region" => REGION,
            "aws_access_key_id" => "edge",
            "aws_secret_access_key" => "edge-secret",
            "dynamodb_endpoint" => &self.0.dynamodb,
            "token_issuer" => self.0.issuer.issuer(),
            "jwks_url" => return Ok(Some(self.0.issuer.jwks_url())),
            _ => return Ok(None),
        };
        Ok(Some(value.to_owned()))
    }
}

impl Log for Edge {
    fn write(&self, _: &str) {}
}
