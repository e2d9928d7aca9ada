//! `spin:variables` for a guest.

use super::Guest;
use crate::{
    bindings::variables::{Error, Host, HostWithStore},
    variables::is_valid_name,
};
use wasmtime::component::{Accessor, HasSelf};

impl Host for Guest {}

impl<T: Send> HostWithStore<T> for HasSelf<Guest> {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        if !is_valid_name(&name) {
            return Ok(Err(Error::InvalidName(name)));
        }
        let value = accessor.with(|mut access| access.get().grants.variables.get(&name).map(str::to_owned));
        Ok(value.ok_or(Error::Undefined(name)))
    }
}
