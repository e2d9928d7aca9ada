//! The ports of `edge-core` over the Workers runtime.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use edge_core::{Background, InstanceMemory, KvError, KvStore, Log, Platform, RESPONSE_READ_LIMIT, Variables};
use jiff::Timestamp;
use wasm_bindgen::prelude::*;
use worker::{Context, Delay, Env, Fetch, Headers, RequestInit, RequestRedirect, console_log};

static MEMORY: InstanceMemory = InstanceMemory::new();

/// The binding of the KV namespace.
const CATALOG: &str = "CATALOG";
/// Workers KV refuses to expire a value sooner.
const LEAST_EXPIRY_SECONDS: u64 = 60;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(buffer: &mut [u8]);
}

/// The Workers runtime, for one request.
#[derive(Clone)]
pub(crate) struct WorkerPlatform(Arc<(Env, Context)>);

impl WorkerPlatform {
    pub(crate) fn new(env: Env, context: Context) -> Self {
        Self(Arc::new((env, context)))
    }

    fn kv(&self) -> Result<worker::KvStore, KvError> {
        self.0.0.kv(CATALOG).map_err(failed)
    }
}

impl Platform for WorkerPlatform {
    fn memory(&self) -> &InstanceMemory {
        &MEMORY
    }
}

impl Clock for WorkerPlatform {
    fn now(&self) -> Timestamp {
        let millis = i64::try_from(worker::Date::now().as_millis()).unwrap_or_default();
        Timestamp::from_millisecond(millis).unwrap_or_default()
    }
}

impl Entropy for WorkerPlatform {
    fn fill(&self, buffer: &mut [u8]) {
        get_random_values(buffer);
    }
}

impl Timer for WorkerPlatform {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        Delay::from(duration)
    }
}

impl HttpClient for WorkerPlatform {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let mut init = RequestInit::new();
        init.with_method(parts.method.to_string().into()).with_headers(Headers::from(parts.headers));
        init.with_redirect(RequestRedirect::Manual);
        if !body.is_empty() {
            init.with_body(Some(worker::js_sys::Uint8Array::from(&body[..]).into()));
        }
        let refused = |error: worker::Error| TransportError::Refused(error.to_string());
        let broken = |error: worker::Error| TransportError::Connection(error.to_string());
        let request = worker::Request::new_with_init(&parts.uri.to_string(), &init).map_err(refused)?;
        let mut answer = Fetch::Request(request).send().await.map_err(broken)?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::from_u16(answer.status_code())
            .map_err(|error| TransportError::Connection(error.to_string()))?;
        *response.headers_mut() = answer.headers().into();
        if let Ok(stream) = answer.stream() {
            *response.body_mut() = crate::read(stream, RESPONSE_READ_LIMIT).await.map_err(broken)?;
        }
        Ok(response)
    }
}

impl KvStore for WorkerPlatform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        Ok(self.kv()?.get(key).bytes().await.map_err(failed)?.map(Bytes::from))
    }

    async fn put(&self, key: &str, value: Bytes, keep: Duration) -> Result<(), KvError> {
        let seconds = keep.as_secs().max(LEAST_EXPIRY_SECONDS);
        self.kv()?.put_bytes(key, &value).map_err(failed)?.expiration_ttl(seconds).execute().await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        self.kv()?.delete(key).await.map_err(failed)
    }
}

fn failed(error: impl ToString) -> KvError {
    KvError(error.to_string())
}

impl Background for WorkerPlatform {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.1.wait_until(task);
    }
}

impl Variables for WorkerPlatform {
    /// Variables and secrets have upper-case names.
    async fn variable(&self, name: &'static str) -> Option<String> {
        self.0.0.var(&name.to_ascii_uppercase()).ok().map(|value| value.to_string())
    }
}

impl Log for WorkerPlatform {
    fn write(&self, line: &str) {
        console_log!("{line}");
    }
}
