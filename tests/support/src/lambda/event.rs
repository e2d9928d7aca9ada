//! Events of a function URL: payload format 2.0 (AWS Lambda developer guide, "Invoking Lambda function URLs").

use axum::body::Body;
use base64ct::{Base64, Encoding};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The event of an HTTP request that IAM let through as `user_arn`.
pub(super) fn of_request(parts: &Parts, body: &[u8], user_arn: &str, now: Timestamp) -> Value {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = parts.uri.path();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "authentication": null,
            "authorizer": {"iam": {
                "accessKey": "AKIALOCAL", "accountId": "000000000000", "callerId": "local", "cognitoIdentity": null,
                "principalOrgId": null, "userArn": user_arn, "userId": "local",
            }},
            "domainName": host,
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                "userAgent": "local",
            },
            "requestId": "local",
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    if !body.is_empty() {
        // Lambda sends as text what it takes for text.
        let text = std::str::from_utf8(body);
        event["isBase64Encoded"] = json!(text.is_err());
        event["body"] = json!(text.map_or_else(|_| Base64::encode_string(body), str::to_owned));
    }
    event
}

/// By name, in lower case; what came several times, joined by commas.
fn headers(all: &HeaderMap) -> Value {
    let joined = all.keys().map(|name| {
        let values: Vec<_> = all.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        (name.as_str().to_owned(), json!(values.join(",")))
    });
    Value::Object(joined.collect::<Map<_, _>>())
}

/// The HTTP response that a function's answer stands for; a 502 where it is none, as the URL gives it.
pub(super) fn to_response(answer: &Value) -> Response<Body> {
    parse(answer).unwrap_or_else(|| {
        let mut response = Response::new(Body::from("Internal Server Error"));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    })
}

fn parse(answer: &Value) -> Option<Response<Body>> {
    let status = u16::try_from(answer["statusCode"].as_u64()?).ok()?;
    let body = answer["body"].as_str().unwrap_or_default();
    let body =
        if answer["isBase64Encoded"] == true { Base64::decode_vec(body).ok()? } else { body.as_bytes().to_vec() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        // The length is that of the body above.
        if name != header::CONTENT_LENGTH {
            response.headers_mut().append(name, HeaderValue::from_str(value.as_str()?).ok()?);
        }
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn event(body: &[u8]) -> Value {
        let request = Request::post("/v1/orders?a=1&a=2").header("x-a", "1").header("x-a", "2").body(()).unwrap();
        of_request(&request.into_parts().0, body, "arn", Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_request_is_spelled_as_the_guide_says() {
        let event = event(b"{}");
        assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/v1/orders"), &json!("a=1&a=2")));
        assert_eq!((&event["headers"]["x-a"], &event["body"]), (&json!("1,2"), &json!("{}")));
        assert_eq!(event["requestContext"]["time"], "01/Jan/1970:00:00:00 +0000");
        assert_eq!(event["requestContext"]["authorizer"]["iam"]["userArn"], "arn");
    }

    #[test]
    fn bytes_that_are_no_text_go_as_base64() {
        let event = event(&[0xff, 0]);
        assert_eq!((&event["isBase64Encoded"], &event["body"]), (&json!(true), &json!("/wA=")));
    }

    #[test]
    fn an_answer_that_is_none_is_a_502() {
        for broken in [json!({}), json!({"statusCode": 99}), json!({"statusCode": 200, "headers": {"a b": "c"}})] {
            assert_eq!(to_response(&broken).status(), 502, "{broken}");
        }
        let answer = json!({"statusCode": 201, "headers": {"etag": "\"a\""}, "body": "/wA=", "isBase64Encoded": true});
        let response = to_response(&answer);
        assert_eq!(
            (response.status(), &response.headers()["etag"]),
            (StatusCode::CREATED, &HeaderValue::from_static("\"a\""))
        );
    }
}
