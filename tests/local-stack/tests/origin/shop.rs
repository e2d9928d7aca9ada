//! One stack for all tests of this program, and calls of it.

use std::{
    sync::{OnceLock, mpsc},
    thread,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use local_stack::{LocalStack, Options, OriginClient, RunningStack};
use serde_json::Value;

/// The stack. It lives on a thread of its own, since each test's runtime ends with the test.
pub(crate) fn stack() -> &'static RunningStack {
    static STACK: OnceLock<RunningStack> = OnceLock::new();
    STACK.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let stack =
                runtime.block_on(LocalStack::start(Options { products: 60, ..Options::for_tests(folder.path()) }));
            sender.send(stack).unwrap();
            runtime.block_on(std::future::pending::<()>());
        });
        receiver.recv().unwrap().unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A call of the origin.
pub(crate) struct Call {
    request: http::request::Builder,
    body: Bytes,
    token: Option<String>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) response: Response<Bytes>,
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl AsRef<str>) -> Self {
        let request = Request::builder().method(method).uri(path.as_ref());
        Self { request, body: Bytes::new(), token: None }
    }

    pub(crate) fn get(path: impl AsRef<str>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw(body.to_string())
    }

    pub(crate) fn raw(self, body: impl Into<Bytes>) -> Self {
        let request = self.request.header("content-type", "application/json");
        Self { request, body: body.into(), token: self.token }
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub(crate) fn admin(self) -> Self {
        Self { token: Some(stack().ready().admin_token.clone()), ..self }
    }

    pub(crate) fn shopper(self) -> Self {
        Self { token: Some(stack().ready().shopper_token.clone()), ..self }
    }

    pub(crate) async fn send(self) -> Answer {
        let client = OriginClient::new(stack()).unwrap();
        let response = client.send(self.request.body(self.body).unwrap(), self.token.as_deref()).await;
        let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        Answer { status: response.status().as_u16(), response, body }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem body.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The fields that a problem body names.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let details = self.body["error"]["details"].as_array();
        details.into_iter().flatten().filter_map(|detail| detail["field"].as_str()).collect()
    }
}
