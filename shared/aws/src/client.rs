//! The signed client: one call of an AWS JSON service, repeated as far as that is safe.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use commerce_domain::{Clock, Entropy};
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    credentials::Credentials,
    error::{AwsError, from_response},
    ports::{HttpClient, MaybeSend, MaybeSync, Timer, TransportError},
    retry::{Progress, Repeat, RetryPolicy},
    sigv4::{SigningScope, sign_request},
};

const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");

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

/// A service of the AWS Query protocol: the operation and its parameters stand in a form, the answer is XML.
#[cfg(feature = "messaging")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryService {
    /// The signing name, which is also the first label of the host: `sns`.
    pub name: &'static str,
    /// The version of the API: `2010-03-31`.
    pub version: &'static str,
}

/// What is sent, in whichever protocol.
pub(crate) struct Payload<'a> {
    pub(crate) service: &'static str,
    pub(crate) method: Method,
    /// What it is about, where the URL says it.
    pub(crate) object: Option<ObjectPlace<'a>>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// Where an object lies in S3.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObjectPlace<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
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
        let answer = self.send(&self.retry, progress, &json_payload(service, operation, request)?, repeat).await?;
        read_json(answer.body())
    }

    /// As [`Self::call`], for a call that the server answers only after `wait`: each attempt may take that much longer.
    #[cfg(feature = "messaging")]
    pub(crate) async fn call_waiting<Req, Res>(
        &self,
        wait: Duration,
        service: JsonService,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<Res, AwsError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned,
    {
        let payload = json_payload(service, operation, request)?;
        let answer = self.send(&self.retry.waiting(wait), &mut self.begin(), &payload, repeat).await?;
        read_json(answer.body())
    }

    /// As [`Self::call`], where nothing of the answer is used: it may have no body.
    #[cfg(feature = "messaging")]
    pub(crate) async fn tell<Req: Serialize + ?Sized>(
        &self,
        service: JsonService,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<(), AwsError> {
        let payload = json_payload(service, operation, request)?;
        self.send(&self.retry, &mut self.begin(), &payload, repeat).await.map(drop)
    }

    /// Calls `operation` of a service of the Query protocol with these parameters, like [`Self::call`]. The XML of the
    /// answer.
    ///
    /// # Errors
    /// The [`AwsError`] of the last attempt.
    #[cfg(feature = "messaging")]
    pub async fn call_query(
        &self,
        service: QueryService,
        operation: &str,
        parameters: &[(String, String)],
        repeat: Repeat,
    ) -> Result<Bytes, AwsError> {
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        let payload = Payload {
            service: service.name,
            method: Method::POST,
            object: None,
            headers: vec![(header::CONTENT_TYPE, content_type)],
            body: crate::query::form(operation, service.version, parameters).into(),
        };
        self.send(&self.retry, &mut self.begin(), &payload, repeat).await.map(Response::into_body)
    }

    /// Calls a service whose operations are methods on objects, like [`Self::call`]. The answer, which is a success.
    #[cfg(feature = "objects")]
    pub(crate) async fn call_object(&self, payload: &Payload<'_>, repeat: Repeat) -> Result<Response<Bytes>, AwsError> {
        self.send(&self.retry, &mut self.begin(), payload, repeat).await
    }

    /// Sends it as often as it makes sense. The successful response.
    async fn send(
        &self,
        policy: &RetryPolicy,
        progress: &mut Progress,
        payload: &Payload<'_>,
        repeat: Repeat,
    ) -> Result<Response<Bytes>, AwsError> {
        loop {
            let limit = policy.attempt(progress, repeat, &self.env);
            match self.attempt(payload, limit).await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.pause_within(policy, progress, error, repeat).await?,
            }
        }
    }

    /// Waits until the next attempt may begin.
    ///
    /// # Errors
    /// `error` itself where there shall be none.
    pub(crate) async fn pause(&self, progress: &Progress, error: AwsError, repeat: Repeat) -> Result<(), AwsError> {
        self.pause_within(&self.retry, progress, error, repeat).await
    }

    async fn pause_within(
        &self,
        policy: &RetryPolicy,
        progress: &Progress,
        error: AwsError,
        repeat: Repeat,
    ) -> Result<(), AwsError> {
        let Some(pause) = policy.pause(&error, repeat, progress, &self.env) else { return Err(error) };
        self.env.sleep(pause).await;
        Ok(())
    }

    /// Signed anew each time: a repeated call must not carry the time of the first.
    async fn attempt(&self, payload: &Payload<'_>, limit: Duration) -> Result<Response<Bytes>, AwsError> {
        let request = self.request(payload)?;
        let scope = SigningScope { region: &self.region, service: payload.service };
        let signed = sign_request(request, &self.credentials, scope, self.env.now(), &[])
            .map_err(|error| AwsError::Validation { message: error.to_string() })?;
        let response = before(self.env.sleep(limit), self.env.send(signed)).await.ok_or(TransportError::TimedOut)??;
        if response.status().is_success() { Ok(response) } else { Err(from_response(&response)) }
    }

    fn request(&self, payload: &Payload<'_>) -> Result<Request<Bytes>, AwsError> {
        let mut request = Request::builder().method(payload.method.clone()).uri(self.uri(payload)?);
        for (name, value) in &payload.headers {
            request = request.header(name, value);
        }
        request.body(payload.body.clone()).map_err(invalid)
    }

    /// Objects are named by path at an endpoint, and by host at AWS (S3 user guide, "Virtual hosting of general purpose buckets").
    fn uri(&self, payload: &Payload<'_>) -> Result<Uri, AwsError> {
        let Self { endpoint, region, .. } = self;
        let uri = match (endpoint, payload.object) {
            (Some(endpoint), None) => return Ok(endpoint.clone()),
            (Some(endpoint), Some(ObjectPlace { bucket, key })) => format!("{endpoint}{bucket}/{key}"),
            (None, None) => format!("https://{}.{region}.amazonaws.com/", payload.service),
            (None, Some(ObjectPlace { bucket, key })) => {
                format!("https://{bucket}.{}.{region}.amazonaws.com/{key}", payload.service)
            }
        };
        uri.parse().map_err(|_| invalid(format!("no such region: {region}")))
    }
}

fn json_payload<Req: Serialize + ?Sized>(
    service: JsonService,
    operation: &str,
    request: &Req,
) -> Result<Payload<'static>, AwsError> {
    let target = HeaderValue::try_from(format!("{}.{operation}", service.target_prefix))
        .map_err(|_| invalid(format!("no such operation: {operation}")))?;
    let content_type = HeaderValue::from_static(service.content_type);
    Ok(Payload {
        service: service.name,
        method: Method::POST,
        object: None,
        headers: vec![(header::CONTENT_TYPE, content_type), (X_AMZ_TARGET, target)],
        body: serde_json::to_vec(request).map_err(invalid)?.into(),
    })
}

fn read_json<Res: DeserializeOwned>(answer: &[u8]) -> Result<Res, AwsError> {
    serde_json::from_slice(answer).map_err(|error| AwsError::UnreadableResponse { message: error.to_string() })
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn invalid(cause: impl ToString) -> AwsError {
    AwsError::Validation { message: cause.to_string() }
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
