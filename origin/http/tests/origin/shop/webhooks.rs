//! What the payment provider and the carrier send by themselves.

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use commerce_aws::Credentials;
use commerce_domain::Clock as _;
use http::{HeaderMap, Request, StatusCode, Uri};
use serde_json::{Value, json};
use test_support::{
    HttpServer, PayPalWebhook,
    payments::{WebhookTarget, signature_header},
};
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Edge, PAYPAL_WEBHOOK, Placed, Shop, WEBHOOK_SECRETS, sign};

/// The body of a webhook.
pub(crate) fn event(id: &str, kind: &str, object: &Value) -> String {
    json!({"id": id, "object": "event", "type": kind, "data": {"object": object}}).to_string()
}

impl Shop {
    /// Stripe's signature of the body, made now with that secret.
    pub(crate) fn signature(&self, secret: &str, body: &str) -> String {
        signature_header(secret, self.clock.now().as_second(), body.as_bytes())
    }

    /// A webhook arrives as it stands, by the edge.
    pub(crate) async fn deliver(&self, signature: Option<&str>, body: &str) -> Answer {
        let mut request = Request::post("/v1/webhooks/stripe")
            .header("host", "origin.test")
            .header("content-type", "application/json; charset=utf-8")
            .header("x-request-id", "req_test");
        if let Some(signature) = signature {
            request = request.header("stripe-signature", signature);
        }
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        self.answer(sign(request, self, &Credentials::new("edge", "edge-secret"))).await
    }

    /// A webhook of Stripe's arrives.
    pub(crate) async fn webhook(&self, id: &str, kind: &str, object: &Value) -> Answer {
        let body = event(id, kind, object);
        self.deliver(Some(&self.signature(WEBHOOK_SECRETS[0], &body)), &body).await
    }

    /// The ids of the events that were handled.
    pub(crate) async fn handled(&self) -> Vec<String> {
        let client = self.database.client().await.unwrap();
        let rows = client.query("select event_id from webhook_events order by event_id", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

impl Placed {
    /// A webhook about the first intent arrives.
    pub(crate) async fn hint(&self, id: &str, kind: &str) -> Answer {
        self.shop.webhook(id, kind, &json!({"id": self.intents()[0], "object": "payment_intent"})).await
    }
}

type Delivery = (Uri, HeaderMap, Bytes, oneshot::Sender<StatusCode>);

/// Where webhooks enter an edge. It answers while [`Entrance::run`] is polled.
pub(crate) struct Entrance {
    edge: Edge,
    deliveries: mpsc::Receiver<Delivery>,
    _server: HttpServer,
}

impl Entrance {
    /// Tells the shop's provider and its carrier of it.
    pub(crate) async fn open(shop: &Shop) -> Self {
        let (sender, deliveries) = mpsc::channel(16);
        let router = Router::new().route("/v1/webhooks/{from}", post(enter)).with_state(sender);
        let server = HttpServer::start(0, router).await.unwrap();
        let url = format!("{}/v1/webhooks/stripe", server.url());
        shop.provider.set_webhook(Some(WebhookTarget { url, secret: WEBHOOK_SECRETS[0].to_owned() }));
        let url = format!("{}/v1/webhooks/paypal", server.url());
        shop.paypal.set_webhook(Some(PayPalWebhook { url, id: PAYPAL_WEBHOOK.to_owned() }));
        let url = format!("{}/v1/webhooks/carrier", server.url());
        shop.carrier.set_webhook(Some(WebhookTarget { url, secret: WEBHOOK_SECRETS[0].to_owned() }));
        Self { edge: Edge::before(shop).await, deliveries, _server: server }
    }

    /// Lets so many webhooks in, and tells what they were answered.
    pub(crate) async fn run(&mut self, count: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        while statuses.len() < count {
            let delivery = tokio::time::timeout(std::time::Duration::from_secs(30), self.deliveries.recv());
            let (uri, headers, body, answer) = delivery.await.expect("a webhook should come").unwrap();
            let mut request = Request::post(format!("https://shop.test{}", uri.path())).body(body).unwrap();
            *request.headers_mut() = headers;
            let status = edge_core::handle(&self.edge, request).await.status();
            statuses.push(status.as_u16());
            let _ = answer.send(status);
        }
        statuses
    }
}

async fn enter(State(sender): State<mpsc::Sender<Delivery>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    if sender.send((uri, headers, body, answer)).await.is_err() {
        return StatusCode::BAD_GATEWAY;
    }
    answered.await.unwrap_or(StatusCode::BAD_GATEWAY)
}
