//! The two runtimes, each a process of its own that ends with the test.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::Value;
use test_support::process::tied;
use tokio::process::Child;

/// How long an edge may take to answer its first request; compiling the component is part of it.
const START_DEADLINE: Duration = Duration::from_mins(2);

/// Which runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// The Spin component in the embedded host.
    SpinHost,
    /// The Worker on Miniflare.
    Workers,
}

/// A running edge.
pub struct Edge {
    /// Which runtime it is.
    pub kind: EdgeKind,
    /// Where it answers.
    pub url: String,
    /// Its process.
    pub process_id: u32,
    kv_admin_url: String,
    _process: Child,
}

impl EdgeKind {
    /// Both runtimes.
    pub const ALL: [Self; 2] = [Self::SpinHost, Self::Workers];

    /// The key-value namespace, as the runtime names it.
    fn namespace(self) -> &'static str {
        match self {
            Self::SpinHost => "default",
            Self::Workers => "CATALOG",
        }
    }

    /// What runs on it: the manifest of a Spin application, or the folder of a built Worker.
    fn artifact(self) -> PathBuf {
        repository().join(match self {
            Self::SpinHost => "spin.toml",
            Self::Workers => "edge/cloudflare/build",
        })
    }

    /// The runtime with that artifact. It ends with this process, however that ends.
    fn command(self, artifact: &Path, variables: &BTreeMap<String, String>) -> Command {
        match self {
            Self::SpinHost => {
                let mut command = tied(binary("spin-host"));
                command.arg("--manifest").arg(artifact).args(["--listen", "127.0.0.1:0"]);
                // One instance serves all requests, so that what one request leaves behind another could find.
                command.args(["--reuse", "1000000", "--max-instances", "1", "--concurrent", "64"]);
                command.envs(
                    variables.iter().map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value)),
                );
                command
            }
            Self::Workers => {
                let mut command = tied("node");
                command.arg(repository().join("tests/workers/serve.mjs")).args(["--port", "0"]);
                command.arg("--build").arg(artifact);
                let bindings: BTreeMap<String, &String> =
                    variables.iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
                command.env("WORKER_BINDINGS", serde_json::to_string(&bindings).unwrap_or_default());
                command
            }
        }
    }
}

impl Edge {
    /// Starts the shop's edge on the runtime, with those variables and an empty key-value store, and waits until it listens.
    pub async fn start(kind: EdgeKind, variables: &BTreeMap<String, String>, folder: &Path) -> Self {
        Self::start_from(kind, &kind.artifact(), variables, folder).await
    }

    /// The same with another artifact: the manifest of a Spin application, or a folder as `worker-build` leaves it.
    pub async fn start_from(
        kind: EdgeKind,
        artifact: &Path,
        variables: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("{kind:?}-{}", STARTED.fetch_add(1, Ordering::Relaxed));
        let (ready_file, log_file) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.log")));
        let log = fs::File::create(&log_file).expect("should be able to write a log");
        let mut command = kind.command(artifact, variables);
        command.arg("--ready-file").arg(&ready_file).args(["--kv-admin-port", "0"]);
        command.current_dir(repository()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        let mut process = process.unwrap_or_else(|error| panic!("{kind:?} does not start: {error}"));
        let ready = tokio::time::timeout(START_DEADLINE, wait_for(&ready_file, &mut process)).await;
        let Ok(Some(ready)) = ready else {
            panic!("{kind:?} did not start:\n{}", fs::read_to_string(&log_file).unwrap_or_default());
        };
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        let process_id = process.id().expect("should have an id: it has just answered");
        Self { kind, url: text("url"), process_id, kv_admin_url: text("kv_admin_url"), _process: process }
    }

    /// The keys in the key-value store.
    pub async fn kv_keys(&self, client: &reqwest::Client) -> Vec<String> {
        let url = format!("{}/kv/{}", self.kv_admin_url, self.kind.namespace());
        let response = client.get(url).send().await.expect("the key-value door should answer");
        let listing: Value = serde_json::from_slice(&response.bytes().await.unwrap_or_default()).unwrap_or_default();
        let keys = listing["keys"].as_array().cloned().unwrap_or_default();
        keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect()
    }

    /// The value of a key.
    pub async fn kv_get(&self, client: &reqwest::Client, key: &str) -> Option<Vec<u8>> {
        let response = client.get(self.kv_url(key)).send().await.expect("the key-value door should answer");
        if response.status().is_success() { response.bytes().await.ok().map(|bytes| bytes.to_vec()) } else { None }
    }

    /// Sets the value of a key.
    pub async fn kv_put(&self, client: &reqwest::Client, key: &str, value: Vec<u8>) {
        let response = client.put(self.kv_url(key)).body(value).send().await.expect("the key-value door should answer");
        assert!(response.status().is_success(), "the key-value door should store");
    }

    fn kv_url(&self, key: &str) -> String {
        let encoded = key.bytes().fold(String::new(), |mut encoded, byte| {
            let _ = write!(encoded, "%{byte:02X}");
            encoded
        });
        format!("{}/kv/{}/{encoded}", self.kv_admin_url, self.kind.namespace())
    }
}

async fn wait_for(ready_file: &Path, process: &mut Child) -> Option<Value> {
    loop {
        if let Ok(text) = fs::read(ready_file)
            && let Ok(ready) = serde_json::from_slice(&text)
        {
            return Some(ready);
        }
        if process.try_wait().ok()?.is_some() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Settings with which an edge listens, and finds nobody behind it.
pub fn nowhere() -> BTreeMap<String, String> {
    let nobody = "http://127.0.0.1:1";
    let settings = [
        ("origin_url", nobody),
        ("token_issuer", nobody),
        ("aws_region", "us-east-1"),
        ("aws_access_key_id", "AKIA1"),
        ("aws_secret_access_key", "s"),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository should be there")
}

/// A binary that stands beside this test's.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test should know its own path");
    let path = test.ancestors().nth(2).expect("a test should lie in target/<profile>/deps").join(name);
    assert!(path.exists(), "{} is missing: run cargo xtask build", path.display());
    path
}
