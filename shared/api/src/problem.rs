//! Problem bodies: RFC 9457 members and the `error` envelope in one document, and the catalogue of stable codes.
//!
//! A [`Problem`] has two texts by construction: the detail, which the client reads, and the cause, which only the log gets.

use bytes::Bytes;
use commerce_domain::state::IllegalTransition;
use http::{HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

/// The media type of problem bodies (RFC 9457, section 3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Defines the catalogue: variant, code on the wire, status, title.
macro_rules! catalogue {
    ($($name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// A stable code of the API. Codes are never reused for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode { $(#[doc = $title] $name,)* }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status it comes with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What it means, in a few words; the same text each time.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

catalogue! {
    ValidationError = "VALIDATION_ERROR", BAD_REQUEST, "Invalid request parameters";
    MalformedJson = "MALFORMED_JSON", BAD_REQUEST, "The body is not valid JSON";
    VariantRequired = "VARIANT_REQUIRED", BAD_REQUEST, "The product has several variants: name one";
    IdempotencyKeyRequired = "IDEMPOTENCY_KEY_REQUIRED", BAD_REQUEST, "This request needs an Idempotency-Key";
    WebhookRejected = "WEBHOOK_REJECTED", BAD_REQUEST, "The webhook is not signed as it must be";
    Unauthorized = "UNAUTHORIZED", UNAUTHORIZED, "Invalid or expired token";
    PaymentDeclined = "PAYMENT_DECLINED", PAYMENT_REQUIRED, "The payment was declined";
    Forbidden = "FORBIDDEN", FORBIDDEN, "The caller may not do this";
    SignatureRejected = "SIGNATURE_REJECTED", FORBIDDEN, "The request is not signed by a known caller";
    NotFound = "NOT_FOUND", NOT_FOUND, "Not found";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "This resource does not know the method";
    Conflict = "CONFLICT", CONFLICT, "The resource is in another state";
    CartChanged = "CART_CHANGED", CONFLICT, "The cart is not as it was shown";
    CartEmpty = "CART_EMPTY", CONFLICT, "There is nothing in the cart";
    CartFull = "CART_FULL", CONFLICT, "The cart has no room for this";
    OutOfStock = "OUT_OF_STOCK", CONFLICT, "Not enough in stock";
    OrderAlreadyPaid = "ORDER_ALREADY_PAID", CONFLICT, "The order is paid";
    PaymentInProgress = "PAYMENT_IN_PROGRESS", CONFLICT, "Another payment of the order is under way";
    ReservationExpired = "RESERVATION_EXPIRED", CONFLICT, "The stock is no longer held for the order";
    RequestInProgress = "REQUEST_IN_PROGRESS", CONFLICT, "A request with this Idempotency-Key is under way";
    CaptureRefused = "CAPTURE_REFUSED", CONFLICT, "The payment provider refused to take the money";
    RefundRefused = "REFUND_REFUSED", CONFLICT, "The payment provider refused the refund";
    CarrierRefused = "CARRIER_REFUSED", CONFLICT, "The carrier does not take the shipment";
    CategoryInUse = "CATEGORY_IN_USE", CONFLICT, "The category is in use";
    PreconditionFailed = "PRECONDITION_FAILED", PRECONDITION_FAILED, "The resource has changed";
    BodyTooLarge = "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE, "The body is too large";
    UriTooLong = "URI_TOO_LONG", URI_TOO_LONG, "The request target is too long";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request";
    AmountMismatch = "AMOUNT_MISMATCH", UNPROCESSABLE_ENTITY, "The amount is not the order's total";
    RefundTooLarge = "REFUND_TOO_LARGE", UNPROCESSABLE_ENTITY, "Not that much of the payment is left";
    ReturnTooLarge = "RETURN_TOO_LARGE", UNPROCESSABLE_ENTITY, "Not that many pieces can come back";
    CurrencyNotSupported = "CURRENCY_NOT_SUPPORTED", UNPROCESSABLE_ENTITY, "The payment provider does not take this currency or amount";
    ShippingNotAvailable = "SHIPPING_NOT_AVAILABLE", UNPROCESSABLE_ENTITY, "Nothing is shipped to this address";
    ShipmentTooLarge = "SHIPMENT_TOO_LARGE", UNPROCESSABLE_ENTITY, "Not that many pieces of the order are left to ship";
    TrackingNumberRequired = "TRACKING_NUMBER_REQUIRED", UNPROCESSABLE_ENTITY, "No carrier is set up: give a tracking number";
    HeadersTooLarge = "HEADERS_TOO_LARGE", REQUEST_HEADER_FIELDS_TOO_LARGE, "The request headers are too large";
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS, "Too many requests";
    InternalError = "INTERNAL_ERROR", INTERNAL_SERVER_ERROR, "An unexpected error occurred";
    OriginUnreachable = "ORIGIN_UNREACHABLE", BAD_GATEWAY, "The shop's origin cannot be reached";
    Unavailable = "UNAVAILABLE", SERVICE_UNAVAILABLE, "Temporarily unavailable";
    TimedOut = "TIMED_OUT", GATEWAY_TIMEOUT, "No answer in time";
    OutcomeUnknown = "OUTCOME_UNKNOWN", GATEWAY_TIMEOUT, "It is not known whether the change was made";
}

/// A field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The path in the body, or the name of the parameter.
    pub field: String,
    /// Why.
    pub message: String,
}

/// A refusal or failure, on its way to the client and to the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}{}", .0.code.as_str(), .0.detail, .0.cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default())]
pub struct Problem(Box<Parts>);

/// Behind a pointer, because the error of every fallible function is a problem, and most of them succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    code: ProblemCode,
    detail: String,
    cause: Option<String>,
    fields: Vec<FieldError>,
    members: Vec<(&'static str, serde_json::Value)>,
    retry_after_seconds: Option<u32>,
    allow: Option<String>,
}

/// What a problem body says about the request it answers.
#[derive(Debug, Clone, Copy)]
pub struct ProblemContext<'a> {
    /// The request id.
    pub request_id: &'a str,
    /// The path of the request.
    pub instance: &'a str,
}

impl Problem {
    /// A problem with the text that the client reads.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            cause: None,
            fields: Vec::new(),
            members: Vec::new(),
            retry_after_seconds: None,
            allow: None,
        }))
    }

    /// A 400 for one field.
    #[must_use]
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::ValidationError, "Invalid request parameters").with_field(field, message)
    }

    /// A 404. `what` begins the sentence: "Product".
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("{what} not found"))
    }

    /// A 500 whose cause only the log learns.
    #[must_use]
    pub fn internal(cause: impl ToString) -> Self {
        Self::new(ProblemCode::InternalError, "An unexpected error occurred").with_cause(cause)
    }

    /// A 503 that asks to come back; only the log learns the cause.
    #[must_use]
    pub fn unavailable(retry_after_seconds: u32, cause: impl ToString) -> Self {
        Self::new(ProblemCode::Unavailable, "Temporarily unavailable, please try again")
            .with_retry_after(retry_after_seconds)
            .with_cause(cause)
    }

    /// Names one more refused field.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.0.fields.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Adds what only the log may know.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over errors that end here")]
    pub fn with_cause(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Asks the client to come back after that many seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds an extension member (RFC 9457, section 3.2), such as `changes`: what differs from what the client saw.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: &impl Serialize) -> Self {
        self.0.members.extend(serde_json::to_value(value).ok().map(|value| (name, value)));
        self
    }

    /// Adds the `Allow` header that a 405 must have (RFC 9110, section 15.5.6).
    #[must_use]
    pub fn with_allow(mut self, methods: impl Into<String>) -> Self {
        self.0.allow = Some(methods.into());
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    /// What the log gets beside the detail.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The refused fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The response: body, `Content-Type`, `Cache-Control: no-store`, and `Retry-After`, `Allow`, `WWW-Authenticate` where they belong.
    #[must_use]
    pub fn into_response(self, context: ProblemContext<'_>) -> Response<Bytes> {
        let body = serde_json::to_vec(&self.body(context)).unwrap_or_default();
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.0.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(methods) = self.0.allow.and_then(|methods| HeaderValue::try_from(methods).ok()) {
            headers.insert(header::ALLOW, methods);
        }
        if self.0.code == ProblemCode::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn body<'a>(&'a self, context: ProblemContext<'a>) -> Body<'a> {
        Body {
            kind: format!("/problems/{}", self.0.code.as_str().to_ascii_lowercase().replace('_', "-")),
            title: self.0.code.title(),
            status: self.status().as_u16(),
            detail: &self.0.detail,
            instance: context.instance,
            members: &self.0.members,
            error: Envelope {
                code: self.0.code.as_str(),
                message: &self.0.detail,
                details: &self.0.fields,
                request_id: context.request_id,
            },
        }
    }
}

/// A 409: what was asked is not possible in the state that the resource is in.
impl From<IllegalTransition> for Problem {
    fn from(illegal: IllegalTransition) -> Self {
        Self::new(ProblemCode::Conflict, illegal.to_string())
    }
}

struct Body<'a> {
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    members: &'a [(&'static str, serde_json::Value)],
    error: Envelope<'a>,
}

/// By hand, for the members of varying names: `flatten` would not keep the digits of amounts.
impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("title", self.title)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("detail", self.detail)?;
        map.serialize_entry("instance", self.instance)?;
        for (name, value) in self.members {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("error", &self.error)?;
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    code: &'static str,
    message: &'a str,
    details: &'a [FieldError],
    request_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: ProblemContext<'static> = ProblemContext { request_id: "req_1", instance: "/v1/products" };

    #[test]
    fn the_body_is_the_references_envelope_and_rfc_9457() {
        let response = Problem::invalid("price", "Price must be greater than 0").into_response(CONTEXT);
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let expected = serde_json::json!({
            "type": "/problems/validation-error",
            "title": "Invalid request parameters",
            "status": 400,
            "detail": "Invalid request parameters",
            "instance": "/v1/products",
            "error": {
                "code": "VALIDATION_ERROR",
                "message": "Invalid request parameters",
                "details": [{"field": "price", "message": "Price must be greater than 0"}],
                "requestId": "req_1"
            }
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn the_cause_reaches_the_log_and_never_the_client() {
        let problem = Problem::internal("password authentication failed");
        assert!(problem.to_string().contains("password"));
        let body = problem.into_response(CONTEXT).into_body();
        assert!(!String::from_utf8_lossy(&body).contains("password"));
    }

    #[test]
    fn a_step_that_a_state_does_not_allow_is_a_409() {
        use commerce_domain::state::{OrderEvent, OrderStatus};
        let problem = Problem::from(OrderStatus::Delivered.on(OrderEvent::Cancel).unwrap_err());
        assert_eq!((problem.code(), problem.status()), (ProblemCode::Conflict, StatusCode::CONFLICT));
        let body: serde_json::Value = serde_json::from_slice(problem.into_response(CONTEXT).body()).unwrap();
        assert_eq!(body["detail"], "cancel is not possible while DELIVERED");
    }

    #[test]
    fn headers_come_with_the_problems_that_need_them() {
        let late = Problem::unavailable(3, "throttled").into_response(CONTEXT);
        assert_eq!(late.headers()[header::RETRY_AFTER], "3");
        let method = Problem::new(ProblemCode::MethodNotAllowed, "").with_allow("GET, HEAD").into_response(CONTEXT);
        assert_eq!(method.headers()[header::ALLOW], "GET, HEAD");
        let token = Problem::new(ProblemCode::Unauthorized, "").into_response(CONTEXT);
        assert_eq!(token.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn extension_members_stand_beside_the_standard_ones_with_all_their_digits() {
        let total: serde_json::Number = "64.80".parse().unwrap();
        let problem = Problem::new(ProblemCode::Conflict, "").with_member("total", &total).with_member("version", &3);
        let body = problem.into_response(CONTEXT).into_body();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(text.contains(r#""instance":"/v1/products","total":64.80,"version":3,"error":{"#), "{text}");
    }

    #[test]
    fn codes_are_unique_and_errors() {
        let mut codes: Vec<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        assert!(ProblemCode::ALL.iter().all(|code| code.status().as_u16() >= 400));
    }
}
