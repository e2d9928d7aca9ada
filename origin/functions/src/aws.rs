//! How AWS is called: with the function's own credentials.

use std::time::Duration;

use commerce_aws::{AwsClient, Credentials, MissingCredentials, TransportError};
use http::Uri;
use origin_gateways::{ReqwestClient, System};

use crate::ConfigError;

/// How long a call may take. One of DynamoDB or SNS ends sooner, by the client's retry policy.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Credentials, region and addresses.
#[derive(Debug)]
pub struct AwsConfig {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`: the function's own.
    pub credentials: Credentials,
    /// `AWS_REGION`
    pub region: String,
    /// `DYNAMODB_ENDPOINT`; AWS's own if absent.
    pub dynamodb_endpoint: Option<Uri>,
    /// `SNS_ENDPOINT`; AWS's own if absent.
    pub sns_endpoint: Option<Uri>,
}

impl AwsConfig {
    /// What `lookup` says, which knows no empty values.
    ///
    /// # Errors
    /// [`ConfigError`] for the first variable that is missing or of no use.
    pub(crate) fn from_lookup(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let endpoint = |name: &'static str| {
            let url = lookup(name).map(|url| url.parse());
            url.transpose().map_err(|_| ConfigError::Invalid(name))
        };
        Ok(Self {
            region: lookup("AWS_REGION").ok_or(ConfigError::Missing("AWS_REGION"))?,
            credentials: Credentials::from_vars(lookup)
                .map_err(|MissingCredentials(name)| ConfigError::Missing(name))?,
            dynamodb_endpoint: endpoint("DYNAMODB_ENDPOINT")?,
            sns_endpoint: endpoint("SNS_ENDPOINT")?,
        })
    }

    /// A client of DynamoDB over `http`.
    pub(crate) fn dynamodb(&self, http: &ReqwestClient) -> AwsClient<System> {
        self.client(http, self.dynamodb_endpoint.as_ref())
    }

    /// A client of SNS over `http`.
    pub(crate) fn sns(&self, http: &ReqwestClient) -> AwsClient<System> {
        self.client(http, self.sns_endpoint.as_ref())
    }

    fn client(&self, http: &ReqwestClient, endpoint: Option<&Uri>) -> AwsClient<System> {
        AwsClient::new(System::new(http.clone()), self.credentials.clone(), self.region.clone(), endpoint.cloned())
    }
}

/// What calls are made with.
///
/// # Errors
/// [`TransportError`] where there is no usable TLS.
pub(crate) fn http() -> Result<ReqwestClient, TransportError> {
    ReqwestClient::new(CALL_TIMEOUT)
}
