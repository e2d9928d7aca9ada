//! One client: a signed request, its answer, the next request.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_api::headers::{IDEMPOTENCY_KEY, PRINCIPAL, REQUEST_ID};
use commerce_auth::{Principal, PrincipalHeader};
use commerce_aws::{HttpClient as _, SigningScope, sign_request};
use commerce_domain::Clock as _;
use http::{Request, Response, header};
use load::now;
use origin_gateways::{ReqwestClient, SystemClock};

use crate::{
    carts::{ISSUER, owner},
    failure::Failure,
    origin::{REGION, edge_keys},
    run::{Phase, Seen, Stage},
};

/// An origin that takes longer than this has failed.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// So often an order is sent again that was refused for now.
const MOST_REPETITIONS: u32 = 10;
/// How much of a wrong answer is repeated.
const MOST_SHOWN: usize = 300;
const ORDER: &str = r#"{"shippingAddress":{"street":"123 Main St","city":"San Francisco","state":"CA","zipCode":"94102","country":"US"}}"#;

/// What an attempt came to.
enum Attempt {
    /// The order's id.
    Placed(String),
    /// To be sent again after this long.
    NotNow(Duration),
    /// Anything else, in words.
    Wrong(String),
}

/// Places orders until the run is over or its carts are used up.
pub(crate) async fn keep_ordering(origin: String, run: u32, phase: Arc<Phase>) -> Result<Seen, Failure> {
    let http = ReqwestClient::new(CALL_TIMEOUT)?;
    let mut seen = Seen::default();
    while let Some(index) = phase.next_cart() {
        let begun = now();
        let mut outcome = attempt(&http, &origin, run, index).await?;
        for _ in 0..MOST_REPETITIONS {
            let Attempt::NotNow(pause) = outcome else { break };
            seen.repeated += 1;
            tokio::time::sleep(pause).await;
            outcome = attempt(&http, &origin, run, index).await?;
        }
        let latency = now().duration_since(begun);
        match outcome {
            Attempt::Placed(order) => {
                seen.orders.push(order);
                if phase.stage() == Stage::Measured {
                    seen.latencies.record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
                }
            }
            Attempt::NotNow(_) => seen.wrong.push("refused for now, again and again".to_owned()),
            Attempt::Wrong(answer) => seen.wrong.push(answer),
        }
    }
    Ok(seen)
}

async fn attempt(http: &ReqwestClient, origin: &str, run: u32, index: u32) -> Result<Attempt, Failure> {
    match http.send(request(origin, run, index)?).await {
        Ok(response) => Ok(read(&response)),
        Err(error) => Ok(Attempt::Wrong(error.to_string())),
    }
}

/// The request as the edge forwards it.
fn request(origin: &str, run: u32, index: u32) -> Result<Request<Bytes>, Failure> {
    let owner = owner(run, index);
    let request = Request::post(format!("{origin}/v1/orders"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(REQUEST_ID, format!("req_{owner}"))
        .header(IDEMPOTENCY_KEY, format!("key-{owner}"))
        .header(PRINCIPAL, PrincipalHeader::encode(&principal(owner)))
        .body(Bytes::from_static(ORDER.as_bytes()))?;
    let scope = SigningScope { region: REGION, service: "lambda" };
    Ok(sign_request(request, &edge_keys(), scope, SystemClock.now(), &[REQUEST_ID])?)
}

fn principal(subject: String) -> Principal {
    Principal {
        subject,
        issuer: ISSUER.to_owned(),
        roles: std::collections::BTreeSet::new(),
        client_id: "app".to_owned(),
        scope: None,
        username: None,
        token_id: None,
    }
}

fn read(response: &Response<Bytes>) -> Attempt {
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let retry = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match (response.status().as_u16(), body["orderId"].as_str(), retry) {
        (201, Some(order), _) => Attempt::Placed(order.to_owned()),
        // Contention: 503. Its lease is still another's: 409.
        (409 | 503, _, Some(seconds)) => Attempt::NotNow(Duration::from_secs(seconds)),
        (status, ..) => {
            let shown: String = String::from_utf8_lossy(response.body()).chars().take(MOST_SHOWN).collect();
            Attempt::Wrong(format!("{status} {shown}"))
        }
    }
}
