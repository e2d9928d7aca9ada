//! The WebAssembly engine: its settings, the compiled component, and the clock that interrupts guests.

use crate::{
    HostConfig, HostError,
    guest::{self, Guest},
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component, Linker},
};
use wasmtime_wasi_http::{handler::ProxyPre, p3::bindings::ServicePre};

/// How often a running guest gives way to the host. It bounds how late a time limit bites.
const TICK: Duration = Duration::from_millis(10);

/// A component that is compiled and linked, ready to be instantiated.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    pub(crate) proxy: ProxyPre<Guest>,
    /// Whether machine code came from the disk cache.
    pub(crate) from_cache: bool,
    pub(crate) ticker: Ticker,
}

impl Compiled {
    /// Compiles the component at `source`, or takes its machine code from the cache. Takes seconds: not for a reactor thread.
    ///
    /// # Errors
    /// [`HostError::Engine`] for unusable settings, [`HostError::File`] and [`HostError::Component`] for the component.
    pub(crate) fn load(source: &Path, config: &HostConfig) -> Result<Self, HostError> {
        let binary = std::fs::read(source).map_err(|error| HostError::file(source, error))?;
        let refused = |error: &wasmtime::Error| HostError::Engine(format!("{error:#}"));
        let cache = open_cache(&config.cache_dir).map_err(|error| refused(&error))?;
        let engine = Engine::new(&engine_config(config, cache.clone())).map_err(|error| refused(&error))?;
        let proxy = link(&engine, &binary).map_err(|error| HostError::Component {
            path: source.to_owned(),
            reason: format!("{error:#}").replace('\n', " "),
        })?;
        let ticker = Ticker::start(&engine).map_err(|error| HostError::Engine(error.to_string()))?;
        Ok(Self { engine, proxy: ProxyPre::P3(proxy), from_cache: cache.cache_hits() > 0, ticker })
    }
}

fn link(engine: &Engine, binary: &[u8]) -> wasmtime::Result<ServicePre<Guest>> {
    let component = Component::from_binary(engine, binary)?;
    let mut linker = Linker::new(engine);
    guest::link(&mut linker)?;
    ServicePre::new(linker.instantiate_pre(&component)?)
}

/// Keyed by the component's content, the compiler's version and its settings; bounded and cleaned by the engine itself.
fn open_cache(folder: &Path) -> wasmtime::Result<Cache> {
    std::fs::create_dir_all(folder)?;
    let mut config = CacheConfig::new();
    // The cache insists on an absolute path.
    config.with_directory(folder.canonicalize()?);
    Cache::new(config)
}

fn engine_config(settings: &HostConfig, cache: Cache) -> Config {
    let instances = settings.max_instances;
    let mut pool = PoolingAllocationConfig::new();
    // A component is a handful of core modules (adapters beside the real one), each with its own tables.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8))
        .total_tables(instances.saturating_mul(8))
        .total_memories(instances.saturating_mul(2))
        .total_stacks(instances.saturating_mul(4))
        .max_memory_size(settings.memory_limit_bytes);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .cache(Some(cache))
        .epoch_interruption(true)
        .wasm_component_model_async(true);
    config
}

/// The thread that advances the engine's epoch until it is dropped.
pub(crate) struct Ticker {
    stopped: Arc<AtomicBool>,
}

impl Ticker {
    fn start(engine: &Engine) -> std::io::Result<Self> {
        let (stopped, engine) = (Arc::new(AtomicBool::new(false)), engine.weak());
        let seen = Arc::clone(&stopped);
        std::thread::Builder::new().name("spin-host-epoch".to_owned()).spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                std::thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stopped })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
