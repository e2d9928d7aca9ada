//! Signed webhooks: what happens to a parcel is told to the endpoint.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{Shared, book::Parcel, lock};
use crate::{entropy::random_hex, net::client_builder, payments::signature_header};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Pauses before the second, third … attempt.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600), Duration::from_secs(5)];

impl Shared {
    /// Tells the endpoint of a parcel's status, beside everything else.
    pub(super) fn publish(self: &Arc<Self>, parcel: &Parcel) {
        let faults = lock(&self.faults).clone();
        if faults.drop_webhooks {
            return;
        }
        let event = json!({
            "id": format!("cev_{}", random_hex(&*self.settings.entropy, 12)),
            "type": "tracker.updated",
            "data": {"tracker": parcel.tracker, "reference": parcel.reference, "status": parcel.status},
        });
        let payload = event.to_string();
        for _ in 0..=u32::from(faults.double_webhooks) {
            tokio::spawn(deliver(Arc::clone(self), payload.clone()));
        }
    }
}

async fn deliver(shared: Arc<Shared>, payload: String) {
    let client = client_builder().timeout(ATTEMPT_TIMEOUT).build().expect("should build a client from constants");
    if attempt(&shared, &client, &payload).await {
        return;
    }
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        if attempt(&shared, &client, &payload).await {
            return;
        }
    }
}

/// Whether there is nothing more to do: the endpoint answered 2xx, or there is no endpoint.
async fn attempt(shared: &Shared, client: &reqwest::Client, payload: &str) -> bool {
    let Some(target) = lock(&shared.webhook).clone() else { return true };
    let now = shared.settings.clock.now().as_second();
    let sent = client
        .post(&target.url)
        .header("content-type", "application/json")
        .header("carrier-signature", signature_header(&target.secret, now, payload.as_bytes()))
        .body(payload.to_owned())
        .send()
        .await;
    sent.is_ok_and(|response| response.status().is_success())
}
