use super::*;

const BODY: &[u8] = br#"{"a":1}"#;
// printf '%s' '12345.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
const SIGNED: &str = "6891b7a66b05b0e53771b0ad1be66a73fc29b6b3c4b4961ddb1efa062c8c05e9";

fn verified(header: Option<&str>, body: &[u8], secrets: &[&str], now: i64) -> Result<(), WebhookRefusal> {
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    verify(Webhook { body, signature: header }, &secrets, Timestamp::from_second(now).unwrap())
}

fn at(header: &str, now: i64) -> Result<(), WebhookRefusal> {
    verified(Some(header), BODY, &["whsec_test"], now)
}

#[test]
fn the_signature_is_the_one_of_stripes_scheme() {
    assert_eq!(at(&format!("t=12345,v1={SIGNED}"), 12_345), Ok(()));
    assert_eq!(
        verified(Some(&format!("t=12345,v1={SIGNED}")), b"{\"a\": 1}", &["whsec_test"], 12_345),
        Err(WebhookRefusal::Mismatch)
    );
    assert_eq!(
        at(&format!("t=12346,v1={SIGNED}"), 12_345),
        Err(WebhookRefusal::Mismatch),
        "the time is signed as well"
    );
}

#[test]
fn any_secret_and_any_signature_of_the_header_may_match() {
    let header = format!("t=12345,v0=abc, v1={},v1={SIGNED}", "0".repeat(64));
    assert_eq!(verified(Some(&header), BODY, &["whsec_new", "whsec_test"], 12_345), Ok(()));
    assert_eq!(verified(Some(&header), BODY, &["whsec_new"], 12_345), Err(WebhookRefusal::Mismatch));
}

#[test]
fn the_time_may_differ_by_five_minutes_either_way() {
    let header = format!("t=12345,v1={SIGNED}");
    for (now, expected) in [
        (12_345 + 300, Ok(())),
        (12_345 - 300, Ok(())),
        (12_345 + 301, Err(WebhookRefusal::OutOfTime)),
        (12_345 - 301, Err(WebhookRefusal::OutOfTime)),
    ] {
        assert_eq!(at(&header, now), expected, "{now}");
    }
}

#[test]
fn what_is_no_signature_is_told_apart_from_a_wrong_one() {
    assert_eq!(verified(None, BODY, &["whsec_test"], 0), Err(WebhookRefusal::Missing));
    assert_eq!(verified(Some("t=1,v1=a"), BODY, &[], 0), Err(WebhookRefusal::NotTaken));
    for header in ["", "t=12345", "v1=abc", "t", "t=1,t=1,v1=abc", "t=12345,v0=abc"] {
        assert_eq!(at(header, 12_345), Err(WebhookRefusal::Malformed), "{header}");
    }
    for v1 in ["", "é", &SIGNED[..63], &SIGNED.to_uppercase()] {
        assert_eq!(at(&format!("t=12345,v1={v1}"), 12_345), Err(WebhookRefusal::Mismatch), "{v1}");
    }
    let (secret, time) = (Secret::new("whsec_test"), "99999999999999999999");
    let header = format!("t={time},v1={}", sign(&secret, time, BODY));
    assert_eq!(at(&header, 12_345), Err(WebhookRefusal::Malformed), "signed, and no time");
}
