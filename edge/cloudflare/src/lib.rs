//! The edge as a Cloudflare Worker: translates between `worker` and `edge-core`, and knows no rule of the shop.
//!
//! May depend on `edge-core`, the ports it implements, and `worker`. Builds for `wasm32-unknown-unknown` only; elsewhere it
//! is empty.

#![cfg(target_arch = "wasm32")]

mod platform;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use worker::{ByteStream, Context, Env, Headers, Method, Request, Response, Result, event};

use platform::WorkerPlatform;

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> Result<Response> {
    let method: http::Method = request.inner().method().parse().unwrap_or_default();
    let mut incoming = http::Request::builder().method(method).uri(request.inner().url());
    if let Some(headers) = incoming.headers_mut() {
        *headers = request.headers().into();
    }
    let has_body = !matches!(request.method(), Method::Get | Method::Head | Method::Options);
    // A body that breaks off is what has arrived of it: too short to be valid JSON.
    let body = match request.stream() {
        Ok(stream) if has_body => read(stream, edge_core::REQUEST_READ_LIMIT).await.unwrap_or_default(),
        _ => Bytes::new(),
    };
    let incoming = incoming.body(body).map_err(|error| worker::Error::RustError(error.to_string()))?;
    let (parts, body) = edge_core::handle(&WorkerPlatform::new(env, context), incoming).await.into_parts();
    let response = Response::builder().with_status(parts.status.as_u16()).with_headers(Headers::from(parts.headers));
    // Null where the status allows no body: the runtime refuses an empty one there.
    Ok(if body.is_empty() { response.empty() } else { response.fixed(body.into()) })
}

/// The first `limit` bytes of a body.
async fn read(mut stream: ByteStream, limit: usize) -> Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk[..chunk.len().min(limit - bytes.len())]);
        if bytes.len() == limit {
            break;
        }
    }
    Ok(bytes.freeze())
}
