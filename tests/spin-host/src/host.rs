//! Starting and stopping a host.

use crate::{
    HostConfig, HostError, KeyValueStores, admin,
    allow_list::AllowList,
    engine::Compiled,
    guest::Grants,
    manifest::Manifest,
    outbound::Outbound,
    server::Server,
    variables::Variables,
    worker::{Limits, Workers},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The way to a [`RunningHost`].
#[derive(Debug)]
pub struct Host;

impl Host {
    /// Reads the manifest, resolves variables, compiles the component (or takes it from the cache) and listens. Runs on the
    /// caller's tokio runtime; a multi-threaded one keeps a busy guest from delaying the caller.
    ///
    /// # Errors
    /// A [`HostError`], which reads as one line. Nothing is left running then.
    pub async fn start(config: HostConfig) -> Result<RunningHost, HostError> {
        let manifest = Manifest::read(&config.manifest)?;
        let grants = Arc::new(grants(&manifest, &config)?);
        let key_value = grants.key_value.clone();
        let listener = listen(config.listen).await?;
        let address = listener.local_addr().map_err(|error| listen_error(config.listen, &error))?;
        let admin_listener = match config.kv_admin_port {
            Some(port) => Some(listen(SocketAddr::from(([127, 0, 0, 1], port))).await?),
            None => None,
        };
        let compiled = compile(&manifest, &config).await?;
        let component_from_cache = compiled.from_cache;
        let (stop, stopped) = watch::channel(());
        let workers = Workers {
            engine: compiled.engine,
            proxy: compiled.proxy,
            grants,
            limits: Limits::from(&config),
            stopped: stopped.clone(),
            _ticker: compiled.ticker,
        };

        let instances = usize::try_from(config.max_instances).unwrap_or(usize::MAX);
        let capacity = instances.saturating_mul(config.concurrent.max(1));
        let server = Arc::new(Server::new(workers, capacity, config.request_timeout, address));
        let mut tasks = vec![tokio::spawn(server.run(listener, stopped.clone()))];
        let kv_admin_address = admin_listener.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = admin_listener {
            tasks.push(tokio::spawn(admin::run(listener, key_value.clone(), stopped)));
        }
        tracing::info!(component = manifest.component_id, cached = component_from_cache, "listening on {address}");
        Ok(RunningHost { address, kv_admin_address, component_from_cache, key_value, stop, tasks })
    }
}

/// A host that serves until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningHost {
    address: SocketAddr,
    kv_admin_address: Option<SocketAddr>,
    component_from_cache: bool,
    key_value: KeyValueStores,
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl RunningHost {
    /// The base URL, without a slash at its end: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that the host listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the key-value admin, when [`HostConfig::kv_admin_port`] asked for it.
    pub fn kv_admin_url(&self) -> Option<String> {
        self.kv_admin_address.map(|address| format!("http://{address}"))
    }

    /// The component's key-value stores: tests fill, expire and clear entries through it.
    pub fn key_value(&self) -> &KeyValueStores {
        &self.key_value
    }

    /// Whether the component's machine code came from the disk cache.
    pub fn component_from_cache(&self) -> bool {
        self.component_from_cache
    }

    /// Stops listening, lets requests in flight end for up to two seconds, and returns.
    pub async fn stop(mut self) {
        self.stop.send_replace(());
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has logged why, and there is nothing left of it to stop.
            _ = task.await;
        }
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn grants(manifest: &Manifest, config: &HostConfig) -> Result<Grants, HostError> {
    let refused = |reason: String| HostError::Manifest { path: manifest.path.clone(), reason };
    let environment = |name: &str| std::env::var(name).ok();
    let application = Variables::resolve(&manifest.variables, &config.variables, environment)?;
    let hosts = manifest.allowed_outbound_hosts.iter().map(|entry| application.render(entry));
    let hosts = hosts.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let allowed = AllowList::parse(&hosts).map_err(|reason| refused(format!("allowed_outbound_hosts: {reason}")))?;
    Ok(Grants {
        environment: manifest.environment.clone(),
        variables: application.for_component(&manifest.component_variables)?,
        key_value_labels: manifest.key_value_stores.clone(),
        key_value: KeyValueStores::new(&manifest.key_value_stores),
        outbound: Outbound::new(allowed).map_err(|error| HostError::Engine(error.to_string()))?,
        memory_limit_bytes: config.memory_limit_bytes,
    })
}

async fn compile(manifest: &Manifest, config: &HostConfig) -> Result<Compiled, HostError> {
    let (source, config) = (manifest.source.clone(), config.clone());
    let compiled = tokio::task::spawn_blocking(move || Compiled::load(&source, &config)).await;
    compiled.map_err(|error| HostError::Engine(error.to_string()))?
}

async fn listen(address: SocketAddr) -> Result<TcpListener, HostError> {
    if !address.ip().is_loopback() {
        let reason = "this host serves loopback addresses only".to_owned();
        return Err(HostError::Listen { address: address.to_string(), reason });
    }
    TcpListener::bind(address).await.map_err(|error| listen_error(address, &error))
}

fn listen_error(address: SocketAddr, error: &std::io::Error) -> HostError {
    HostError::Listen { address: address.to_string(), reason: error.to_string() }
}
