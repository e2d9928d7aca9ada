//! A client of the origin that plays the edge: it verifies the shopper's token, hands the principal over, and signs.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::headers::{PRINCIPAL, REQUEST_ID, SHOPPER_TOKEN};
use commerce_auth::{Jwks, PrincipalHeader, TokenPolicy, verify_access_token};
use commerce_aws::{Credentials, HttpClient, SigningScope, sign_request};
use commerce_domain::Clock;
use http::{Request, Response, header};
use origin_gateways::{ReqwestClient, SystemClock};
use serde_json::Value;

use crate::{RunningStack, StackError, backend::REGION};

/// Calls an origin as the edge does. For tests and load generators.
#[derive(Debug, Clone)]
pub struct OriginClient {
    http: ReqwestClient,
    origin_url: String,
    credentials: Credentials,
    issuer: String,
    jwks: Value,
}

impl OriginClient {
    /// A client with the edge's keys.
    ///
    /// # Errors
    /// [`StackError::Part`] if the machine has no usable TLS.
    pub fn new(stack: &RunningStack) -> Result<Self, StackError> {
        let ready = stack.ready();
        Ok(Self {
            http: ReqwestClient::new(Duration::from_secs(30)).map_err(StackError::part("HTTP client"))?,
            origin_url: ready.origin_url.clone(),
            credentials: Credentials::new(&ready.aws_access_key_id, &ready.aws_secret_access_key),
            issuer: stack.issuer().issuer().to_owned(),
            jwks: stack.issuer().jwks(),
        })
    }

    /// The same client with another key pair.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials, ..self }
    }

    /// Signs and sends a request whose URI is a path and query, for the holder of `token` where one is given.
    ///
    /// # Panics
    /// Where the origin gives no answer, or the request cannot be signed: a test has nothing to do then.
    pub async fn send(&self, request: Request<Bytes>, token: Option<&str>) -> Response<Bytes> {
        let (mut parts, body) = request.into_parts();
        let uri = format!("{}{}", self.origin_url, parts.uri);
        parts.uri = uri.parse().expect("should be a URI: the path is one");
        let headers = &mut parts.headers;
        headers.entry(REQUEST_ID).or_insert(header::HeaderValue::from_static("req_test"));
        if let Some(token) = token {
            let principal = self.principal(token);
            headers.entry(PRINCIPAL).or_insert(principal.parse().expect("should be a header: it is base64"));
            headers.entry(SHOPPER_TOKEN).or_insert(token.parse().expect("should be a header: it is a JWT"));
        }
        let scope = SigningScope { region: REGION, service: "lambda" };
        let request = Request::from_parts(parts, body);
        let signed = sign_request(request, &self.credentials, scope, SystemClock.now(), &[REQUEST_ID]);
        let answer = self.http.send(signed.expect("should sign: the headers are ASCII")).await;
        answer.unwrap_or_else(|error| unreachable!("the origin should answer: {error}"))
    }

    /// What the edge makes of a token; what does not verify is handed over as nobody in particular.
    fn principal(&self, token: &str) -> String {
        let jwks = Jwks::from_json(self.jwks.to_string().as_bytes()).expect("should be keys: the issuer serves them");
        let policy = TokenPolicy { issuer: self.issuer.clone(), client_ids: None };
        match verify_access_token(token, &jwks, &policy, SystemClock.now()) {
            Ok(verified) => PrincipalHeader::encode(&verified.principal),
            Err(_) => "e30".to_owned(),
        }
    }
}
