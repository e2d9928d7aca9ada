use http::{HeaderName, Request};

use super::*;
use crate::{Credentials, RetryPolicy, scripted::Scripted};

fn respond(status: u16, etag: Option<&str>, body: &'static str) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    if let Some(etag) = etag {
        response = response.header(header::ETAG, etag);
    }
    response.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn bucket<'a>(env: &'a Scripted, endpoint: Option<&str>) -> S3<&'a Scripted> {
    let endpoint = endpoint.map(|endpoint| endpoint.parse().unwrap());
    let client = AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", endpoint);
    S3::new(client.with_retry(RetryPolicy::NONE), "shop")
}

fn sent(env: &Scripted) -> Request<Bytes> {
    env.script().requests.pop().unwrap()
}

#[tokio::test]
async fn an_object_is_read_by_its_key() {
    let env = Scripted::new([
        Ok(respond(200, Some("\"tag\""), "body")),
        Ok(respond(404, None, "<Error><Code>NoSuchKey</Code></Error>")),
    ]);
    let object = Object { body: Bytes::from_static(b"body"), etag: "\"tag\"".to_owned() };
    assert_eq!(bucket(&env, None).get_object("catalog/head").await.unwrap(), Some(object));
    let request = sent(&env);
    assert_eq!(request.uri().to_string(), "https://shop.s3.eu-central-1.amazonaws.com/catalog/head");
    assert_eq!(request.method(), Method::GET);
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.contains("/eu-central-1/s3/aws4_request"), "{authorization}");
    assert_eq!(bucket(&env, Some("http://127.0.0.1:9000/")).get_object("a").await.unwrap(), None);
    assert_eq!(sent(&env).uri().to_string(), "http://127.0.0.1:9000/shop/a");
}

#[tokio::test]
async fn a_write_may_have_a_condition_and_is_refused_by_it() {
    for (condition, header, refusal) in [
        (WriteCondition::Absent, Some((header::IF_NONE_MATCH, "*")), 412),
        (WriteCondition::Unchanged("\"tag\""), Some((header::IF_MATCH, "\"tag\"")), 412),
        (WriteCondition::Unchanged("\"tag\""), Some((header::IF_MATCH, "\"tag\"")), 404),
        (WriteCondition::Absent, Some((header::IF_NONE_MATCH, "*")), 409),
        (WriteCondition::Always, None, 0),
    ] {
        let env = Scripted::new([Ok(respond(200, None, "")), Ok(respond(refusal.max(400), None, ""))]);
        let put = async || bucket(&env, None).put_object("a", "application/json", Bytes::new(), condition).await;
        assert_eq!(put().await.unwrap(), Written::Done);
        let request = sent(&env);
        let conditions: Vec<(&HeaderName, &str)> = request
            .headers()
            .iter()
            .filter(|(name, _)| [header::IF_MATCH, header::IF_NONE_MATCH].contains(name))
            .map(|(name, value)| (name, value.to_str().unwrap()))
            .collect();
        assert_eq!(conditions, header.iter().map(|(name, value)| (name, *value)).collect::<Vec<_>>());
        match put().await {
            Ok(written) => assert_eq!((written, condition == WriteCondition::Always), (Written::Refused, false)),
            Err(error) => assert_eq!(condition, WriteCondition::Always, "{error}"),
        }
    }
}

#[tokio::test]
async fn a_key_that_a_url_would_change_is_not_sent() {
    let env = Scripted::new([]);
    for key in ["", "a b", "a//b", "../a", "a/./b", "a?b", "ä", "/a", "a/", &"a".repeat(513)] {
        let refused = bucket(&env, None).get_object(key).await;
        assert!(matches!(refused, Err(AwsError::Validation { .. })), "{key}: {refused:?}");
    }
}
