//! A client of the origin that plays the edge: it verifies the shopper's token, hands the principal over, and signs.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::headers::{PRINCIPAL, REQUEST_ID, SHOPPER_TOKEN};
use commerce_auth::{Jwks, PrincipalHeader, TokenPolicy, verify_access_token};
use commerce_aws::{Credentials, HttpClient, SigningScope, sign_request};
use commerce_domain::Clock;
use http::{Request, Response};
use local_stack::RunningStack;
use origin_gateways::{ReqwestClient, SystemClock};

/// Calls an origin as the edge does.
#[derive(Clone)]
pub(crate) struct OriginClient<'a> {
    stack: &'a RunningStack,
    http: ReqwestClient,
    credentials: Credentials,
}

impl<'a> OriginClient<'a> {
    /// A client with the edge's keys.
    pub(crate) fn new(stack: &'a RunningStack) -> Self {
        let http = ReqwestClient::new(Duration::from_secs(30)).unwrap();
        let ready = stack.ready();
        let credentials = Credentials::new(&ready.aws_access_key_id, &ready.aws_secret_access_key);
        Self { stack, http, credentials }
    }

    /// The same client with another key pair.
    pub(crate) fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials, ..self }
    }

    /// `GET` of a path and query, for the holder of `token` where one is given.
    pub(crate) async fn get(&self, target: &str, token: Option<&str>) -> Response<Bytes> {
        let ready = self.stack.ready();
        let mut request = Request::get(format!("{}{target}", ready.origin_url))
            .header(REQUEST_ID, "req_test")
            .body(Bytes::new())
            .unwrap();
        if let Some(token) = token {
            request.headers_mut().insert(PRINCIPAL, self.principal(token).parse().unwrap());
            request.headers_mut().insert(SHOPPER_TOKEN, token.parse().unwrap());
        }
        let scope = SigningScope { region: &ready.edge_variables["aws_region"], service: "lambda" };
        let signed = sign_request(request, &self.credentials, scope, SystemClock.now(), &[REQUEST_ID]).unwrap();
        self.http.send(signed).await.unwrap()
    }

    /// What the edge makes of a token.
    fn principal(&self, token: &str) -> String {
        let issuer = self.stack.issuer();
        let jwks = Jwks::from_json(issuer.jwks().to_string().as_bytes()).unwrap();
        let policy = TokenPolicy { issuer: issuer.issuer().to_owned(), client_ids: None };
        let verified = verify_access_token(token, &jwks, &policy, SystemClock.now()).unwrap();
        PrincipalHeader::encode(&verified.principal)
    }
}
