//! The ports of `edge-core` over Spin's interfaces.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use edge_core::{InstanceMemory, KvError, RESPONSE_READ_LIMIT, VariableError};
use http::{Request, Response};
use jiff::Timestamp;
use spin_sdk::{http::FullBody, key_value::Store, variables, wasip3::http::types::ErrorCode};

static MEMORY: InstanceMemory = InstanceMemory::new();

/// Spin. Everything is reached through imports, so there is nothing to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpinPlatform;

impl edge_core::Platform for SpinPlatform {
    fn memory(&self) -> &InstanceMemory {
        &MEMORY
    }
}

impl Clock for SpinPlatform {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        std::time::SystemTime::now().try_into().unwrap_or_default()
    }
}

impl Entropy for SpinPlatform {
    #[expect(clippy::disallowed_methods, reason = "this is the entropy")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("should draw: WASI's randomness cannot fail");
    }
}

impl Timer for SpinPlatform {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        spin_sdk::time::sleep(duration)
    }
}

impl HttpClient for SpinPlatform {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let answer = spin_sdk::http::send(request.map(FullBody::new)).await.map_err(|error| transport(&error))?;
        let (parts, body) = answer.into_parts();
        let body = crate::read(body, RESPONSE_READ_LIMIT).await.map_err(|error| transport(&error))?;
        Ok(Response::from_parts(parts, body))
    }
}

fn transport(error: &ErrorCode) -> TransportError {
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestMethodInvalid => {
            TransportError::Refused(error.to_string())
        }
        ErrorCode::ConnectionTimeout | ErrorCode::HttpResponseTimeout | ErrorCode::DnsTimeout => {
            TransportError::TimedOut
        }
        _ => TransportError::Connection(error.to_string()),
    }
}

impl edge_core::KvStore for SpinPlatform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        let value = open().await?.get(key).await.map_err(KvError::of)?;
        Ok(value.map(Bytes::from))
    }

    /// Spin's key-value stores know no expiry: what is no longer wanted is overwritten or stays.
    async fn put(&self, key: &str, value: Bytes, _keep: Duration) -> Result<(), KvError> {
        open().await?.set(key, value).await.map_err(KvError::of)
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        open().await?.delete(key).await.map_err(KvError::of)
    }
}

async fn open() -> Result<Store, KvError> {
    Store::open_default().await.map_err(KvError::of)
}

impl edge_core::Background for SpinPlatform {
    /// The component model's async tasks go on after the response has been returned; so does the body of every response.
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        spin_sdk::wasip3::wit_bindgen::spawn(task);
    }
}

impl edge_core::Variables for SpinPlatform {
    async fn variable(&self, name: &'static str) -> Result<Option<String>, VariableError> {
        match variables::get(name).await {
            Ok(value) => Ok(Some(value)),
            Err(variables::Error::Undefined(_)) => Ok(None),
            Err(error) => Err(VariableError(error.to_string())),
        }
    }
}

impl edge_core::Log for SpinPlatform {
    #[expect(clippy::print_stderr, reason = "Spin collects what a component writes to stderr")]
    fn write(&self, line: &str) {
        eprintln!("{line}");
    }
}
