//! The log: one JSON object for each request, and one for each failure that the client does not see.

use commerce_api::{Problem, Route, headers::CACHE_STATUS};
use http::{HeaderValue, Request, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::platform::{Log, Platform};

/// What is told about a request, gathered on its way.
pub(crate) struct RequestLog<'a> {
    pub(crate) request_id: &'a str,
    /// The trace that the request belongs to, if it is in one.
    pub(crate) trace: Option<&'a HeaderValue>,
    pub(crate) started: Timestamp,
    pub(crate) route: Option<Route>,
    pub(crate) problem: Option<(&'static str, Option<String>)>,
}

#[derive(Serialize)]
struct RequestLine<'a> {
    time: Timestamp,
    level: &'static str,
    event: &'static str,
    #[serde(rename = "request.id")]
    request_id: &'a str,
    #[serde(rename = "http.method")]
    method: &'a str,
    #[serde(rename = "http.path")]
    path: &'a str,
    #[serde(rename = "http.status")]
    status: u16,
    #[serde(rename = "duration.ms")]
    duration_millis: i64,
    #[serde(rename = "http.route", skip_serializing_if = "Option::is_none")]
    route: Option<&'static str>,
    #[serde(rename = "trace.parent", skip_serializing_if = "Option::is_none")]
    trace: Option<&'a str>,
    #[serde(rename = "cache.status", skip_serializing_if = "Option::is_none")]
    cache_status: Option<&'a str>,
    #[serde(rename = "problem.code", skip_serializing_if = "Option::is_none")]
    problem_code: Option<&'static str>,
    #[serde(rename = "problem.cause", skip_serializing_if = "Option::is_none")]
    problem_cause: Option<&'a str>,
}

#[derive(Serialize)]
struct WarningLine<'a> {
    time: Timestamp,
    level: &'static str,
    event: &'a str,
    #[serde(rename = "request.id")]
    request_id: &'a str,
    #[serde(rename = "error.cause")]
    cause: &'a str,
}

impl RequestLog<'_> {
    /// Notes why the request is refused or failed.
    pub(crate) fn note(&mut self, problem: &Problem) {
        self.problem = Some((problem.code().as_str(), problem.cause().map(str::to_owned)));
    }

    /// Writes the request's line.
    pub(crate) fn write<A, B>(&self, log: &impl Log, request: &Request<A>, response: &Response<B>, now: Timestamp) {
        let status = response.status().as_u16();
        let problem = self.problem.as_ref();
        let line = RequestLine {
            time: now,
            level: if status >= 500 { "error" } else { "info" },
            event: "request",
            request_id: self.request_id,
            method: request.method().as_str(),
            path: request.uri().path(),
            status,
            duration_millis: now.as_millisecond() - self.started.as_millisecond(),
            route: self.route.map(Route::name),
            trace: self.trace.and_then(|trace| trace.to_str().ok()),
            cache_status: response.headers().get(CACHE_STATUS).and_then(|status| status.to_str().ok()),
            problem_code: problem.map(|(code, _)| *code),
            problem_cause: problem.and_then(|(_, cause)| cause.as_deref()),
        };
        write(log, &line);
    }
}

/// Writes a line about a failure that the answer does not show.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over errors that end here")]
pub(crate) fn warn<P: Platform>(platform: &P, request_id: &str, event: &str, cause: impl ToString) {
    let (time, level, cause) = (platform.now(), "warn", &cause.to_string());
    write(platform, &WarningLine { time, level, event, request_id, cause });
}

fn write(log: &impl Log, line: &impl Serialize) {
    log.write(&serde_json::to_string(line).expect("should serialise: text and numbers"));
}
