//! The signed client: one call of an AWS JSON service, repeated as far as that is safe.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use commerce_domain::{Clock, Entropy};
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    credentials::Credentials,
    error::{AwsError, from_response},
    ports::{HttpClient, MaybeSend, MaybeSync, Timer, TransportError},
    retry::{Progress, Repeat, RetryPolicy},
    sigv4::{SigningScope, sign_request},
};

/// All that the client needs from where it runs. Implemented by whatever implements the four ports.
pub trait AwsEnvironment: HttpClient + Timer + Clock + Entropy + MaybeSend + MaybeSync {}

impl<T: HttpClient + Timer + Clock + Entropy + MaybeSend + MaybeSync> AwsEnvironment for T {}

/// A service of the AWS JSON protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonService {
    /// The signing name, which is also the first label of the host: `dynamodb`.
    pub name: &'static str,
    /// The prefix of `x-amz-target`: `DynamoDB_20120810`.
    pub target_prefix: &'static str,
    /// The content type: `application/x-amz-json-1.0` or `-1.1`.
    pub content_type: &'static str,
}

/// A client of AWS for one region and one set of credentials. Cheap to make.
#[derive(Debug, Clone)]
pub struct AwsClient<E> {
    env: E,
    credentials: Credentials,
    region: String,
    endpoint: Option<Uri>,
    retry: RetryPolicy,
}

impl<E: AwsEnvironment> AwsClient<E> {
    /// A client for `region`. With an `endpoint`, every service is called there (a local stand-in), else at
    /// `https://<service>.<region>.amazonaws.com/`. Retries follow [`RetryPolicy::default`].
    pub fn new(env: E, credentials: Credentials, region: impl Into<String>, endpoint: Option<Uri>) -> Self {
        Self { env, credentials, region: region.into(), endpoint, retry: RetryPolicy::default() }
    }

    /// The same client with other limits of its retries.
    #[must_use]
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Where the client runs.
    pub const fn env(&self) -> &E {
        &self.env
    }

    /// Calls `operation` of `service`: signs `request`, sends it, and reads the answer. What failed is sent again within
    /// the client's [`RetryPolicy`] where nothing was done, or where `repeat` says that doing it twice is safe. An attempt
    /// that takes longer than the policy allows has failed.
    ///
    /// # Errors
    /// The [`AwsError`] of the last attempt.
    pub async fn call<Req, Res>(
        &self,
        service: JsonService,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<Res, AwsError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned,
    {
        self.go_on(&mut self.begin(), service, operation, request, repeat).await
    }

    /// The beginning of a call that may send several requests within one budget.
    pub(crate) fn begin(&self) -> Progress {
        Progress::begin(&self.env)
    }

    /// As [`Self::call`], as a part of a call that has begun.
    pub(crate) async fn go_on<Req, Res>(
        &self,
        progress: &mut Progress,
        service: JsonService,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<Res, AwsError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned,
    {
        let body = serde_json::to_vec(request).map_err(|error| AwsError::Validation { message: error.to_string() })?;
        let body = Bytes::from(body);
        let answer = loop {
            let limit = self.retry.attempt(progress, repeat, &self.env);
            match self.attempt(service, operation, body.clone(), limit).await {
                Ok(answer) => break answer,
                Err(error) => self.pause(progress, error, repeat).await?,
            }
        };
        serde_json::from_slice(&answer).map_err(|error| AwsError::UnreadableResponse { message: error.to_string() })
    }

    /// Waits until the next attempt may begin.
    ///
    /// # Errors
    /// `error` itself where there shall be none.
    pub(crate) async fn pause(&self, progress: &Progress, error: AwsError, repeat: Repeat) -> Result<(), AwsError> {
        let Some(pause) = self.retry.pause(&error, repeat, progress, &self.env) else { return Err(error) };
        self.env.sleep(pause).await;
        Ok(())
    }

    /// Signed anew each time: a repeated call must not carry the time of the first.
    async fn attempt(
        &self,
        service: JsonService,
        operation: &str,
        body: Bytes,
        limit: Duration,
    ) -> Result<Bytes, AwsError> {
        let request = self.request(service, operation, body)?;
        let scope = SigningScope { region: &self.region, service: service.name };
        let signed = sign_request(request, &self.credentials, scope, self.env.now(), &[])
            .map_err(|error| AwsError::Validation { message: error.to_string() })?;
        let response = before(self.env.sleep(limit), self.env.send(signed)).await.ok_or(TransportError::TimedOut)??;
        if response.status().is_success() { Ok(response.into_body()) } else { Err(from_response(&response)) }
    }

    fn request(&self, service: JsonService, operation: &str, body: Bytes) -> Result<Request<Bytes>, AwsError> {
        let invalid = |message: String| AwsError::Validation { message };
        let uri = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://{}.{}.amazonaws.com/", service.name, self.region)
                .parse()
                .map_err(|_| invalid(format!("no such region: {}", self.region)))?,
        };
        let target = HeaderValue::try_from(format!("{}.{operation}", service.target_prefix))
            .map_err(|_| invalid(format!("no such operation: {operation}")))?;
        Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, HeaderValue::from_static(service.content_type))
            .header(HeaderName::from_static("x-amz-target"), target)
            .body(body)
            .map_err(|error| invalid(error.to_string()))
    }
}

/// What `work` comes to, unless it takes longer than `end`.
async fn before<T>(end: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    let (mut end, mut work) = (pin!(end), pin!(work));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
}

#[cfg(test)]
mod tests;
