//! Races, one at a time, and what they have left behind.

use std::collections::BTreeMap;

use commerce_domain::Clock as _;
use jiff::SignedDuration;
use origin_core::{events::relay, sweep::SweepReport};
use origin_gateways::CaptureMethod;
use origin_http::{CallerPolicy, Settings, router, sweep};
use serde_json::{Value, json};
use test_support::{ADMIN, HttpServer, ManualClock, SystemClock};

use crate::{
    backend::{PAYPAL_WEBHOOK, REGION, RaceBackend, backend, edge_keys},
    client::{Answer, Client},
    invariants::broken,
    kinds::Kind,
    lab::{Failure, Lab},
    window::Meeting,
};

/// Sweeps after which all must be quiet.
const MOST_SWEEPS: u32 = 12;
/// Longer than a lease.
const LEASE: SignedDuration = SignedDuration::from_secs(31);
/// Longer than any hold.
const HOLDS: SignedDuration = SignedDuration::from_mins(31);
/// A card that pays.
pub(crate) const CARD: &str = "pm_card_visa";

/// What races came to.
#[derive(Debug, Clone, Default)]
pub struct Raced {
    /// By kind: those whose two sides were inside the window together, and all.
    pub counts: BTreeMap<Kind, (u32, u32)>,
    /// What is broken, in words.
    pub broken: Vec<String>,
    /// Transactions and writes that met in DynamoDB.
    pub conflicts: u64,
}

impl Raced {
    /// Races of which both sides were inside.
    #[must_use]
    pub fn met(&self) -> u32 {
        self.counts.values().map(|(met, _)| met).sum()
    }
}

/// Races until each kind has so many real ones.
///
/// # Errors
/// [`Failure`], where the suite cannot be run.
pub async fn races(each: u32, progress: &(dyn Fn(Kind, u32) + Sync)) -> Result<Raced, Failure> {
    let mut raced = Raced::default();
    for kind in Kind::ALL {
        let track = Track::open(kind.captured()).await?;
        let (mut met, mut all) = (0, 0);
        // A request may be held up for longer than its rival waits; one that always is has no window.
        while met < each && all < 2 * each {
            let outcome = kind.race(&track, all).await?;
            all += 1;
            met += u32::from(outcome.met);
            raced.broken.extend(outcome.broken.into_iter().map(|what| format!("{kind} {all}: {what}")));
        }
        track.come_to_rest(&mut raced.broken).await?;
        raced.broken.extend(broken(&track.lab).await?.into_iter().map(|what| format!("{kind}: {what}")));
        raced.conflicts += track.lab.conflicts();
        raced.counts.insert(kind, (met, all));
        progress(kind, met);
    }
    Ok(raced)
}

/// An origin behind HTTP, and everything around it.
pub(crate) struct Track {
    pub(crate) lab: Lab,
    pub(crate) clock: ManualClock,
    pub(crate) meeting: Meeting,
    pub(crate) backend: RaceBackend<ManualClock, Meeting>,
    server: HttpServer,
    client: Client,
}

impl Track {
    pub(crate) async fn open(capture: CaptureMethod) -> Result<Self, Failure> {
        // From the machine's time on, by which the client of DynamoDB goes.
        let clock = ManualClock::new(SystemClock.now());
        Self::on(Lab::open(clock.shared()).await?, clock, capture).await
    }

    /// An origin over these stores, by this clock.
    pub(crate) async fn on(lab: Lab, clock: ManualClock, capture: CaptureMethod) -> Result<Self, Failure> {
        let meeting = Meeting::default();
        let backend = backend(&lab.lines, clock.clone(), meeting.clone(), capture)?;
        let keys = commerce_aws::CallerKeys::new(edge_keys());
        let caller = CallerPolicy::Signed { keys, region: REGION.to_owned() };
        let server = HttpServer::start(0, router(backend.clone(), Settings { caller, only: None }))
            .await
            .map_err(Failure::of)?;
        Ok(Self { lab, clock, meeting, backend, server, client: Client::new()? })
    }

    /// `POST` on behalf of somebody, repeated as a client does while it is told to.
    pub(crate) async fn post(&self, who: &str, path: &str, key: Option<&str>, body: &Value) -> Result<Answer, Failure> {
        let now = self.clock.now();
        self.client.post(self.server.url(), now, who, path, key, body).await
    }

    pub(crate) async fn webhook(&self, id: &str, intent: &str) -> Result<Answer, Failure> {
        self.client.webhook(self.server.url(), self.clock.now(), id, intent).await
    }

    /// PayPal tells that a customer has agreed to that order of its.
    pub(crate) async fn approval(&self, id: &str, paypal_order: &str) -> Result<Answer, Failure> {
        let event = json!({"id": id, "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"id": paypal_order}});
        let body = event.to_string();
        let headers = self.lab.paypal.transmission(PAYPAL_WEBHOOK, &body);
        self.client.transmission(self.server.url(), self.clock.now(), &headers, &body).await
    }

    pub(crate) async fn order(&self, who: &str, key: Option<&str>) -> Result<Answer, Failure> {
        self.post(who, "/v1/orders", key, &order_body()).await
    }

    pub(crate) async fn pay(&self, who: &str, order: &Answer) -> Result<Answer, Failure> {
        self.pay_by(who, order, CARD).await
    }

    pub(crate) async fn pay_by(&self, who: &str, order: &Answer, method: &str) -> Result<Answer, Failure> {
        self.post(who, "/v1/payments", None, &payment_body(order, method)).await
    }

    pub(crate) async fn call_off(&self, who: &str, order: &Answer) -> Result<Answer, Failure> {
        let path = format!("/v1/orders/{}/cancel", order.text("orderId"));
        self.post(who, &path, None, &json!({})).await
    }

    pub(crate) async fn capture(&self, payment: &str) -> Result<Answer, Failure> {
        self.post(ADMIN, &format!("/v1/payments/{payment}/capture"), None, &json!({})).await
    }

    pub(crate) async fn refund(&self, payment: &str, key: &str, amount: &Value) -> Result<Answer, Failure> {
        let path = format!("/v1/payments/{payment}/refunds");
        self.post(ADMIN, &path, Some(key), &json!({"amount": amount})).await
    }

    /// Leases end, holds end, sweeps and relays do what is left.
    pub(crate) async fn come_to_rest(&self, broken: &mut Vec<String>) -> Result<(), Failure> {
        self.meeting.close();
        for pause in [LEASE, HOLDS] {
            self.clock.advance(pause);
            self.sweep_until_quiet(broken).await?;
        }
        relay(&self.backend).await;
        Ok(())
    }

    async fn sweep_until_quiet(&self, broken: &mut Vec<String>) -> Result<(), Failure> {
        for _ in 0..MOST_SWEEPS {
            if sweep(&self.backend).await.map_err(Failure::of)? == SweepReport::default() {
                return Ok(());
            }
            self.clock.advance(LEASE);
        }
        broken.push(format!("{MOST_SWEEPS} sweeps have left something to do"));
        Ok(())
    }
}

pub(crate) fn order_body() -> Value {
    let address = json!({"street": "1 Main St", "city": "Town", "state": "CA", "zipCode": "94102", "country": "US"});
    json!({"shippingAddress": address})
}

pub(crate) fn payment_body(order: &Answer, method: &str) -> Value {
    json!({"orderId": order.body["orderId"], "amount": order.body["total"], "paymentMethodId": method})
}
