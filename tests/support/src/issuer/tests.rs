use std::{collections::HashSet, os::unix::fs::PermissionsExt, time::Duration as StdDuration};

use jiff::Timestamp;
use jwt_simple::prelude::{Duration, RS256PublicKey, RSAPublicKeyLike, Token, VerificationOptions};
use serde_json::{Value, json};

use super::*;
use crate::{ManualClock, SeededEntropy, net::client_builder};

const NOW: i64 = 1_800_000_000;

fn config() -> IssuerConfig {
    let clock = ManualClock::new(Timestamp::from_second(NOW).unwrap());
    IssuerConfig { clock: clock.shared(), entropy: SeededEntropy::new(1).shared(), ..IssuerConfig::default() }
}

fn key_for(token: &str, jwks: &Value) -> Option<RS256PublicKey> {
    let kid = Token::decode_metadata(token).unwrap().key_id().unwrap().to_owned();
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str())?;
    Some(RS256PublicKey::from_jwk(&key.to_string()).unwrap())
}

fn verify(token: &str, jwks: &Value, issuer: &str) -> Option<Value> {
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([issuer.to_owned()])),
        artificial_time: Some(Duration::from_secs(NOW as u64)),
        time_tolerance: Some(Duration::from_secs(0)),
        ..VerificationOptions::default()
    };
    let claims = key_for(token, jwks)?.verify_token::<Value>(token, Some(options)).ok()?;
    Some(serde_json::to_value(claims).unwrap())
}

async fn post(url: &str, body: Value) -> (u16, Value) {
    let client = client_builder().timeout(StdDuration::from_mins(1)).build().unwrap();
    let response = client.post(url).body(body.to_string()).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

async fn get(url: &str) -> (u16, Value) {
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_token_has_the_claims_of_a_cognito_access_token_and_verifies_with_the_key_set() {
    let issuer = Issuer::start(config()).await.unwrap();
    let request = json!({"sub": "u-1", "email": "ana@example.com", "roles": ["admin"], "ttl_seconds": 120});
    let (status, answer) = post(&format!("{}/token", issuer.url()), request).await;
    assert_eq!((status, &answer["token_type"], &answer["expires_in"]), (200, &json!("Bearer"), &json!(120)));

    let (_, jwks) = get(&issuer.jwks_url()).await;
    assert_eq!(jwks["keys"][0]["use"], "sig");
    assert!(jwks["keys"][0].get("d").is_none(), "the private half must not be served");
    let token = answer["access_token"].as_str().unwrap();
    let claims = verify(token, &jwks, issuer.url()).unwrap();
    assert_eq!(claims["token_use"], "access");
    assert_eq!(claims["cognito:groups"], json!(["admin"]));
    assert_eq!((&claims["sub"], &claims["username"]), (&json!("u-1"), &json!("u-1")));
    assert_eq!(claims["client_id"], "local-shop");
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW + 120)));
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
    assert!(claims.get("aud").is_none() && claims.get("email").is_none());

    let (_, configuration) = get(&format!("{}/.well-known/openid-configuration", issuer.url())).await;
    assert_eq!(configuration["jwks_uri"], issuer.jwks_url());
    assert_eq!(configuration["userinfo_endpoint"], issuer.user_info_url());
}

#[tokio::test]
async fn the_bearer_of_a_token_is_told_who_it_is_for_and_nobody_else_is() {
    let issuer = Issuer::start(config()).await.unwrap();
    let other = Issuer::start(config()).await.unwrap();
    let ask = async |token: &str| {
        let client = client_builder().build().unwrap();
        let response = client.get(issuer.user_info_url()).bearer_auth(token).send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap())
    };
    let ana = TokenRequest::shopper("u-1", "ana@example.com");
    let token = issuer.mint(&ana).unwrap();
    let told = json!({"sub": "u-1", "username": "u-1", "email": "ana@example.com", "email_verified": "true"});
    assert_eq!(ask(&token).await, (200, told));
    issuer.rotate().await.unwrap();
    assert_eq!(ask(&token).await.0, 200, "the key of the token is still in the set");
    let bob = issuer.mint(&TokenRequest { email: None, ..TokenRequest::shopper("u-2", "") }).unwrap();
    assert_eq!(ask(&bob).await, (200, json!({"sub": "u-2", "username": "u-2"})));
    let expired = issuer.mint(&ana.clone().with_ttl(-3600)).unwrap();
    let tampered = token.replacen('.', ".e", 1);
    for refused in ["", "x", expired.as_str(), tampered.as_str(), other.mint(&ana).unwrap().as_str()] {
        assert_eq!(ask(refused).await.0, 401, "{refused}");
    }
}

#[tokio::test]
async fn forgeries_are_good_tokens_but_for_their_signature() {
    let issuer = Issuer::start(config()).await.unwrap();
    let token = issuer.mint(&TokenRequest::shopper("u-1", "a@example.com")).unwrap();
    for (forgery, algorithm, signature) in [(Forgery::Unsigned, "none", 0), (Forgery::SignedWithPublicKey, "HS256", 43)]
    {
        let forged = issuer.forge(&token, forgery).unwrap();
        let (parts, good): (Vec<_>, Vec<_>) = (forged.split('.').collect(), token.split('.').collect());
        let metadata = Token::decode_metadata(&forged).unwrap();
        assert_eq!((metadata.algorithm(), parts[2].len()), (algorithm, signature));
        assert_eq!((parts[1], metadata.key_id()), (good[1], Token::decode_metadata(&token).unwrap().key_id()));
    }
    assert_eq!(issuer.forge("x", Forgery::Unsigned), None);
}

#[tokio::test]
async fn rotation_keeps_two_earlier_keys_and_forgets_the_third() {
    let issuer = Issuer::start(config()).await.unwrap();
    let first = issuer.mint(&TokenRequest::shopper("u-1", "a@example.com")).unwrap();
    let (status, rotated) = post(&format!("{}/rotate", issuer.url()), json!({})).await;
    assert_eq!((status, &rotated["kid"]), (200, &issuer.jwks()["keys"][0]["kid"]));
    let second = issuer.mint(&TokenRequest::shopper("u-1", "a@example.com")).unwrap();
    assert_ne!(Token::decode_metadata(&first).unwrap().key_id(), Token::decode_metadata(&second).unwrap().key_id());
    issuer.rotate().await.unwrap();
    assert!(verify(&first, &issuer.jwks(), issuer.issuer()).is_some());
    issuer.rotate().await.unwrap();
    assert_eq!(issuer.jwks()["keys"].as_array().unwrap().len(), 3);
    assert!(verify(&first, &issuer.jwks(), issuer.issuer()).is_none());
    assert!(verify(&second, &issuer.jwks(), issuer.issuer()).is_some());
}

#[tokio::test]
async fn kept_keys_survive_a_restart_and_only_their_owner_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let config = || IssuerConfig {
        state_dir: Some(dir.path().join("issuer")),
        issuer: Some("https://issuer.test".to_owned()),
        ..config()
    };
    let issuer = Issuer::start(config()).await.unwrap();
    let token = issuer.mint(&TokenRequest::shopper("u-1", "a@example.com")).unwrap();
    issuer.stop().await;

    let again = Issuer::start(config()).await.unwrap();
    let (_, configuration) = get(&format!("{}/.well-known/openid-configuration", again.url())).await;
    assert_eq!(configuration["issuer"], "https://issuer.test");
    assert_eq!(configuration["jwks_uri"], again.jwks_url(), "the keys are where they are served");
    assert!(verify(&token, &again.jwks(), "https://issuer.test").is_some());
    let file = dir.path().join("issuer/issuer-keys.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::write(&file, "{").unwrap();
    let Err(error) = Issuer::start(config()).await else { panic!("damaged keys must be refused") };
    assert!(error.to_string().contains("issuer-keys.json is damaged"), "{error}");
}

#[tokio::test]
async fn a_token_may_be_asked_for_that_has_expired() {
    let issuer = Issuer::start(config()).await.unwrap();
    let request = TokenRequest::shopper("u-1", "a@example.com");
    assert!(verify(&issuer.mint(&request).unwrap(), &issuer.jwks(), issuer.url()).is_some());
    let expired = issuer.mint(&request.with_ttl(-60)).unwrap();
    assert!(verify(&expired, &issuer.jwks(), issuer.url()).is_none());
}

#[tokio::test]
async fn requests_outside_the_limits_are_refused_with_the_reason() {
    let issuer = Issuer::start(config()).await.unwrap();
    let url = format!("{}/token", issuer.url());
    for (body, reason) in [
        (json!({"sub": ""}), "sub"),
        (json!({"sub": "x".repeat(129)}), "sub"),
        (json!({"sub": "u", "email": "nobody"}), "email"),
        (json!({"sub": "u", "roles": vec!["r"; 17]}), "roles"),
        (json!({"sub": "u", "ttl_seconds": MAX_TTL_SECONDS + 1}), "ttl_seconds"),
        (json!({"sub": "u", "role": "admin"}), "unknown field"),
    ] {
        let (status, answer) = post(&url, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error_description"].as_str().unwrap().contains(reason), "{answer}");
    }
    assert_eq!(post(&url, json!({"sub": "u"})).await.0, 200);
}
