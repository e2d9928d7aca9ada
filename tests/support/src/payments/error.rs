//! Stripe's errors: <https://docs.stripe.com/api/errors>.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

/// One error answer.
#[derive(Debug, Clone)]
pub(super) struct StripeError {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) code: Option<Cow<'static, str>>,
    pub(super) decline_code: Option<&'static str>,
    pub(super) param: Option<Box<str>>,
    pub(super) message: Box<str>,
    pub(super) charge: Option<Box<str>>,
    pub(super) payment_intent: Option<Box<Value>>,
    /// Refused before anything began, so that the key may be used again with the same or other parameters.
    pub(super) before_execution: bool,
}

impl StripeError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<Box<str>>) -> Self {
        Self {
            status,
            kind,
            code: None,
            decline_code: None,
            param: None,
            message: message.into(),
            charge: None,
            payment_intent: None,
            before_execution: true,
        }
    }

    /// 400: the parameters are wrong.
    pub(super) fn invalid(message: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// 400: the object is in a state that does not allow this; kept under the key.
    pub(super) fn state(code: impl Into<Cow<'static, str>>, message: impl Into<Box<str>>) -> Self {
        Self { before_execution: false, ..Self::invalid(message).code(code) }
    }

    /// 404: there is no such object.
    pub(super) fn missing(object: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).code("resource_missing").param(param)
    }

    /// 401: no key or a wrong one.
    pub(super) fn unauthenticated(message: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    /// 402: the card was declined; kept under the key.
    pub(super) fn card(code: &'static str, decline_code: Option<&'static str>, message: impl Into<Box<str>>) -> Self {
        let error = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message).code(code);
        Self { decline_code, before_execution: false, ..error }
    }

    /// 400: the key was used for something else.
    pub(super) fn key_reused(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
             using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    /// 409: the request with this key is still running.
    pub(super) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Stripe Idempotency Key (that probably means you \
             submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, "idempotency_error", message).code("idempotency_key_in_use")
    }

    /// 429: too many requests.
    pub(super) fn rate_limited() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", "Too many requests. Please slow down.")
            .code("rate_limit")
    }

    /// 500: something went wrong at Stripe; kept under the key.
    pub(super) fn internal() -> Self {
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", "An unknown error occurred");
        Self { before_execution: false, ..error }
    }

    /// 404: there is no such route.
    pub(super) fn unknown_url(method: &http::Method, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    pub(super) fn code(self, code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    pub(super) fn param(self, param: impl Into<Box<str>>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// The same error about this payment intent.
    pub(super) fn about(self, payment_intent: Value) -> Self {
        Self { payment_intent: Some(Box::new(payment_intent)), ..self }
    }

    /// What the error says, as it stands in `last_payment_error` and in an error body's `error`.
    pub(super) fn object(&self) -> Value {
        let mut error = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                error.insert(name.to_owned(), value);
            }
        };
        set("type", Some(self.kind.into()));
        set("code", self.code.as_deref().map(Value::from));
        set("decline_code", self.decline_code.map(Value::from));
        set("message", Some((*self.message).into()));
        set("param", self.param.as_deref().map(Value::from));
        set("charge", self.charge.as_deref().map(Value::from));
        set("payment_intent", self.payment_intent.as_deref().cloned());
        Value::Object(error)
    }

    /// The whole body.
    pub(super) fn body(&self) -> Value {
        serde_json::json!({ "error": self.object() })
    }
}
