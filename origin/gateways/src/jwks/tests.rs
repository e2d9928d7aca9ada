use std::time::Duration;

use jiff::SignedDuration;
use test_support::{Issuer, IssuerConfig, ManualClock, TokenRequest};

use super::*;
use crate::ReqwestClient;

struct Bench {
    issuer: Issuer,
    clock: ManualClock,
    verifier: JwksVerifier<ReqwestClient, ManualClock>,
}

async fn bench() -> Bench {
    let clock = ManualClock::new(Timestamp::from_second(1_800_000_000).unwrap());
    let config = IssuerConfig { clock: clock.shared(), ..IssuerConfig::default() };
    let issuer = Issuer::start(config).await.unwrap();
    let policy = TokenPolicy { issuer: issuer.issuer().to_owned(), client_ids: None };
    let http = ReqwestClient::new(Duration::from_secs(5)).unwrap();
    let verifier = JwksVerifier::new(http, clock.clone(), issuer.jwks_url(), policy);
    Bench { issuer, clock, verifier }
}

impl Bench {
    fn token(&self) -> String {
        self.issuer.mint(&TokenRequest::shopper("user_789", "u@example.com")).unwrap()
    }
}

#[tokio::test]
async fn a_token_is_verified_with_the_published_keys() {
    let bench = bench().await;
    assert_eq!(bench.verifier.verify(&bench.token()).await.unwrap().subject, "user_789");
    assert!(matches!(bench.verifier.verify("a.b.c").await, Err(TokenRefusal::Invalid(_))));
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_the_cooldown_is_over() {
    let bench = bench().await;
    bench.verifier.verify(&bench.token()).await.unwrap();
    bench.issuer.rotate().await.unwrap();
    let token = bench.token();
    assert!(bench.verifier.verify(&token).await.is_err(), "the keys were asked for a moment ago");
    bench.clock.advance(SignedDuration::from_secs(COOLDOWN_SECONDS));
    assert!(bench.verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn known_keys_outlive_an_issuer_that_is_down() {
    let bench = bench().await;
    let token = bench.token();
    bench.verifier.verify(&token).await.unwrap();
    bench.issuer.stop().await;
    bench.clock.advance(SignedDuration::from_secs(FRESH_SECONDS));
    assert!(bench.verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn without_any_keys_nothing_is_known_about_a_token() {
    let bench = bench().await;
    let token = bench.token();
    bench.issuer.stop().await;
    assert!(matches!(bench.verifier.verify(&token).await, Err(TokenRefusal::Unavailable(_))));
}
