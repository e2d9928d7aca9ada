//! `spin:key-value` for a guest: only the stores that the manifest grants open.

use super::Guest;
use crate::{
    bindings::key_value::{Error, Host, HostStore, HostStoreWithStore},
    kv::{KvError, Store},
};
use std::sync::Arc;
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

/// Stores that one instance may hold open at a time, as in Spin.
const MAX_OPEN_STORES: u32 = 256;

/// A store that a guest has opened.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenStore(Arc<Store>);

impl From<KvError> for Error {
    fn from(error: KvError) -> Self {
        match error {
            KvError::NoSuchStore(_) => Self::NoSuchStore,
            other => Self::Other(other.to_string()),
        }
    }
}

type Called<T> = wasmtime::Result<Result<T, Error>>;

impl Host for Guest {}
impl HostStore for Guest {}

fn opened<T: Send>(
    accessor: &Accessor<T, HasSelf<Guest>>,
    store: &Resource<OpenStore>,
) -> wasmtime::Result<Arc<Store>> {
    accessor.with(|mut access| Ok(Arc::clone(&access.get().table.get(store)?.0)))
}

impl Guest {
    fn open_store(&mut self, label: &str) -> Called<Resource<OpenStore>> {
        if !self.grants.key_value_labels.contains(label) {
            tracing::warn!(kv.store = label, "the component opened a store that its key_value_stores do not list");
            return Ok(Err(Error::AccessDenied));
        }
        if self.open_stores >= MAX_OPEN_STORES {
            return Ok(Err(Error::StoreTableFull));
        }
        let store = match self.grants.key_value.store(label) {
            Ok(store) => Arc::clone(store),
            Err(error) => return Ok(Err(error.into())),
        };
        self.open_stores += 1;
        Ok(Ok(self.table.push(OpenStore(store))?))
    }
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<Guest> {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Called<Resource<OpenStore>> {
        accessor.with(|mut access| access.get().open_store(&label))
    }

    async fn get(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Called<Option<Vec<u8>>> {
        Ok(Ok(opened(accessor, &store)?.get(&key).map(Vec::from)))
    }

    async fn set(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String, value: Vec<u8>) -> Called<()> {
        Ok(opened(accessor, &store)?.set(&key, value.into()).map_err(Error::from))
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Called<()> {
        opened(accessor, &store)?.delete(&key);
        Ok(Ok(()))
    }

    async fn exists(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Called<bool> {
        Ok(Ok(opened(accessor, &store)?.exists(&key)))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let keys = opened(accessor, &store)?.keys();
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let result = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok((keys, result))
        })
    }

    async fn drop(accessor: &Accessor<T, Self>, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        accessor.with(|mut access| {
            let guest = access.get();
            guest.table.delete(store)?;
            guest.open_stores -= 1;
            Ok(())
        })
    }
}
