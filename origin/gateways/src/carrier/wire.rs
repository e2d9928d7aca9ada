//! The carrier's JSON.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use origin_core::{
    payments::WebhookRefusal,
    shipping::{CarrierError, CarrierEvent, Label, LabelRequest, Refusal, Tracker},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The longest id and the longest type that an event may have, and the longest id of a tracker, in characters.
const MAX_NAME: usize = 255;
/// The longest number on a label, and the longest code.
const MAX_NUMBER: usize = 100;
/// The longest name of a carrier.
const MAX_CARRIER: usize = 50;
/// The longest address on the web.
const MAX_URL: usize = 2048;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRequest<'a> {
    reference: String,
    order_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    to: WireAddress<'a>,
    pieces: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireAddress<'a> {
    street: &'a str,
    city: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    zip_code: &'a str,
    country: &'a str,
}

impl<'a> From<&LabelRequest<'a>> for WireRequest<'a> {
    fn from(label: &LabelRequest<'a>) -> Self {
        let to = label.to;
        Self {
            reference: label.shipment_id.to_string(),
            order_reference: label.order_id.to_string(),
            service: label.service,
            to: WireAddress {
                street: &to.street,
                city: &to.city,
                state: to.state.as_deref(),
                zip_code: &to.zip_code,
                country: &to.country,
            },
            pieces: label.pieces,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireLabel {
    tracker: String,
    carrier: Option<String>,
    tracking_number: String,
    tracking_url: Option<String>,
    estimated_delivery: Option<Timestamp>,
}

impl WireLabel {
    /// Of what is not needed, nothing is taken that cannot be written down.
    ///
    /// # Errors
    /// [`CarrierError::Unknown`] where tracker or number cannot.
    pub(super) fn into_label(self) -> Result<Label, CarrierError> {
        if !fits(&self.tracker, MAX_NAME) || !fits(&self.tracking_number, MAX_NUMBER) {
            return Err(CarrierError::Unknown("the label cannot be written down".to_owned()));
        }
        Ok(Label {
            tracker_id: self.tracker,
            carrier: self.carrier.filter(|carrier| fits(carrier, MAX_CARRIER)),
            tracking_number: self.tracking_number,
            // It is shown to customers.
            tracking_url: self.tracking_url.filter(|url| fits(url, MAX_URL) && url.starts_with("http")),
            estimated_delivery: self.estimated_delivery,
        })
    }
}

fn fits(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTracker {
    status: String,
    estimated_delivery: Option<Timestamp>,
}

impl From<WireTracker> for Tracker {
    fn from(tracker: WireTracker) -> Self {
        Self { delivered: tracker.status == "delivered", estimated_delivery: tracker.estimated_delivery }
    }
}

#[derive(Default, Deserialize)]
struct WireFailure {
    #[serde(default)]
    code: String,
}

/// An answer of any status.
///
/// # Errors
/// [`CarrierError`].
pub(super) fn read<T: DeserializeOwned>(answer: &Response<Bytes>) -> Result<T, CarrierError> {
    let status = answer.status();
    if status.is_success() {
        // It did act, but what it said cannot be read: it has to be looked up.
        return serde_json::from_slice(answer.body())
            .map_err(|_| CarrierError::Unknown("the answer is not what was asked for".to_owned()));
    }
    let code = serde_json::from_slice::<WireFailure>(answer.body()).unwrap_or_default().code;
    let code: String = code.chars().filter(|one| !one.is_control()).take(MAX_NUMBER).collect();
    Err(match status {
        StatusCode::UNPROCESSABLE_ENTITY => {
            CarrierError::Refused(Refusal { code: if code.is_empty() { "refused".to_owned() } else { code } })
        }
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            CarrierError::Unknown(format!("the carrier answered {status} {code}"))
        }
        status if status.is_client_error() => CarrierError::Misconfigured(format!("{status} {code}")),
        status => CarrierError::Unknown(format!("the carrier answered {status}")),
    })
}

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: serde_json::Value,
}

/// The event in a body that is known to be the carrier's. Of what it says, only our own id is taken.
///
/// # Errors
/// [`WebhookRefusal::NoEvent`].
pub(super) fn read_event(body: &[u8]) -> Result<CarrierEvent, WebhookRefusal> {
    let WireEvent { id, kind, data } = serde_json::from_slice(body).map_err(|_| WebhookRefusal::NoEvent)?;
    if !fits(&id, MAX_NAME) || !fits(&kind, MAX_NAME) {
        return Err(WebhookRefusal::NoEvent);
    }
    let reference = data.get("reference").and_then(serde_json::Value::as_str);
    let shipment_id = reference.filter(|_| kind.starts_with("tracker.")).and_then(|text| text.parse().ok());
    Ok(CarrierEvent { id, kind, shipment_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPMENT: &str = "ship_01h4vjdvzefw18zfwz5dxw5y8g";

    fn answer(status: u16, body: &'static str) -> Result<Label, CarrierError> {
        let response = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
        read::<WireLabel>(&response).and_then(WireLabel::into_label)
    }

    #[test]
    fn only_a_422_is_a_no_and_only_other_4xx_have_surely_done_nothing() {
        let refused = |code: &str| Err(CarrierError::Refused(Refusal { code: code.to_owned() }));
        assert_eq!(answer(422, r#"{"code": "address_not_served"}"#), refused("address_not_served"));
        assert_eq!(answer(422, "<html>"), refused("refused"));
        for status in [408, 409, 429, 500, 502, 503, 302] {
            assert!(matches!(answer(status, "{}"), Err(CarrierError::Unknown(_))), "{status}");
        }
        for status in [400, 401, 403, 404] {
            assert!(matches!(answer(status, "{}"), Err(CarrierError::Misconfigured(_))), "{status}");
        }
        for body in
            ["", "{}", r#"{"tracker": "", "trackingNumber": "1Z"}"#, r#"{"tracker": "t", "trackingNumber": ""}"#]
        {
            assert!(matches!(answer(200, body), Err(CarrierError::Unknown(_))), "{body}");
        }
    }

    #[test]
    fn of_a_label_what_cannot_be_shown_is_left_out() {
        let label = answer(
            201,
            r#"{"tracker": "trk_1", "trackingNumber": "1Z", "trackingUrl": "javascript:alert(1)", "carrier": "",
                "estimatedDelivery": "2024-01-25T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!((label.tracking_url, label.carrier), (None, None));
        assert_eq!(label.estimated_delivery, Some("2024-01-25T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn an_event_is_about_our_shipment_or_about_nothing() {
        let event = |kind: &str, reference: &str| {
            let body = format!(r#"{{"id": "cev_1", "type": "{kind}", "data": {{"reference": "{reference}"}}}}"#);
            read_event(body.as_bytes()).unwrap().shipment_id
        };
        assert_eq!(event("tracker.updated", SHIPMENT), Some(SHIPMENT.parse().unwrap()));
        assert_eq!(event("invoice.created", SHIPMENT), None);
        assert_eq!(event("tracker.updated", "of somebody else"), None);
        for body in ["", "[]", "{}", r#"{"id": "cev_1"}"#, r#"{"id": "", "type": "tracker.updated"}"#] {
            assert_eq!(read_event(body.as_bytes()), Err(WebhookRefusal::NoEvent), "{body}");
        }
        assert!(read_event(br#"{"id": "cev_1", "type": "ping"}"#).is_ok());
    }
}
