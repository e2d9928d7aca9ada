//! Who called the function, as IAM has established.

use http::Request;
use lambda_http::{RequestExt, request::RequestContext};
use origin_http::CallerArn;

/// Hands `requestContext.authorizer.iam.userArn` of a function URL on to the router (AWS Lambda developer guide, "Control access to
/// Lambda function URLs"). Whatever a client may have sent under that name is no extension and cannot stand in its place.
pub(crate) fn with_caller<B>(mut request: Request<B>) -> Request<B>
where
    Request<B>: RequestExt,
{
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() {
        let iam = context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
        let arn = iam.and_then(|iam| iam.user_arn.clone());
        if let Some(arn) = arn {
            request.extensions_mut().insert(CallerArn(arn));
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, request::from_str};

    use super::*;

    fn event(authorizer: &str) -> Request<Body> {
        let event = format!(
            r#"{{"version":"2.0","routeKey":"$default","rawPath":"/v1/products","rawQueryString":"limit=1",
            "headers":{{"host":"x.lambda-url.eu-west-1.on.aws"}},"isBase64Encoded":false,
            "requestContext":{{"accountId":"1","apiId":"x","authorizer":{authorizer},"domainName":"x.lambda-url.eu-west-1.on.aws",
            "domainPrefix":"x","http":{{"method":"GET","path":"/v1/products","protocol":"HTTP/1.1","sourceIp":"127.0.0.1"}},
            "requestId":"r","routeKey":"$default","stage":"$default","timeEpoch":1700000000000}}}}"#
        );
        from_str(&event).unwrap()
    }

    #[test]
    fn the_iam_principal_becomes_the_caller() {
        let iam = r#"{"iam":{"accessKey":"AKIA","accountId":"1","callerId":"c","userArn":"arn:aws:iam::1:user/edge","userId":"u"}}"#;
        let request = with_caller(event(iam));
        assert_eq!(request.extensions().get(), Some(&CallerArn("arn:aws:iam::1:user/edge".to_owned())));
        assert_eq!(request.uri().path_and_query().unwrap().as_str(), "/v1/products?limit=1");
    }

    #[test]
    fn without_iam_there_is_no_caller() {
        for authorizer in ["null", "{}", r#"{"iam":null}"#] {
            assert_eq!(with_caller(event(authorizer)).extensions().get::<CallerArn>(), None, "{authorizer}");
        }
    }
}
