//! The header names of the API, lower case as HTTP/2 wants them.

use http::HeaderName;

/// Names a request in answers, logs and problem bodies.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Makes a mutation safe to repeat (IETF httpapi draft "The Idempotency-Key HTTP Header Field").
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// `true` on an answer that was stored by an earlier request with the same key.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The last event of a stream that a client has seen (WHATWG HTML, section 9.2.4).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// What the cache did (RFC 9211).
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Stripe's signature over a webhook's body (<https://docs.stripe.com/webhooks#verify-manually>).
pub const STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");
/// PayPal's signature of a webhook, and what it is made of (<https://developer.paypal.com/api/rest/webhooks/rest/>).
pub const PAYPAL_TRANSMISSION_SIG: HeaderName = HeaderName::from_static("paypal-transmission-sig");
/// As [`PAYPAL_TRANSMISSION_SIG`].
pub const PAYPAL_TRANSMISSION_ID: HeaderName = HeaderName::from_static("paypal-transmission-id");
/// As [`PAYPAL_TRANSMISSION_SIG`].
pub const PAYPAL_TRANSMISSION_TIME: HeaderName = HeaderName::from_static("paypal-transmission-time");
/// As [`PAYPAL_TRANSMISSION_SIG`].
pub const PAYPAL_CERT_URL: HeaderName = HeaderName::from_static("paypal-cert-url");
/// As [`PAYPAL_TRANSMISSION_SIG`].
pub const PAYPAL_AUTH_ALGO: HeaderName = HeaderName::from_static("paypal-auth-algo");
/// The carrier's signature over a webhook's body, made as Stripe makes its own.
pub const CARRIER_SIGNATURE: HeaderName = HeaderName::from_static("carrier-signature");
/// The principal that the edge verified, signed along with the request to the origin.
pub const PRINCIPAL: HeaderName = HeaderName::from_static("x-cc-principal");
/// The shopper's own token, passed to the origin, which verifies it again where money is concerned.
pub const SHOPPER_TOKEN: HeaderName = HeaderName::from_static("x-cc-shopper-token");
