//! The settings of a host, the same for the command line and for tests.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

/// What [`crate::Host::start`] needs to know. [`HostConfig::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The application's `spin.toml`.
    pub manifest: PathBuf,
    /// Where to listen; port 0 takes any free one. Only loopback addresses are accepted.
    pub listen: SocketAddr,
    /// Values of application variables; they win over `SPIN_VARIABLE_<NAME>`.
    pub variables: BTreeMap<String, String>,
    /// Where compiled components are kept.
    pub cache_dir: PathBuf,
    /// Loopback port of the plain HTTP access to the key-value stores; 0 takes any free one.
    pub kv_admin_port: Option<u16>,
    /// How long a request may take until its response begins.
    pub request_timeout: Duration,
    /// How long a response body and tasks that outlive the response may take once all responses have begun.
    pub background_timeout: Duration,
    /// How long an instance without work is kept. Spin's default is one second.
    pub idle_timeout: Duration,
    /// Requests that one instance serves in its life; 0 and 1 both mean a new instance for every request.
    pub reuse: usize,
    /// Requests that one instance serves at a time.
    pub concurrent: usize,
    /// Most instances at a time. A request that finds them all full waits for room, until its time limit.
    pub max_instances: u32,
    /// Most linear memory of one instance, in bytes.
    pub memory_limit_bytes: usize,
}

impl HostConfig {
    /// The defaults: any loopback port, 30 s, 128 MiB, and Spin's own instance reuse (128 requests, 16 at a time).
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            variables: BTreeMap::new(),
            cache_dir: default_cache_dir(),
            kv_admin_port: None,
            request_timeout: Duration::from_secs(30),
            background_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(1),
            reuse: 128,
            concurrent: 16,
            max_instances: 128,
            memory_limit_bytes: 128 * 1024 * 1024,
        }
    }
}

/// `spin-host-cache` in Cargo's target folder: `CARGO_TARGET_DIR`, or `target` beside the nearest `Cargo.lock` above the
/// current folder (tests run in their package's folder), or `target` right here.
pub fn default_cache_dir() -> PathBuf {
    let workspace_target = || {
        let here = std::env::current_dir().ok()?;
        here.ancestors().find(|folder| folder.join("Cargo.lock").exists()).map(|folder| folder.join("target"))
    };
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).or_else(workspace_target);
    target.unwrap_or_else(|| PathBuf::from("target")).join("spin-host-cache")
}

#[cfg(test)]
mod tests {
    use super::default_cache_dir;

    #[test]
    fn the_default_cache_is_not_in_the_package_folder() {
        assert!(!default_cache_dir().starts_with(env!("CARGO_MANIFEST_DIR")), "{:?}", default_cache_dir());
        assert!(default_cache_dir().ends_with("spin-host-cache"));
    }
}
