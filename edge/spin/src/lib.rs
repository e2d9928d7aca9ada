//! The edge as a Spin component: translates between `spin-sdk` and `edge-core`, and knows no rule of the shop.
//! May depend on `edge-core`, the ports it implements, and `spin-sdk`. Builds for `wasm32-wasip2` only; elsewhere it is empty.

#![cfg(target_os = "wasi")]

mod platform;

use bytes::{Bytes, BytesMut};
use edge_core::Body;
#[cfg(feature = "kv-contract")]
use edge_core::kv_contract::serve;
#[cfg(not(feature = "kv-contract"))]
use edge_core::serve;
use platform::SpinPlatform;
use spin_sdk::{
    http::{Request, Response},
    http_service,
};

#[http_service]
async fn answer(request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let read = async || read(body, edge_core::REQUEST_READ_LIMIT).await.ok();
    serve(&SpinPlatform, head, read).await
}

/// The first `limit` bytes of a body.
async fn read<B: http_body_util::BodyExt<Data = Bytes> + Unpin>(mut body: B, limit: usize) -> Result<Bytes, B::Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        bytes.extend_from_slice(&data[..data.len().min(limit - bytes.len())]);
        if bytes.len() == limit {
            break;
        }
    }
    Ok(bytes.freeze())
}
