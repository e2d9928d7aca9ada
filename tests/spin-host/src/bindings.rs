//! Traits generated from Spin's own interface definitions (`wit/deps`), and nothing else.

wasmtime::component::bindgen!({
    path: "wit",
    world: "commerce:spin-host/host",
    imports: { default: async | store | trappable },
    with: { "spin:key-value/key-value.store": crate::guest::key_value::OpenStore },
    require_store_data_send: true,
});

pub(crate) use spin::{key_value::key_value, variables::variables};
