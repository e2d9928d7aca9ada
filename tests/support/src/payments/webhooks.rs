//! Signed webhooks: <https://docs.stripe.com/webhooks>.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{sync::mpsc, task::JoinSet};

use super::{Shared, book::Happening, lock};
use crate::{
    bounded::BoundedMap,
    entropy::{hex, random_hex},
    net::client_builder,
};

const API_VERSION: &str = "2025-09-30.clover";
/// Events that wait; more are dropped and say so in their record.
const QUEUE: usize = 10_000;
/// Deliveries remembered.
const MAX_RECORDS: usize = 2000;
/// Deliveries that wait for their next attempt at once.
const MAX_RETRYING: usize = 256;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Pauses before the second, third … attempt. Stripe's own go on for days.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600), Duration::from_secs(5)];
/// How long events are gathered before they are sent last first.
const REORDER_WINDOW: Duration = Duration::from_millis(100);
const REORDER_BATCH: usize = 64;

/// Where webhooks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookTarget {
    /// The endpoint's URL.
    pub url: String,
    /// The endpoint's signing secret, such as `whsec_…`.
    pub secret: String,
}

/// The value of `Stripe-Signature` for `payload` sent at `now` (Unix seconds):
/// <https://docs.stripe.com/webhooks#verify-manually>.
pub fn signature_header(secret: &str, now: i64, payload: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("should take a key of any length");
    mac.update(format!("{now}.").as_bytes());
    mac.update(payload);
    format!("t={now},v1={}", hex(&mac.finalize().into_bytes()))
}

/// One event on its way.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    id: String,
    payload: String,
}

/// What became of one event.
#[derive(Debug, Clone, Serialize)]
struct Record {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    attempts: u32,
    delivered: bool,
    /// The endpoint's status, or why there is none.
    outcome: String,
}

pub(super) struct Webhooks {
    target: Mutex<Option<WebhookTarget>>,
    queue: mpsc::Sender<Outgoing>,
    records: Mutex<BoundedMap<Record>>,
}

impl Webhooks {
    pub(super) fn new(target: Option<WebhookTarget>) -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, receiver) = mpsc::channel(QUEUE);
        (Self { target: Mutex::new(target), queue, records: Mutex::new(BoundedMap::new(MAX_RECORDS)) }, receiver)
    }

    pub(super) fn set_target(&self, target: Option<WebhookTarget>) {
        *lock(&self.target) = target;
    }

    pub(super) fn deliveries(&self) -> Value {
        let records: Vec<Record> = lock(&self.records).iter().cloned().collect();
        json!(records)
    }

    fn record(&self, id: &str, outcome: &str, attempted: bool, delivered: bool) {
        if let Some(record) = lock(&self.records).get_mut(id) {
            record.attempts += u32::from(attempted);
            record.delivered |= delivered;
            outcome.clone_into(&mut record.outcome);
        }
    }
}

impl Shared {
    /// Queues an event for each happening, in their order.
    pub(super) fn publish(&self, happenings: Vec<Happening>, request_id: &str, key: Option<&str>) {
        for Happening { kind, object } in happenings {
            let id = format!("evt_{}", random_hex(&*self.entropy, 12));
            let event = json!({
                "id": id,
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(),
                "data": { "object": object },
                "livemode": false,
                "pending_webhooks": 1,
                "request": { "id": request_id, "idempotency_key": key },
                "type": kind,
            });
            let record = Record { id: id.clone(), kind, attempts: 0, delivered: false, outcome: "waiting".to_owned() };
            lock(&self.webhooks.records).insert(&id, record);
            let outgoing = Outgoing { id, payload: event.to_string() };
            if let Err(error) = self.webhooks.queue.try_send(outgoing) {
                self.webhooks.record(&error.into_inner().id, "dropped: the queue is full", false, false);
            }
        }
    }
}

/// Sends what is queued, one at a time; what fails is tried again beside that.
pub(super) async fn run_worker(shared: Arc<Shared>, mut queue: mpsc::Receiver<Outgoing>) {
    let client = client_builder().timeout(ATTEMPT_TIMEOUT).build().expect("should build a client from constants");
    let mut retrying = JoinSet::new();
    while let Some(first) = queue.recv().await {
        for outgoing in batch(&shared, &mut queue, first).await {
            while retrying.try_join_next().is_some() {}
            if attempt(&shared, &client, &outgoing).await {
                continue;
            }
            if retrying.len() < MAX_RETRYING {
                retrying.spawn(retry(Arc::clone(&shared), client.clone(), outgoing));
            } else {
                shared.webhooks.record(&outgoing.id, "given up: too many are waiting", false, false);
            }
        }
    }
}

/// What to send now, in this order, after the switches had their say.
async fn batch(shared: &Shared, queue: &mut mpsc::Receiver<Outgoing>, first: Outgoing) -> Vec<Outgoing> {
    let faults = lock(&shared.faults).clone();
    let mut events = vec![first];
    if faults.reorder_webhooks {
        tokio::time::sleep(REORDER_WINDOW).await;
        while events.len() < REORDER_BATCH
            && let Ok(event) = queue.try_recv()
        {
            events.push(event);
        }
        events.reverse();
    }
    if faults.drop_webhooks {
        events.drain(..).for_each(|event| shared.webhooks.record(&event.id, "dropped: switched off", false, false));
    }
    if faults.double_webhooks {
        events = events.into_iter().flat_map(|event| [event.clone(), event]).collect();
    }
    events
}

async fn retry(shared: Arc<Shared>, client: reqwest::Client, outgoing: Outgoing) {
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        if attempt(&shared, &client, &outgoing).await {
            return;
        }
    }
}

/// Whether there is nothing more to do: the endpoint answered 2xx, or there is no endpoint.
async fn attempt(shared: &Shared, client: &reqwest::Client, outgoing: &Outgoing) -> bool {
    let Some(target) = lock(&shared.webhooks.target).clone() else {
        shared.webhooks.record(&outgoing.id, "not sent: there is no endpoint", false, false);
        return true;
    };
    let signature = signature_header(&target.secret, shared.now(), outgoing.payload.as_bytes());
    let sent = client
        .post(&target.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .body(outgoing.payload.clone())
        .send()
        .await;
    let (outcome, delivered) = match sent {
        Ok(response) => (response.status().as_u16().to_string(), response.status().is_success()),
        Err(error) => (error.to_string(), false),
    };
    shared.webhooks.record(&outgoing.id, &outcome, true, delivered);
    delivered
}
