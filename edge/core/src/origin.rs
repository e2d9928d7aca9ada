//! Signed calls of the origin.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{
    headers::{REQUEST_ID, TRACEPARENT},
    problem::{PROBLEM_JSON, Problem, ProblemCode},
};
use commerce_aws::{HttpClient, SigningScope, TransportError, sign_request};
use http::{Method, Request, Response, StatusCode, header, request};
use serde::Deserialize;

use crate::{
    config::{self, EdgeConfig},
    deadline::Deadline,
    health::not_configured,
    platform::Platform,
};

/// What a function URL is called in a signature's scope.
const SERVICE: &str = "lambda";

/// After how many seconds a client should try an origin again that did not answer.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Why the origin gave no usable answer.
#[derive(Debug)]
pub(crate) struct OriginFailure {
    /// The status it answered with, if it answered.
    pub(crate) status: Option<u16>,
    /// What the client is told.
    pub(crate) problem: Problem,
    /// Whether the origin may have done what it was asked.
    pub(crate) perhaps_done: bool,
}

impl OriginFailure {
    /// Nobody was asked.
    pub(crate) fn before(problem: Problem) -> Self {
        Self { status: None, problem, perhaps_done: false }
    }

    /// Nobody answered.
    fn unanswered(error: &TransportError) -> Self {
        let perhaps_done = !matches!(error, TransportError::Refused(_));
        Self { status: None, problem: unreachable(error), perhaps_done }
    }

    /// The answer is of no use. One that refuses the request has done nothing.
    pub(crate) fn answered(status: StatusCode, problem: Problem) -> Self {
        Self { status: Some(status.as_u16()), problem, perhaps_done: !status.is_client_error() }
    }
}

/// A request for `path_and_query` of the origin at `base`, to be completed and given to [`send`].
pub(crate) fn request(base: &str, method: Method, path_and_query: &str, request_id: &str) -> request::Builder {
    Request::builder()
        .method(method)
        .uri(format!("{base}{path_and_query}"))
        .header(REQUEST_ID, request_id)
        .header(header::ACCEPT, "application/json")
}

/// Signs and sends a request. What is returned is an answer of the shop's own origin: a success, or a problem body.
///
/// # Errors
/// [`OriginFailure`] where nothing answered in time, or what answered is not the origin, or the origin is broken.
pub(crate) async fn send<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request: Request<Bytes>,
    limit: Duration,
) -> Result<Response<Bytes>, OriginFailure> {
    let before = OriginFailure::before;
    let credentials = config::credentials(platform).await.map_err(|error| before(not_configured(&error)))?;
    let scope = SigningScope { region: &config.aws_region, service: SERVICE };
    let signed = sign_request(request, &credentials, scope, platform.now(), &[REQUEST_ID, TRACEPARENT])
        .map_err(|error| before(Problem::internal(error)))?;
    let answer = Deadline { platform, limit }.send(signed).await.map_err(|error| OriginFailure::unanswered(&error))?;
    check(answer)
}

/// Nobody answered: 502 where the connection failed, 503 where it was too slow.
fn unreachable(error: &TransportError) -> Problem {
    match error {
        TransportError::TimedOut => Problem::unavailable(RETRY_AFTER_SECONDS, error),
        TransportError::Refused(_) | TransportError::Connection(_) => bad_gateway(error),
    }
}

fn bad_gateway(cause: impl ToString) -> Problem {
    Problem::new(ProblemCode::OriginUnreachable, "The shop's origin cannot be reached, please try again")
        .with_retry_after(RETRY_AFTER_SECONDS)
        .with_cause(cause)
}

/// Tells the origin's own answers from those of what stands before it, which may well be a page with status 200.
fn check(answer: Response<Bytes>) -> Result<Response<Bytes>, OriginFailure> {
    let status = answer.status();
    let is_ours =
        answer.body().is_empty() || matches!(media_type(&answer), Some("application/json" | "application/pdf"));
    if (status.is_success() && is_ours) || status == StatusCode::NOT_MODIFIED {
        return Ok(answer);
    }
    let code = problem_code(&answer);
    // A refused signature is a matter between edge and origin, of which the shopper can do nothing.
    if code.is_none() || code.as_deref() == Some(ProblemCode::SignatureRejected.as_str()) {
        let cause = format!("answered {status} {}", code.unwrap_or_else(|| "without a problem body".to_owned()));
        return Err(OriginFailure::answered(status, bad_gateway(cause)));
    }
    Ok(answer)
}

/// The code of a problem body of ours.
fn problem_code(answer: &Response<Bytes>) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: Envelope,
    }
    #[derive(Deserialize)]
    struct Envelope {
        code: String,
    }
    if media_type(answer)? != PROBLEM_JSON {
        return None;
    }
    serde_json::from_slice::<Body>(answer.body()).ok().map(|body| body.error.code)
}

fn media_type(answer: &Response<Bytes>) -> Option<&str> {
    let declared = answer.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(declared.split(';').next()?.trim())
}
