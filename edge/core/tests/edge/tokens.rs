//! An issuer of tokens with two keys.

use std::sync::LazyLock;

use jwt_simple::{
    algorithms::{RS256KeyPair, RSAKeyPairLike},
    claims::Claims,
    reexports::coarsetime::Duration,
};
use serde_json::{Map, Value, json};

use crate::fake::NOW;

pub(crate) const ISSUER: &str = "https://issuer.test/pool";

/// Made once: generating an RSA key takes seconds.
static KEYS: [LazyLock<RS256KeyPair>; 2] = [
    LazyLock::new(|| RS256KeyPair::generate(2048).unwrap().with_key_id("key-0")),
    LazyLock::new(|| RS256KeyPair::generate(2048).unwrap().with_key_id("key-1")),
];

/// The key set with these of the keys.
pub(crate) fn jwks(keys: &[usize]) -> Value {
    let keys = keys.iter().map(|index| serde_json::from_str::<Value>(&KEYS[*index].public_key().to_jwk()).unwrap());
    json!({"keys": keys.collect::<Vec<_>>()})
}

/// The claims of a shopper's token, valid for an hour.
pub(crate) fn claims(subject: &str) -> Map<String, Value> {
    let claims = json!({
        "sub": subject, "iss": ISSUER, "token_use": "access", "client_id": "app-1", "jti": format!("jti-{subject}"),
        "iat": NOW - 10, "exp": NOW + 3600,
    });
    claims.as_object().unwrap().clone()
}

/// A token of these claims, signed with the first or the second key.
pub(crate) fn sign(key: usize, claims: Map<String, Value>) -> String {
    let mut payload = Claims::with_custom_claims(claims, Duration::from_secs(1));
    (payload.issued_at, payload.expires_at, payload.invalid_before) = (None, None, None);
    KEYS[key].sign(payload).unwrap()
}

pub(crate) fn shopper(subject: &str) -> String {
    sign(0, claims(subject))
}

pub(crate) fn admin() -> String {
    let mut claims = claims("boss");
    claims.insert("cognito:groups".into(), json!(["admin"]));
    sign(0, claims)
}
