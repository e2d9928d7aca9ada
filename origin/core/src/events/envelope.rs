//! The envelope of an event: a `CloudEvents` 1.0 object in structured mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).

use commerce_domain::EventId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who the events come from.
pub const SOURCE: &str = "/cloudcommerce/origin";

/// One event. `data` names things by their ids and holds no personal data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    #[serde(rename = "specversion")]
    spec_version: Version,
    /// Tells it from every other event, also when it arrives twice.
    pub id: EventId,
    /// Who tells.
    pub source: String,
    /// Its kind: `OrderCreated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of what it is about.
    pub subject: String,
    /// When it happened.
    pub time: Timestamp,
    #[serde(rename = "datacontenttype")]
    content_type: ContentType,
    /// Its place among the events about its subject, from 1, without gaps. An extension of the format.
    pub sequence: u64,
    /// What happened: an object.
    pub data: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "1.0")]
    One,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ContentType {
    #[serde(rename = "application/json")]
    Json,
}

impl Envelope {
    /// An event of this shop.
    pub fn new(
        id: EventId,
        kind: impl Into<String>,
        subject: impl Into<String>,
        sequence: u64,
        time: Timestamp,
        data: Value,
    ) -> Self {
        Self {
            spec_version: Version::One,
            id,
            source: SOURCE.to_owned(),
            kind: kind.into(),
            subject: subject.into(),
            time,
            content_type: ContentType::Json,
            sequence,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "evt_01ktp6sn00e8m9wvpfqsmyrszv";

    fn wire() -> Value {
        let amount: Value = serde_json::from_str("9.90").unwrap();
        json!({
            "specversion": "1.0", "id": ID, "source": "/cloudcommerce/origin", "type": "OrderCreated",
            "subject": "order_1", "time": "2026-03-01T12:00:00Z", "datacontenttype": "application/json",
            "sequence": 7, "data": {"amount": amount}
        })
    }

    #[test]
    fn an_event_is_a_cloud_event_in_structured_mode() {
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let data = wire()["data"].clone();
        let event = Envelope::new(ID.parse().unwrap(), "OrderCreated", "order_1", 7, time, data);
        assert_eq!(serde_json::to_value(&event).unwrap(), wire());
        let text = wire().to_string();
        assert!(text.contains("9.90"), "amounts keep their digits");
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), event);
    }

    #[test]
    fn what_is_no_such_event_is_refused() {
        for (member, value) in [
            ("specversion", json!("0.3")),
            ("id", json!("order_1")),
            ("datacontenttype", json!("text/plain")),
            ("sequence", json!(-1)),
            ("other", json!(1)),
        ] {
            let mut wire = wire();
            wire[member] = value;
            assert!(serde_json::from_value::<Envelope>(wire).is_err(), "{member}");
        }
    }
}
