//! The edge as a Cloudflare Worker: translates between the Workers runtime and `edge-core`, and knows no rule of the shop.
//! May depend on `edge-core`, the ports it implements, and `worker`. Empty but on `wasm32-unknown-unknown`.

#![cfg(target_arch = "wasm32")]

mod glue;
mod platform;

use std::sync::Arc;

use http::Method;
use platform::WorkerPlatform;
use worker::{Context, Env, Result, event, web_sys};

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
    let incoming = edge_core::parse_request_head(&glue::request_head(&request));
    let mut incoming = incoming.ok_or("the request cannot be read")?;
    if !matches!(*incoming.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        // A body that breaks off is what has arrived of it: too short to be valid JSON.
        let body = glue::read(&request, edge_core::REQUEST_READ_LIMIT).await;
        *incoming.body_mut() = body.map(glue::bytes).unwrap_or_default();
    }
    let answer = edge_core::handle(&WorkerPlatform(Arc::new((env, context))), incoming).await;
    let lines = edge_core::header_lines(answer.headers());
    Ok(glue::respond(answer.status().as_u16(), &lines, answer.body()))
}
