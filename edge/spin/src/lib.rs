//! The edge as a Spin component: translates between `spin-sdk` and `edge-core`, and knows no rule of the shop.
//!
//! May depend on `edge-core`, the ports it implements, and `spin-sdk`. Builds for `wasm32-wasip2` only; elsewhere it is empty.

#![cfg(target_os = "wasi")]

mod platform;

use bytes::{Bytes, BytesMut};
use spin_sdk::{
    http::{FullBody, Request, Response},
    http_service,
};

use platform::SpinPlatform;

#[http_service]
async fn serve(request: Request) -> Response<FullBody<Bytes>> {
    let (parts, body) = request.into_parts();
    // A body that breaks off is what has arrived of it: too short to be valid JSON.
    let body = read(body, edge_core::REQUEST_READ_LIMIT).await.unwrap_or_default();
    edge_core::handle(&SpinPlatform, http::Request::from_parts(parts, body)).await.map(FullBody::new)
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
