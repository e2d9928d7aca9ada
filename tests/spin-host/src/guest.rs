//! What one component instance owns in the host: its WASI context, its grants, its limits.

pub(crate) mod key_value;
mod variables;

use crate::{
    bindings,
    kv::KeyValueStores,
    outbound::{Outbound, OutboundHooks},
    variables::Variables,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use wasmtime::{
    StoreLimits, StoreLimitsBuilder,
    component::{HasSelf, Linker},
};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// What every instance of the component is given: the manifest's grants, resolved.
#[derive(Debug)]
pub(crate) struct Grants {
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) variables: Variables,
    /// Labels in the component's `key_value_stores`.
    pub(crate) key_value_labels: BTreeSet<String>,
    pub(crate) key_value: KeyValueStores,
    pub(crate) outbound: Outbound,
    pub(crate) memory_limit_bytes: usize,
}

/// The state of one instance.
pub(crate) struct Guest {
    pub(crate) grants: Arc<Grants>,
    pub(crate) table: ResourceTable,
    pub(crate) limits: StoreLimits,
    /// How many key-value stores the instance has open.
    pub(crate) open_stores: u32,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: OutboundHooks,
}

impl Guest {
    pub(crate) fn new(grants: Arc<Grants>) -> Self {
        let mut wasi = WasiCtx::builder();
        // Both streams end on the host's stderr: its stdout carries the ready line only. No file, no socket, no argument.
        wasi.stdout(wasmtime_wasi::cli::stderr()).stderr(wasmtime_wasi::cli::stderr());
        for (name, value) in &grants.environment {
            wasi.env(name, value);
        }
        let limits = StoreLimitsBuilder::new().memory_size(grants.memory_limit_bytes).build();
        Self {
            table: ResourceTable::new(),
            limits,
            open_stores: 0,
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: OutboundHooks::new(grants.outbound.clone()),
            grants,
        }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Offers WASI 0.2 (the standard library's), WASI 0.3, its HTTP, and Spin's key-value and variables.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    bindings::key_value::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::variables::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}
