use std::sync::LazyLock;

use jwt_simple::{
    algorithms::{RS256KeyPair, RSAKeyPairLike},
    claims::Claims,
};
use serde_json::{Map, json};

use super::*;
use crate::principal::{MAX_CLAIM_CHARS, MAX_SCOPE_LENGTH};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example/pool";

/// Made once: generating an RSA key takes seconds.
static KEY: LazyLock<RS256KeyPair> = LazyLock::new(|| RS256KeyPair::generate(2048).unwrap().with_key_id("key-1"));
static OTHER_KEY: LazyLock<RS256KeyPair> = LazyLock::new(|| RS256KeyPair::generate(2048).unwrap().with_key_id("key-1"));
static KEYS: LazyLock<Jwks> = LazyLock::new(|| Jwks::from_json(jwks_json().to_string().as_bytes()).unwrap());

fn jwks_json() -> Value {
    json!({"keys": [serde_json::from_str::<Value>(&KEY.public_key().to_jwk()).unwrap()]})
}

fn policy() -> TokenPolicy {
    TokenPolicy { issuer: ISSUER.into(), client_ids: Some(vec!["app-1".into(), "app-2".into()]) }
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "sub": "sub-1", "iss": ISSUER, "token_use": "access", "client_id": "app-1", "username": "ada",
        "cognito:groups": ["admin", "night-shift"], "scope": "openid", "jti": "token-1",
        "iat": NOW - 10, "auth_time": NOW - 10, "exp": NOW + 3600,
    });
    claims.as_object().unwrap().clone()
}

/// The claims above with `name` replaced, or dropped where `value` is null.
fn claims_with(name: &str, value: Value) -> Map<String, Value> {
    let mut claims = claims();
    if value.is_null() {
        claims.remove(name)
    } else {
        claims.insert(name.into(), value)
    };
    claims
}

fn sign(key: &RS256KeyPair, claims: Map<String, Value>) -> String {
    let mut payload = Claims::with_custom_claims(claims, Duration::from_secs(1));
    (payload.issued_at, payload.expires_at, payload.invalid_before) = (None, None, None);
    key.sign(payload).unwrap()
}

fn verify(token: &str) -> Result<VerifiedToken, TokenError> {
    verify_access_token(token, &KEYS, &policy(), Timestamp::from_second(NOW).unwrap())
}

fn verify_claims(claims: Map<String, Value>) -> Result<VerifiedToken, TokenError> {
    verify(&sign(&KEY, claims))
}

/// A token with this header, and a payload and signature that were made for another one.
fn with_header(header: &Value) -> String {
    let token = sign(&KEY, claims());
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.to_string().as_bytes()))
}

#[test]
fn a_proper_token_names_its_principal() {
    let verified = verify_claims(claims()).unwrap();
    assert_eq!(verified.expires_at.as_second(), NOW + 3600);
    let principal = verified.principal;
    assert_eq!((principal.subject.as_str(), principal.issuer.as_str()), ("sub-1", ISSUER));
    assert_eq!((principal.client_id.as_str(), principal.scope.as_deref()), ("app-1", Some("openid")));
    assert_eq!(principal.username.as_deref(), Some("ada"));
    assert_eq!(principal.token_id.as_deref(), Some("token-1"));
    assert_eq!(principal.roles, BTreeSet::from([Role::Admin]));
    assert!(principal.is_admin());
}

#[test]
fn a_token_without_groups_is_a_customer() {
    assert!(!verify_claims(claims_with("cognito:groups", Value::Null)).unwrap().principal.is_admin());
    assert!(!verify_claims(claims_with("cognito:groups", json!(["Admin"]))).unwrap().principal.is_admin());
}

#[test]
fn the_key_id_can_be_read_without_verifying() {
    assert_eq!(token_kid(&sign(&OTHER_KEY, claims())), Ok("key-1".into()));
}

#[test]
fn other_algorithms_are_refused() {
    for algorithm in ["none", "None", "HS256", "RS384", "PS256", "rs256", ""] {
        let token = with_header(&json!({"alg": algorithm, "kid": "key-1"}));
        assert_eq!(verify(&token), Err(TokenError::UnsupportedAlgorithm), "{algorithm}");
        assert_eq!(token_kid(&token), Err(TokenError::UnsupportedAlgorithm), "{algorithm}");
    }
    assert_eq!(verify(&with_header(&json!({"kid": "key-1"}))), Err(TokenError::UnsupportedAlgorithm));
}

#[test]
fn a_token_must_name_a_known_key() {
    assert_eq!(verify(&with_header(&json!({"alg": "RS256"}))), Err(TokenError::MissingKeyId));
    assert_eq!(verify(&with_header(&json!({"alg": "RS256", "kid": 1}))), Err(TokenError::Malformed("kid")));
    assert_eq!(verify(&with_header(&json!({"alg": "RS256", "kid": "key-2"}))), Err(TokenError::UnknownKey));
}

#[test]
fn another_signature_is_refused() {
    assert_eq!(verify(&sign(&OTHER_KEY, claims())), Err(TokenError::BadSignature));
    // The same claims under a changed header, and with no signature at all.
    assert_eq!(
        verify(&with_header(&json!({"alg": "RS256", "kid": "key-1", "typ": "JWT", "x": 1}))),
        Err(TokenError::BadSignature)
    );
    let token = sign(&KEY, claims());
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{signed}.")), Err(TokenError::BadSignature));
}

#[test]
fn changed_claims_are_refused() {
    let token = sign(&KEY, claims());
    let forged = Value::Object(claims_with("sub", json!("sub-2"))).to_string();
    let mut parts: Vec<&str> = token.split('.').collect();
    let payload = Base64UrlUnpadded::encode_string(forged.as_bytes());
    parts[1] = &payload;
    assert_eq!(verify(&parts.join(".")), Err(TokenError::BadSignature));
}

#[test]
fn malformed_tokens_are_refused() {
    let token = sign(&KEY, claims());
    for token in ["", "a.b", "a.b.c", "...", &format!("{token}.x"), &format!("{token}="), &format!(" {token}")] {
        assert!(matches!(verify(token), Err(TokenError::Malformed(_))), "{token}");
    }
    let critical = with_header(&json!({"alg": "RS256", "kid": "key-1", "crit": ["exp"]}));
    assert_eq!(verify(&critical), Err(TokenError::Malformed("critical header")));
    assert_eq!(
        verify(&with_header(&json!({"alg": "RS256", "kid": "key-1", "typ": "JOSE"}))),
        Err(TokenError::Malformed("typ"))
    );
}

#[test]
fn a_long_token_is_refused_unread() {
    assert_eq!(verify(&"a".repeat(MAX_TOKEN_LENGTH + 1)), Err(TokenError::TooLong));
    assert_eq!(verify(&"a".repeat(MAX_TOKEN_LENGTH)), Err(TokenError::Malformed("not three parts")));
}

#[test]
fn a_repeated_claim_is_refused() {
    let mut payload = Claims::with_custom_claims(claims(), Duration::from_secs(1)).with_issuer(ISSUER);
    (payload.issued_at, payload.expires_at, payload.invalid_before) = (None, None, None);
    assert_eq!(verify(&KEY.sign(payload).unwrap()), Err(TokenError::DuplicateMember));
}

#[test]
fn expiry_is_required_and_has_a_minute_of_tolerance() {
    assert_eq!(verify_claims(claims_with("exp", Value::Null)), Err(TokenError::MissingClaim("exp")));
    assert_eq!(verify_claims(claims_with("exp", json!(NOW - 61))), Err(TokenError::Expired));
    assert!(verify_claims(claims_with("exp", json!(NOW - 60))).is_ok());
    assert!(matches!(verify_claims(claims_with("exp", json!("never"))), Err(TokenError::Malformed(_))));
    assert!(matches!(verify_claims(claims_with("exp", json!(-1))), Err(TokenError::Malformed(_))));
    assert!(verify_claims(claims_with("exp", json!(u64::MAX))).is_ok(), "the library saturates at the year 2106");
}

#[test]
fn a_token_from_the_future_is_refused() {
    for claim in ["iat", "nbf"] {
        assert_eq!(verify_claims(claims_with(claim, json!(NOW + 61))), Err(TokenError::NotYetValid), "{claim}");
        assert!(verify_claims(claims_with(claim, json!(NOW + 60))).is_ok(), "{claim}");
    }
}

#[test]
fn another_issuer_is_refused() {
    for issuer in [Value::Null, json!("https://issuer.example/pool/"), json!("https://evil.example")] {
        assert_eq!(verify_claims(claims_with("iss", issuer.clone())), Err(TokenError::WrongIssuer), "{issuer}");
    }
}

#[test]
fn only_access_tokens_are_accepted() {
    for token_use in [Value::Null, json!("id"), json!("refresh")] {
        assert_eq!(
            verify_claims(claims_with("token_use", token_use.clone())),
            Err(TokenError::WrongUse),
            "{token_use}"
        );
    }
    assert_eq!(verify_claims(claims_with("token_use", json!(["access"]))), Err(TokenError::Malformed("token_use")));
}

#[test]
fn another_client_is_refused_unless_any_is_accepted() {
    assert!(verify_claims(claims_with("client_id", json!("app-2"))).is_ok());
    let any = TokenPolicy { client_ids: None, ..policy() };
    let now = Timestamp::from_second(NOW).unwrap();
    let other = sign(&KEY, claims_with("client_id", json!("app-3")));
    assert_eq!(verify(&other), Err(TokenError::WrongClient));
    assert!(verify_access_token(&other, &KEYS, &any, now).is_ok());
    let nobody = sign(&KEY, claims_with("client_id", Value::Null));
    for policy in [policy(), any] {
        let refused = verify_access_token(&nobody, &KEYS, &policy, now);
        assert_eq!(refused, Err(TokenError::MissingClaim("client_id")), "{policy:?}");
    }
}

#[test]
fn a_scope_is_optional_and_bounded() {
    let scope = |scope| verify_claims(claims_with("scope", scope)).map(|token| token.principal.scope);
    assert_eq!(scope(Value::Null), Ok(None));
    assert_eq!(scope(json!("openid orders:read")), Ok(Some("openid orders:read".into())));
    for bad in [json!(""), json!(["openid"]), json!("a  b"), json!("s".repeat(MAX_SCOPE_LENGTH + 1))] {
        assert_eq!(scope(bad.clone()), Err(TokenError::Malformed("scope")), "{bad}");
    }
}

#[test]
fn a_subject_is_required_and_bounded() {
    assert_eq!(verify_claims(claims_with("sub", Value::Null)), Err(TokenError::MissingClaim("sub")));
    assert!(verify_claims(claims_with("sub", json!("s".repeat(MAX_CLAIM_CHARS)))).is_ok());
    for subject in [json!(""), json!("s".repeat(MAX_CLAIM_CHARS + 1)), json!("a\u{0}b")] {
        assert_eq!(verify_claims(claims_with("sub", subject.clone())), Err(TokenError::Malformed("sub")), "{subject}");
    }
}

#[test]
fn groups_of_another_type_are_refused() {
    for groups in [json!("admin"), json!([1]), json!({"admin": true})] {
        let refused = Err(TokenError::Malformed("cognito:groups"));
        assert_eq!(verify_claims(claims_with("cognito:groups", groups.clone())), refused, "{groups}");
    }
}

#[test]
fn a_clock_before_1970_accepts_nothing() {
    let token = sign(&KEY, claims());
    let refused = verify_access_token(&token, &KEYS, &policy(), Timestamp::from_second(-1).unwrap());
    assert_eq!(refused, Err(TokenError::NotYetValid));
}

mod key_sets {
    use super::*;
    use crate::jwks::{JwksError, MAX_JWKS_KEYS, MAX_JWKS_LENGTH};

    fn read(document: &Value) -> Result<Vec<String>, JwksError> {
        Jwks::from_json(document.to_string().as_bytes()).map(|keys| keys.key_ids().map(str::to_owned).collect())
    }

    fn key_with(changes: &[(&str, Value)]) -> Value {
        let mut key = jwks_json()["keys"][0].clone();
        let members = key.as_object_mut().unwrap();
        for (name, value) in changes {
            if value.is_null() {
                members.remove(*name)
            } else {
                members.insert((*name).into(), value.clone())
            };
        }
        key
    }

    #[test]
    fn a_key_needs_neither_use_nor_algorithm() {
        let bare = key_with(&[("use", Value::Null), ("alg", Value::Null), ("kid", json!("bare"))]);
        assert_eq!(read(&json!({"keys": [bare, key_with(&[])]})), Ok(vec!["bare".into(), "key-1".into()]));
    }

    #[test]
    fn keys_that_cannot_verify_are_skipped() {
        let unusable = [
            key_with(&[("kty", json!("EC"))]),
            key_with(&[("use", json!("enc"))]),
            key_with(&[("alg", json!("RS512"))]),
            key_with(&[("kty", Value::Null)]),
            key_with(&[("kty", json!(["RSA"]))]),
            key_with(&[("kid", Value::Null)]),
            key_with(&[("kid", json!(1))]),
            key_with(&[("use", json!(["sig"]))]),
            key_with(&[("n", json!(7))]),
            json!({}),
            json!(1),
            json!(null),
            json!("RSA"),
            json!([key_with(&[])]),
            key_with(&[("n", json!("AQAB"))]),
            key_with(&[("n", json!(""))]),
            key_with(&[("n", json!("+/"))]),
            key_with(&[("e", json!("Aw"))]),
            key_with(&[("e", Value::Null)]),
        ];
        for key in unusable {
            assert_eq!(read(&json!({"keys": [key]})), Err(JwksError::NoUsableKey), "{key}");
            let usable = key_with(&[("kid", json!("good"))]);
            assert_eq!(read(&json!({"keys": [key, usable]})), Ok(vec!["good".into()]), "{key}");
        }
    }

    #[test]
    fn an_ambiguous_or_oversized_set_is_refused() {
        assert_eq!(read(&json!({"keys": [key_with(&[]), key_with(&[])]})), Err(JwksError::DuplicateKeyId));
        let many: Vec<Value> =
            (0..=MAX_JWKS_KEYS).map(|index| key_with(&[("kid", json!(index.to_string()))])).collect();
        assert_eq!(read(&json!({"keys": many})), Err(JwksError::TooManyKeys));
        assert_eq!(Jwks::from_json(&vec![b' '; MAX_JWKS_LENGTH + 1]).unwrap_err(), JwksError::TooLong);
    }

    #[test]
    fn a_malformed_set_is_refused() {
        for document in [json!([]), json!({}), json!({"keys": {}}), json!({"keys": null}), json!(1)] {
            assert_eq!(read(&document), Err(JwksError::Malformed), "{document}");
        }
        assert_eq!(read(&json!({"keys": []})), Err(JwksError::NoUsableKey));
    }
}
