use serde_json::json;

use super::*;
use crate::net::client_builder;

struct Caller {
    carrier: FakeCarrier,
    http: reqwest::Client,
}

impl Caller {
    async fn open(settings: CarrierSettings) -> Self {
        let carrier = FakeCarrier::start(settings).await.unwrap();
        Self { carrier, http: client_builder().build().unwrap() }
    }

    /// Asks for a label. The status; none where there was no answer.
    async fn label(&self, reference: &str, country: &str) -> Option<u16> {
        let body = json!({"reference": reference, "orderReference": "o", "to": {"country": country}, "pieces": 1});
        let request = self.http.post(format!("{}/labels", self.carrier.url())).bearer_auth("carrier_test_local");
        let request = request.header("idempotency-key", format!("label:{reference}")).body(body.to_string());
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    async fn get(&self, path: &str) -> u16 {
        let request = self.http.get(format!("{}{path}", self.carrier.url())).bearer_auth("carrier_test_local");
        request.send().await.unwrap().status().as_u16()
    }

    fn labels(&self) -> usize {
        self.carrier.state()["labels"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn there_is_one_label_for_each_reference_whatever_goes_wrong() {
    let caller = Caller::open(CarrierSettings::default()).await;
    let faults =
        CarrierFaults { rate_limit: 1, fail: 1, fail_after_effect: 1, lose_reply: 1, ..CarrierFaults::default() };
    caller.carrier.set_faults(faults);
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push((caller.label("ship_1", "US").await, caller.labels()));
    }
    assert_eq!(told, [(Some(429), 0), (Some(500), 0), (Some(500), 1), (None, 1), (Some(201), 1)]);
    assert_eq!((caller.get("/labels/ship_1").await, caller.get("/labels/ship_2").await), (200, 404));
}

#[tokio::test]
async fn what_is_not_served_refused_or_not_authorised_has_no_label() {
    let caller = Caller::open(CarrierSettings::default()).await;
    assert_eq!(caller.label("ship_1", "AQ").await, Some(422));
    caller.carrier.set_faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    assert_eq!(caller.label("ship_1", "US").await, Some(422));
    caller.carrier.set_faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(caller.label("ship_1", "US").await, Some(503));
    let other = Caller::open(CarrierSettings { api_key: "another".to_owned(), ..CarrierSettings::default() }).await;
    assert_eq!(other.label("ship_1", "US").await, Some(401));
    assert_eq!((caller.labels(), other.labels()), (0, 0));
}

#[tokio::test]
async fn parcels_outlive_the_run_and_are_moved_by_any_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        CarrierSettings { state_file: Some(folder.path().join("parcels.json")), ..CarrierSettings::default() };
    let caller = Caller::open(settings.clone()).await;
    assert_eq!(caller.label("ship_1", "US").await, Some(201));
    let number = caller.carrier.state()["labels"][0]["trackingNumber"].as_str().unwrap().to_owned();
    caller.carrier.stop().await;
    let again = Caller::open(settings).await;
    assert!(again.carrier.move_parcel(&number, "in_transit") && again.carrier.move_parcel("ship_1", "delivered"));
    assert!(!again.carrier.move_parcel("ship_2", "delivered"));
    assert_eq!(again.carrier.state()["labels"][0]["status"], "delivered");
}
