//! The bus in process behind the wire format of SNS, for programs that know it no other way.

use std::{collections::BTreeMap, io};

use axum::{Router, extract::State, routing::post};
use origin_core::events::{OutgoingEvent, PublishEvents as _, PublishOutcome};
use percent_encoding::percent_decode_str;

use super::EventBus;
use crate::HttpServer;

const ENTRY: &str = "PublishBatchRequestEntries.member.";

/// `PublishBatch` and nothing else, on 127.0.0.1 (Amazon SNS API reference). Signatures are not checked.
pub struct SnsEndpoint {
    server: HttpServer,
}

impl SnsEndpoint {
    /// Listens on a free port and publishes to `bus`.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn start(bus: EventBus) -> io::Result<Self> {
        let router = Router::new().route("/", post(publish_batch)).with_state(bus);
        Ok(Self { server: HttpServer::start(0, router).await? })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.server.url()
    }
}

async fn publish_batch(State(bus): State<EventBus>, form: String) -> (http::StatusCode, String) {
    let Some(batch) = events(&form) else {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>";
        return (http::StatusCode::BAD_REQUEST, error.to_owned());
    };
    let outcomes = bus.publish(&batch).await.unwrap_or_default();
    let member = |(index, _): (usize, &PublishOutcome)| {
        format!("<member><Id>{index}</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>")
    };
    let failed: String =
        outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_published()).map(member).collect();
    let answer = format!(
        "<PublishBatchResponse><PublishBatchResult><Failed>{failed}</Failed></PublishBatchResult></PublishBatchResponse>"
    );
    (http::StatusCode::OK, answer)
}

/// The events of the form, each with its group and its deduplication id as they must be.
fn events(form: &str) -> Option<Vec<OutgoingEvent>> {
    let fields: BTreeMap<String, String> = form.split('&').map(field).collect::<Option<_>>()?;
    let entry = |number: usize, name: &str| fields.get(&format!("{ENTRY}{number}.{name}"));
    let mut batch = Vec::new();
    while let Some(message) = entry(batch.len() + 1, "Message") {
        let event: OutgoingEvent = serde_json::from_str(message).ok()?;
        let number = batch.len() + 1;
        let named = (entry(number, "MessageGroupId")?, entry(number, "MessageDeduplicationId")?);
        if named != (&event.subject, &event.id.to_string()) {
            return None;
        }
        batch.push(event);
    }
    Some(batch)
}

fn field(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=')?;
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(String::from);
    Some((decode(name)?, decode(value)?))
}
