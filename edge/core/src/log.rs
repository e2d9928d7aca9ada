//! The log: one JSON object for each request, and one for each failure that the client does not see.

use commerce_api::{Problem, Route};
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::platform::{Log, Platform};

/// What is told about a request, gathered on its way.
pub(crate) struct RequestLog<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    /// The trace that the request belongs to, if its client says so.
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) started: Timestamp,
    pub(crate) route: Option<Route>,
    pub(crate) problem: Option<(&'static str, Option<String>)>,
}

impl RequestLog<'_> {
    /// Notes why the request is refused or failed.
    pub(crate) fn note(&mut self, problem: &Problem) {
        self.problem = Some((problem.code().as_str(), problem.cause().map(str::to_owned)));
    }

    /// Writes the request's line.
    pub(crate) fn write<B>(self, log: &impl Log, response: &Response<B>, now: Timestamp) {
        let status = response.status().as_u16();
        let mut line = line(if status >= 500 { "error" } else { "info" }, now, "request", self.request_id);
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("http.method", self.method.as_str().into());
        put("http.path", self.path.into());
        put("http.status", status.into());
        put("duration.ms", (now.as_millisecond() - self.started.as_millisecond()).into());
        if let Some(route) = self.route {
            put("http.route", route.name().into());
        }
        if let Some(trace) = self.traceparent {
            put("trace.parent", trace.into());
        }
        let cache_status = response.headers().get(commerce_api::headers::CACHE_STATUS);
        if let Some(status) = cache_status.and_then(|status| status.to_str().ok()) {
            put("cache.status", status.into());
        }
        if let Some((code, cause)) = self.problem {
            put("problem.code", code.into());
            if let Some(cause) = cause {
                put("problem.cause", cause.into());
            }
        }
        log.write(&Value::Object(line).to_string());
    }
}

/// Writes a line about a failure that the answer does not show.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over errors that end here")]
pub(crate) fn warn<P: Platform>(platform: &P, request_id: &str, event: &str, cause: impl ToString) {
    let mut line = line("warn", platform.now(), event, request_id);
    line.insert("error.cause".to_owned(), cause.to_string().into());
    platform.write(&Value::Object(line).to_string());
}

fn line(level: &str, now: Timestamp, event: &str, request_id: &str) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("time".to_owned(), now.to_string().into());
    line.insert("level".to_owned(), level.into());
    line.insert("event".to_owned(), event.into());
    line.insert("request.id".to_owned(), request_id.into());
    line
}
