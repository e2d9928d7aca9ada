//! What a guest sees of a request, after Spin's HTTP trigger: an absolute URL and the `spin-*` headers
//! (<https://spinframework.dev/v3/http-trigger#additional-request-information>) for the route `/...`.

use super::problem::Problem;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri,
    header::HOST,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::net::SocketAddr;
use wasmtime_wasi_http::{Error, WasiBody};

const ROUTE: HeaderValue = HeaderValue::from_static("/...");
const ROOT: HeaderValue = HeaderValue::from_static("/");

/// Prepares `request` of `peer` for the guest.
///
/// # Errors
/// A 400 when the authority is malformed, or the request line and `Host` disagree.
pub(super) fn prepare(
    request: Request<Incoming>,
    peer: SocketAddr,
    own: SocketAddr,
) -> Result<Request<WasiBody>, Problem> {
    let (mut parts, body) = request.into_parts();
    let authority = authority(&parts.headers, &parts.uri, own)?;
    let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    add_spin_headers(&mut parts.headers, &authority, &path, peer)?;
    let mut uri = Parts::default();
    (uri.scheme, uri.authority, uri.path_and_query) = (Some(Scheme::HTTP), Some(authority), Some(path));
    parts.uri = Uri::from_parts(uri).map_err(|_| Problem::bad_request("The request target is malformed."))?;
    Ok(Request::from_parts(parts, body.map_err(Error::from).boxed_unsync()))
}

/// The authority of the request line or of `Host`; HTTP/1.0 may send neither, and then it is the host's own.
fn authority(headers: &HeaderMap, uri: &Uri, own: SocketAddr) -> Result<Authority, Problem> {
    let malformed = || Problem::bad_request("The Host header is malformed.");
    let host =
        headers.get(HOST).map(|host| Authority::try_from(host.as_bytes()).map_err(|_| malformed())).transpose()?;
    match (host, uri.authority()) {
        (Some(host), Some(target)) if host != *target => {
            Err(Problem::bad_request("The Host header differs from the request target."))
        }
        (Some(host), _) => Ok(host),
        (None, Some(target)) => Ok(target.clone()),
        (None, None) => Authority::try_from(own.to_string()).map_err(|_| malformed()),
    }
}

/// Sets the headers that Spin sets; whatever a client sent under these names is replaced.
fn add_spin_headers(
    headers: &mut HeaderMap,
    authority: &Authority,
    path: &PathAndQuery,
    peer: SocketAddr,
) -> Result<(), Problem> {
    let value = |text: String| {
        HeaderValue::try_from(text).map_err(|_| Problem::bad_request("The request target is malformed."))
    };
    for (name, value) in [
        ("spin-path-info", value(path.path().to_owned())?),
        ("spin-full-url", value(format!("http://{authority}{path}"))?),
        ("spin-matched-route", ROUTE),
        ("spin-base-path", ROOT),
        ("spin-raw-component-route", ROUTE),
        ("spin-component-route", HeaderValue::from_static("")),
        ("spin-client-addr", value(peer.to_string())?),
    ] {
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}
