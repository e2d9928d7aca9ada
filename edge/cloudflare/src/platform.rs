//! The ports of `edge-core` over the Workers runtime.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, TransportError};
use edge_core::{InstanceMemory, KvError, RESPONSE_READ_LIMIT, VariableError, header_lines, parse_response_head};
use http::{Request, Response};
use jiff::Timestamp;
use wasm_bindgen::JsValue;
use worker::{Context, Delay, Env, console_log};

use crate::glue;

static MEMORY: InstanceMemory = InstanceMemory::new();

/// The Workers runtime, for one request.
#[derive(Clone)]
pub(crate) struct WorkerPlatform(pub(crate) Arc<(Env, Context)>);

impl edge_core::Platform for WorkerPlatform {
    fn memory(&self) -> &InstanceMemory {
        &MEMORY
    }
}

impl commerce_domain::Clock for WorkerPlatform {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(worker::Date::now().as_millis().cast_signed()).unwrap_or_default()
    }
}

impl commerce_domain::Entropy for WorkerPlatform {
    fn fill(&self, buffer: &mut [u8]) {
        glue::randomize(buffer);
    }
}

impl commerce_aws::Timer for WorkerPlatform {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + commerce_aws::MaybeSend {
        Delay::from(duration)
    }
}

impl HttpClient for WorkerPlatform {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let broken = |error: JsValue| TransportError::Connection(format!("{error:?}"));
        let (url, lines) = (request.uri().to_string(), header_lines(request.headers()));
        let answer = glue::send(request.method().as_str(), &url, &lines, request.body()).await.map_err(broken)?;
        let body = glue::bytes(glue::read(&answer, RESPONSE_READ_LIMIT).await.map_err(broken)?);
        let response = parse_response_head(&glue::response_head(&answer), body);
        response.ok_or_else(|| TransportError::Connection("the answer cannot be read".to_owned()))
    }
}

impl edge_core::KvStore for WorkerPlatform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        let value = glue::kv_get(&self.0.0, key).await.map_err(KvError::debug)?;
        Ok((!value.is_undefined()).then(|| glue::bytes(value)))
    }

    async fn put(&self, key: &str, value: Bytes, keep: Duration) -> Result<(), KvError> {
        glue::kv_put(&self.0.0, key, &value, keep.as_secs()).await.map_err(KvError::debug)
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        glue::kv_delete(&self.0.0, key).await.map_err(KvError::debug)
    }
}

impl edge_core::Background for WorkerPlatform {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.1.wait_until(task);
    }
}

impl edge_core::Variables for WorkerPlatform {
    /// Variables and secrets have upper-case names.
    async fn variable(&self, name: &'static str) -> Result<Option<String>, VariableError> {
        Ok(glue::variable(&self.0.0, &name.to_ascii_uppercase()))
    }
}

impl edge_core::Log for WorkerPlatform {
    fn write(&self, line: &str) {
        console_log!("{line}");
    }
}
