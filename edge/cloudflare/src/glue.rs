//! The other side of `glue.js`.

use wasm_bindgen::prelude::*;
#[allow(unused_imports, reason = "the macro names js_sys or wasm_bindgen_futures, as worker-build tells it")]
use worker::{Env, js_sys, wasm_bindgen_futures, web_sys};

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    pub(crate) fn request_head(request: &web_sys::Request) -> String;
    pub(crate) fn respond(status: u16, lines: &str, body: &[u8]) -> web_sys::Response;
    pub(crate) fn stream(status: u16, lines: &str, source: &web_sys::Response) -> web_sys::Response;
    #[wasm_bindgen(catch)]
    pub(crate) async fn read(message: &JsValue, limit: usize) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub(crate) async fn send(method: &str, url: &str, lines: &str, body: &[u8]) -> Result<JsValue, JsValue>;
    pub(crate) fn response_head(response: &JsValue) -> String;
    #[wasm_bindgen(catch)]
    pub(crate) async fn kv_get(env: &Env, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub(crate) async fn kv_put(env: &Env, key: &str, value: &[u8], seconds: u64) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(crate) async fn kv_delete(env: &Env, key: &str) -> Result<(), JsValue>;
    pub(crate) fn randomize(buffer: &mut [u8]);
    pub(crate) fn variable(env: &Env, name: &str) -> Option<String>;
}

/// A copy of the bytes of a JavaScript array.
pub(crate) fn bytes(array: JsValue) -> bytes::Bytes {
    js_sys::Uint8Array::from(array).to_vec().into()
}
