//! `GET /v1/orders/{orderId}/stream`: the status of an order as it changes, as server-sent events (WHATWG HTML, section 9.2).
//!
//! A stream asks the origin at most once a second, lives no longer than 25 seconds and no longer than its token, and then ends. The
//! client comes again, and says by `Last-Event-ID` which version it has seen; what happened in between is one event.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{
    Problem, Route,
    headers::{LAST_EVENT_ID, PRINCIPAL, SHOPPER_TOKEN, TRACEPARENT},
};
use commerce_auth::PrincipalHeader;
use futures_util::stream::unfold;
use http::{HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    body::{Body, Pieces},
    config::{self, EdgeConfig},
    forward::{client_response, insert},
    log,
    origin::{self, OriginFailure},
    platform::Platform,
    request::Call,
};

/// How long a stream lives.
const LIFE: Duration = Duration::from_secs(25);
/// How often the origin is asked, at most.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one question may take, if the stream lives that long.
const LIMIT: Duration = Duration::from_secs(5);
/// What a stream begins with: after how many milliseconds a client comes again whose stream has ended.
const BEGINNING: &str = "retry: 1000\n";
/// Says that nothing has changed, and keeps the connection.
const HEARTBEAT: &str = ":\n\n";

/// The pieces of a stream that has begun.
pub(crate) struct Events<P> {
    platform: P,
    watch: Watch,
    /// What is sent at once.
    first: Option<Bytes>,
}

/// An order that is watched on somebody's behalf. Travels with the answer that begins the stream.
#[derive(Clone)]
pub(crate) struct Watch {
    order: String,
    principal: HeaderValue,
    token: HeaderValue,
    trace: Option<HeaderValue>,
    request_id: String,
    /// The version that the client has seen.
    seen: Option<u64>,
    ends_at: Timestamp,
}

/// What the origin says of an order, and the data of an event.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Watched {
    #[serde(rename(deserialize = "id"))]
    order_id: String,
    status: String,
    /// Said by the entity tag.
    #[serde(skip_deserializing)]
    version: u64,
    payment_status: Option<String>,
    refund_status: String,
    tracking_number: Option<String>,
}

/// Begins the stream: with the status, if the client has not seen it.
///
/// # Errors
/// As for the order itself: what the origin refuses is answered as it says.
pub(crate) async fn stream_order<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let mut watch = Watch::of(call)?;
    let answer = watch.ask(call.platform, call.config).await.map_err(|failure| failure.problem)?;
    if answer.status() != StatusCode::OK {
        return Ok(client_response(answer));
    }
    let first = watch.event(&answer)?.unwrap_or_else(|| HEARTBEAT.to_owned());
    let mut response = Response::new(Bytes::from(format!("{BEGINNING}{first}")));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store, no-transform"));
    response.extensions_mut().insert(watch);
    Ok(response)
}

/// The answer with its body: a stream where one has begun.
pub(crate) fn opened<P: Platform>(platform: &P, mut response: Response<Bytes>) -> Response<Body> {
    match Events::of(platform, &mut response) {
        Some(events) => response.map(|_| Body::Pieces(events.into_pieces())),
        None => response.map(Body::Whole),
    }
}

impl<P: Platform> Events<P> {
    /// The stream that an answer begins.
    pub(crate) fn of(platform: &P, response: &mut Response<Bytes>) -> Option<Self> {
        let watch = response.extensions_mut().remove::<Watch>()?;
        // The answer to a HEAD begins none.
        let first = Some(response.body().clone()).filter(|first| !first.is_empty())?;
        Some(Self { platform: platform.clone(), watch, first: Some(first) })
    }

    fn into_pieces(self) -> Pieces {
        Box::pin(unfold(self, async |mut events: Self| events.next().await.map(|piece| (Ok(piece), events))))
    }

    /// The next piece, once it is there; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.watch.left(&self.platform) <= PAUSE {
            return None;
        }
        self.platform.sleep(PAUSE).await;
        let config = config::load(&self.platform).await.ok()?;
        match self.watch.ask(&self.platform, config).await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                let event = self.watch.event(&answer).ok()?;
                Some(event.map_or(Bytes::from_static(HEARTBEAT.as_bytes()), Bytes::from))
            }
            // It is not the client's any more.
            Ok(_) => None,
            Err(OriginFailure { problem, .. }) => {
                log::warn(&self.platform, &self.watch.request_id, "order.stream_not_read", problem);
                Some(Bytes::from_static(HEARTBEAT.as_bytes()))
            }
        }
    }
}

impl Watch {
    fn of<P: Platform>(call: &Call<'_, P>) -> Result<Self, Problem> {
        let caller = call.caller.as_ref().ok_or_else(|| Problem::internal("a stream without a caller"))?;
        let mut secret = http::HeaderMap::new();
        insert(&mut secret, PRINCIPAL, &PrincipalHeader::encode(&caller.principal))?;
        insert(&mut secret, SHOPPER_TOKEN, caller.token)?;
        let [principal, token] = [PRINCIPAL, SHOPPER_TOKEN].map(|name| secret[name].clone());
        let last = call.headers().get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
        let life = call.now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        Ok(Self {
            order: call.parameter.to_owned(),
            principal,
            token,
            trace: call.trace.cloned(),
            request_id: call.request_id.to_owned(),
            seen: last.and_then(|id| id.parse().ok()),
            ends_at: life.min(caller.expires_at),
        })
    }

    async fn ask<P: Platform>(&self, platform: &P, config: &EdgeConfig) -> Result<Response<Bytes>, OriginFailure> {
        let path = Route::GetOrder.path(&self.order);
        let mut request = origin::request(&config.origin_url, Method::GET, &path, &self.request_id)
            .header(PRINCIPAL, &self.principal)
            .header(SHOPPER_TOKEN, &self.token);
        if let Some(trace) = &self.trace {
            request = request.header(TRACEPARENT, trace);
        }
        let request = request.body(Bytes::new()).map_err(|error| OriginFailure::before(Problem::internal(error)))?;
        origin::send(platform, config, request, LIMIT.min(self.left(platform))).await
    }

    /// What is left of the stream's life.
    fn left<P: Platform>(&self, platform: &P) -> Duration {
        Duration::try_from(self.ends_at.duration_since(platform.now())).unwrap_or_default()
    }

    /// The event of an order that the client has not seen so.
    fn event(&mut self, answer: &Response<Bytes>) -> Result<Option<String>, Problem> {
        let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let version: Option<u64> = tag.and_then(|tag| tag.trim_matches('"').parse().ok());
        let version = version.ok_or_else(|| Problem::internal("an order without a version"))?;
        if self.seen == Some(version) {
            return Ok(None);
        }
        let mut order: Watched = serde_json::from_slice(answer.body()).map_err(Problem::internal)?;
        order.version = version;
        let data = serde_json::to_string(&order).map_err(Problem::internal)?;
        self.seen = Some(version);
        Ok(Some(format!("event: status\nid: {version}\ndata: {data}\n\n")))
    }
}
