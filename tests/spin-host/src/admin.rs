//! Plain HTTP access to the key-value stores, for tests that must write an expired entry or clear one:
//! `GET`, `PUT` and `DELETE /kv/{store}/{key}`, `GET` and `DELETE /kv/{store}` for all keys (`{"keys": […]}`) and for clearing.
//! Store and key are percent-encoded. It has no authentication and listens on loopback only.

use crate::kv::{KeyValueStores, KvError, MAX_VALUE_BYTES};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use std::{convert::Infallible, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// How long one connection may last.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(1);
/// Connections at a time; more wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 64;

/// Serves `listener` until `stop` changes, and waits for no client then.
pub(crate) async fn run(listener: TcpListener, stores: KeyValueStores, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => return,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, stores.clone()))),
            Err(error) => {
                tracing::error!("key-value admin cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, stores: KeyValueStores) {
    let service = service_fn(move |request| {
        let stores = stores.clone();
        async move { Ok::<_, Infallible>(answer(&stores, request).await) }
    });
    let mut server = http1::Builder::new();
    // One request each: a kept connection would be cut off by its time limit in the middle of a request.
    server.keep_alive(false).timer(TokioTimer::new());
    let connection = server.serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await {
        tracing::debug!("key-value admin: {error}");
    }
}

async fn answer(stores: &KeyValueStores, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = match access(stores, request).await {
        Ok(Some(body)) => (StatusCode::OK, body),
        Ok(None) => (StatusCode::NO_CONTENT, Bytes::new()),
        Err(Refused(status, reason)) => (status, Bytes::from(reason)),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}

/// A status and its reason, for the person who wrote the test.
struct Refused(StatusCode, String);

async fn access(stores: &KeyValueStores, request: Request<Incoming>) -> Result<Option<Bytes>, Refused> {
    let not_found = || Refused(StatusCode::NOT_FOUND, "not found".to_owned());
    let path = request.uri().path().strip_prefix("/kv/").ok_or_else(not_found)?;
    let (store, key) = path.split_once('/').map_or((path, None), |(store, key)| (store, Some(key)));
    let (store, key) = (decode(store)?, key.map(decode).transpose()?);
    match (request.method().clone(), key) {
        (Method::GET, Some(key)) => stores.get(&store, &key)?.ok_or_else(not_found).map(Some),
        (Method::PUT, Some(key)) => {
            let body = Limited::new(request.into_body(), MAX_VALUE_BYTES).collect().await;
            let value = body.map_err(|error| Refused(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?.to_bytes();
            stores.set(&store, &key, value).map(|()| None).map_err(Refused::from)
        }
        (Method::DELETE, Some(key)) => stores.delete(&store, &key).map(|()| None).map_err(Refused::from),
        (Method::GET, None) => {
            let keys = stores.keys(&store)?;
            Ok(Some(serde_json::json!({ "keys": keys }).to_string().into()))
        }
        (Method::DELETE, None) => stores.clear(&store).map(|()| None).map_err(Refused::from),
        _ => Err(Refused(StatusCode::METHOD_NOT_ALLOWED, "GET, PUT or DELETE".to_owned())),
    }
}

fn decode(segment: &str) -> Result<String, Refused> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(String::from).map_err(|_| Refused(StatusCode::BAD_REQUEST, "the path is not UTF-8".to_owned()))
}

impl From<KvError> for Refused {
    fn from(error: KvError) -> Self {
        let status = match error {
            KvError::NoSuchStore(_) => StatusCode::NOT_FOUND,
            KvError::KeyLength | KvError::ValueTooLarge => StatusCode::BAD_REQUEST,
            KvError::Full => StatusCode::INSUFFICIENT_STORAGE,
        };
        Self(status, error.to_string())
    }
}
