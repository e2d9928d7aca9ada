//! The way of a changing request: key and parameters checked, key looked up and claimed, faults drawn, effect, answer kept,
//! webhooks.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header::HeaderName};
use serde_json::Value;

use super::{
    Shared,
    error::StripeError,
    faults::{Failure, Operation, Refusal},
    form::Form,
    idempotency::{Claim, StoredAnswer},
    lock,
};
use crate::{
    entropy::random_hex,
    net::{json_response, lost_reply},
};

/// A changing request, parsed from its path.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Create,
    Confirm(String),
    Capture(String),
    Cancel(String),
    Refund,
}

impl Command {
    fn operation(&self) -> Operation {
        match self {
            Self::Create => Operation::Create,
            Self::Confirm(_) => Operation::Confirm,
            Self::Capture(_) => Operation::Capture,
            Self::Cancel(_) => Operation::Cancel,
            Self::Refund => Operation::Refund,
        }
    }
}

/// A request that may run.
struct Running {
    command: Command,
    form: Form,
    key: Option<String>,
    request_id: String,
}

/// Answers a changing request. `target` is its path, to which its key is bound.
pub(super) async fn mutate(
    shared: Arc<Shared>,
    command: Command,
    target: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let request_id = shared.request_id();
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let admitted = shared.authenticate(headers).and_then(|()| Form::parse(&body)).and_then(|form| {
        let claim = shared.admit(command.operation(), target, key.as_deref(), &form)?;
        Ok((form, claim))
    });
    let (answer, replayed) = match admitted {
        Err(error) => (Some(answer(Err(error), &request_id)), false),
        Ok((_, Claim::Replay(kept))) => (Some(kept), true),
        Ok((form, Claim::Fresh)) => {
            let running = Running { command, form, key: key.clone(), request_id: request_id.clone() };
            // On its own task: the effect happens whether or not the caller waits for the answer.
            let task = tokio::spawn(run(shared, running));
            (task.await.unwrap_or_else(|_| Some(answer(Err(StripeError::internal()), &request_id))), false)
        }
    };
    match answer {
        Some(answer) => respond(&answer, &request_id, key.as_deref(), replayed),
        None => lost_reply(),
    }
}

/// Answers a reading request.
pub(super) async fn read(
    shared: Arc<Shared>,
    headers: &HeaderMap,
    read: impl FnOnce(&Shared) -> Result<Value, StripeError>,
) -> Response<Body> {
    let request_id = shared.request_id();
    shared.wait().await;
    let result = shared.authenticate(headers).and_then(|()| read(&shared));
    respond(&answer(result, &request_id), &request_id, None, false)
}

/// The whole effect; nothing where the reply is to be lost.
async fn run(shared: Arc<Shared>, running: Running) -> Option<StoredAnswer> {
    shared.wait().await;
    let failure = lock(&shared.faults).take_failure(running.command.operation());
    let result = match failure {
        Some(Failure::Internal) => Err(StripeError::internal()),
        Some(Failure::InternalAfterEffect) => shared.execute(&running).and(Err(StripeError::internal())),
        Some(Failure::Refused) => Err(shared.refusal()),
        Some(Failure::LostReply) | None => shared.execute(&running),
    };
    let before_execution = result.as_ref().is_err_and(|error| error.before_execution);
    let answer = answer(result, &running.request_id);
    if let Some(key) = &running.key {
        let mut keys = lock(&shared.keys);
        if before_execution {
            keys.release(key);
        } else {
            shared.journal.note(keys.keep(key, answer.clone()));
        }
    }
    shared.journal.keep_short(&shared.book, &shared.keys);
    (failure != Some(Failure::LostReply)).then_some(answer)
}

impl Shared {
    fn request_id(&self) -> String {
        format!("req_{}", random_hex(&*self.entropy, 7))
    }

    async fn wait(&self) {
        let delay = lock(&self.faults).delay();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// <https://docs.stripe.com/api/authentication>: the key as a bearer token.
    fn authenticate(&self, headers: &HeaderMap) -> Result<(), StripeError> {
        let given =
            headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        match given {
            Some(key) if key == self.api_key => Ok(()),
            Some(_) => Err(StripeError::unauthenticated("Invalid API Key provided")),
            None => Err(StripeError::unauthenticated("You did not provide an API key.")),
        }
    }

    fn admit(&self, operation: Operation, target: &str, key: Option<&str>, form: &Form) -> Result<Claim, StripeError> {
        // Held to the end: nobody sees a claim that a fault takes back.
        let mut keys = lock(&self.keys);
        let claim = match key {
            Some(key) => keys.claim(key, target, form.fingerprint(), self.now())?,
            None => Claim::Fresh,
        };
        // What was answered before is only repeated: no fault is spent on it.
        let Claim::Fresh = claim else { return Ok(claim) };
        let Some(refusal) = lock(&self.faults).take_refusal(operation, key.is_some()) else { return Ok(claim) };
        if let Some(key) = key {
            keys.release(key);
        }
        Err(match refusal {
            Refusal::KeyInUse => StripeError::key_in_use(key.unwrap_or_default()),
            Refusal::RateLimited => StripeError::rate_limited(),
        })
    }

    /// What is said to a request that is to be refused.
    fn refusal(&self) -> StripeError {
        let code = lock(&self.faults).refuse_code.clone();
        if code.is_empty() {
            return StripeError::unauthenticated("Expired API Key provided");
        }
        StripeError::state(code, "This request is refused.")
    }

    fn execute(&self, running: &Running) -> Result<Value, StripeError> {
        let (form, now) = (&running.form, self.now());
        let mut book = lock(&self.book);
        let result = match &running.command {
            Command::Create => book.create_intent(form, now),
            Command::Confirm(id) => book.confirm_intent(id, form, now),
            Command::Capture(id) => book.capture_intent(id, form),
            Command::Cancel(id) => book.cancel_intent(id, form, now),
            Command::Refund => book.create_refund(form, now),
        };
        self.take_note(&mut book, &running.request_id, running.key.as_deref());
        result
    }
}

fn answer(result: Result<Value, StripeError>, request_id: &str) -> StoredAnswer {
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (error.status, error.body()),
    };
    StoredAnswer { status: status.as_u16(), body, request_id: request_id.to_owned() }
}

/// <https://docs.stripe.com/api/request_ids>
fn respond(answer: &StoredAnswer, request_id: &str, key: Option<&str>, replayed: bool) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, &answer.body);
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("request-id", request_id);
    if let Some(key) = key {
        set("idempotency-key", key);
    }
    if replayed {
        set("idempotent-replayed", "true");
        set("original-request", &answer.request_id);
    }
    response
}
