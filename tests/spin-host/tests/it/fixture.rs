//! Builds the component once, writes manifests for it, and speaks HTTP to the host.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use spin_host::{Host, HostConfig, RunningHost};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;

/// The component file.
pub(crate) fn component() -> &'static Path {
    static COMPONENT: OnceLock<PathBuf> = OnceLock::new();
    COMPONENT.get_or_init(|| std::env::var_os("HELLO_COMPONENT_WASM").map_or_else(build_component, PathBuf::from))
}

fn build_component() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "hello-component", "--target", "wasm32-wasip2", "--release"])
        .current_dir(&root)
        .status()
        .unwrap();
    assert!(built.success(), "the hello component should build: is the target wasm32-wasip2 installed?");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    root.join(target).join("wasm32-wasip2/release/hello_component.wasm")
}

/// A folder with a manifest for the component, and settings that start quickly.
pub(crate) struct Application {
    pub(crate) folder: TempDir,
}

impl Application {
    /// `grants` goes into `[component.hello]`, before its tables.
    pub(crate) fn new(grants: &str) -> Self {
        Self::with_source(component(), grants)
    }

    pub(crate) fn with_source(source: &Path, grants: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            "spin_manifest_version = 2\n\
             application = {{ name = \"hello\" }}\n\
             variables.greeting = {{ default = \"hello\" }}\n\
             variables.peer = {{ default = \"\" }}\n\
             trigger.http = [{{ route = \"/...\", component = \"hello\" }}]\n\
             [component.hello]\n\
             source = '{}'\n\
             {grants}\n\
             [component.hello.variables]\n\
             greeting = \"{{{{ greeting }}}}, world\"\n",
            source.display()
        );
        std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        Self { folder }
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.folder.path().join("spin.toml")
    }

    /// Settings with the compiled component shared between all tests of a run and of the next.
    pub(crate) fn config(&self) -> HostConfig {
        let cache_dir = component().with_file_name("spin-host-test-cache");
        HostConfig { cache_dir, request_timeout: Duration::from_secs(20), ..HostConfig::new(self.manifest()) }
    }

    pub(crate) async fn start(&self) -> RunningHost {
        Host::start(self.config()).await.unwrap()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The `type` of the host's own problem body.
    pub(crate) fn problem_type(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        problem["type"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn get(host: &RunningHost, path: &str) -> Answer {
    send(Request::get(format!("{}{path}", host.url())), Bytes::new()).await
}

pub(crate) async fn call(method: Method, url: &str, body: impl Into<Bytes>) -> Answer {
    send(Request::builder().method(method).uri(url), body.into()).await
}

pub(crate) async fn send(request: http::request::Builder, body: Bytes) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let exchange = async {
        let response = client.request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    };
    tokio::time::timeout(Duration::from_secs(30), exchange).await.expect("an answer should come within 30 s")
}
