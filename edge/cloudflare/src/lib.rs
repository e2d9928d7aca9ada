//! The edge as a Cloudflare Worker: translates between the Workers runtime and `edge-core`, and knows no rule of the shop.
//! May depend on `edge-core`, the ports it implements, and `worker`. Empty but on `wasm32-unknown-unknown`.

#![cfg(target_arch = "wasm32")]

mod glue;
mod platform;

use std::sync::Arc;

use edge_core::Body;
#[cfg(feature = "kv-contract")]
use edge_core::kv_contract::serve;
#[cfg(not(feature = "kv-contract"))]
use edge_core::serve;
use platform::WorkerPlatform;
use worker::{Context, Env, Response, Result, event, web_sys};

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
    let head = edge_core::parse_request_head(&glue::request_head(&request)).ok_or("the request cannot be read")?;
    let read = async || glue::read(&request, edge_core::REQUEST_READ_LIMIT).await.map(glue::bytes).ok();
    let (head, body) = serve(&WorkerPlatform(Arc::new((env, context))), head, read).await.into_parts();
    let (status, lines) = (head.status.as_u16(), edge_core::header_lines(&head.headers));
    Ok(match body {
        Body::Whole(bytes) => glue::respond(status, &lines, &bytes),
        Body::Pieces(pieces) => glue::stream(status, &lines, &Response::from_stream(pieces)?.into()),
    })
}
