//! The carrier's client against a carrier with its faults switched on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use commerce_api::order::Address;
use commerce_domain::{OrderId, ShipmentId};
use origin_core::shipping::{Carrier, CarrierError, Label, LabelRequest, Refusal};
use origin_gateways::{CarrierApi, CarrierConfig, Secret, SystemClock, SystemEntropy};
use test_support::{CarrierFaults, CarrierSettings, FakeCarrier};

struct Bench {
    carrier: FakeCarrier,
    api: CarrierApi,
    shipment: ShipmentId,
    to: Address,
}

impl Bench {
    async fn start() -> Self {
        let settings = CarrierSettings::default();
        let api_key = Secret::new(settings.api_key.clone());
        let carrier = FakeCarrier::start(settings).await.unwrap();
        let base_url = carrier.url().to_owned();
        let api = CarrierApi::new(CarrierConfig { base_url, api_key, webhook_secrets: vec![] }).unwrap();
        let to = Address {
            street: "123 Main St".to_owned(),
            city: "San Francisco".to_owned(),
            state: Some("CA".to_owned()),
            zip_code: "94102".to_owned(),
            country: "US".to_owned(),
        };
        Self { carrier, api, shipment: ShipmentId::generate(&SystemClock, &SystemEntropy), to }
    }

    async fn label(&self) -> Result<Label, CarrierError> {
        let order_id = OrderId::generate(&SystemClock, &SystemEntropy);
        let request =
            LabelRequest { shipment_id: self.shipment, order_id, service: Some("express"), to: &self.to, pieces: 3 };
        self.api.create_label(&request).await
    }
}

#[tokio::test]
async fn a_label_is_made_once_found_and_tracked() {
    let bench = Bench::start().await;
    assert_eq!(bench.api.find_label(bench.shipment).await, Ok(None));
    let label = bench.label().await.unwrap();
    assert_eq!(label.carrier.as_deref(), Some("express"));
    assert!(label.tracking_url.is_some() && label.estimated_delivery.is_some());
    assert_eq!(bench.label().await, Ok(label.clone()));
    assert_eq!(bench.api.find_label(bench.shipment).await, Ok(Some(label.clone())));
    assert!(!bench.api.track(&label.tracker_id).await.unwrap().delivered);
    assert!(bench.carrier.move_parcel(&label.tracker_id, "delivered"));
    assert!(bench.api.track(&label.tracker_id).await.unwrap().delivered);
    assert!(matches!(bench.api.track("../labels/x").await, Err(CarrierError::Misconfigured(_))));
}

#[tokio::test]
async fn what_leaves_the_outcome_open_is_unknown_and_the_label_is_found() {
    for (faults, made) in [
        (CarrierFaults { lose_reply: 1, ..CarrierFaults::default() }, true),
        (CarrierFaults { fail_after_effect: 1, ..CarrierFaults::default() }, true),
        (CarrierFaults { fail: 1, ..CarrierFaults::default() }, false),
        (CarrierFaults { rate_limit: 1, ..CarrierFaults::default() }, false),
    ] {
        let bench = Bench::start().await;
        bench.carrier.set_faults(faults.clone());
        assert!(matches!(bench.label().await, Err(CarrierError::Unknown(_))), "{faults:?}");
        assert_eq!(bench.api.find_label(bench.shipment).await.unwrap().is_some(), made, "{faults:?}");
    }
}

#[tokio::test]
async fn a_no_is_told_from_a_fault_of_ours() {
    let mut bench = Bench::start().await;
    bench.to.country = "AQ".to_owned();
    let refusal = Refusal { code: "address_not_served".to_owned() };
    assert_eq!(bench.label().await, Err(CarrierError::Refused(refusal)));
    bench.carrier.set_key("another");
    assert!(matches!(bench.label().await, Err(CarrierError::Misconfigured(_))));
    let Bench { carrier, api, shipment, .. } = bench;
    carrier.stop().await;
    assert!(matches!(api.find_label(shipment).await, Err(CarrierError::Unknown(_))));
}
