//! Outgoing HTTP of a guest: checked against the allow list, sent over pooled connections, never redirected.

mod body;

use crate::allow_list::AllowList;
use body::TimedBody;
use http::{HeaderName, Request, Response};
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error as ClientError, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::timeout;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

/// How long a connection, a first byte or the next byte may take when the guest does not say, as in Spin.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);
/// How long an unused connection is kept, and how many of them to one host.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);
const IDLE_CONNECTIONS_PER_HOST: usize = 64;

/// The client that all instances share, and the component's allow list.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    client: Client<HttpsConnector<HttpConnector>, WasiBody>,
    allowed: Arc<AllowList>,
}

impl Outbound {
    /// A client without open connections.
    ///
    /// # Errors
    /// When the TLS provider refuses its own defaults.
    pub(crate) fn new(allowed: AllowList) -> std::result::Result<Self, rustls::Error> {
        // Named, because more than one provider may be compiled into a program that embeds the host.
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp_connector());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
            .build(connector);
        Ok(Self { client, allowed: Arc::new(allowed) })
    }

    async fn send(self, request: Request<WasiBody>, options: RequestOptions) -> Result<Response<WasiBody>> {
        if let Err(refusal) = self.allowed.check(request.uri()) {
            tracing::warn!(
                http.scheme = request.uri().scheme_str(),
                http.host = request.uri().host(),
                http.port = request.uri().port_u16(),
                "refused an outgoing request: {refusal}",
            );
            return Err(Error::HttpRequestDenied);
        }
        // The client's pool connects on its own, so both limits guard the same wait.
        let connect = options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let first_byte = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let between_bytes = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let response = timeout(connect.saturating_add(first_byte), self.client.request(request)).await;
        let response = response.map_err(|_| Error::ConnectionReadTimeout)?.map_err(connection_error)?;
        Ok(response.map(|body| TimedBody::new(body, between_bytes).boxed_unsync()))
    }
}

fn tcp_connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

fn connection_error(error: ClientError) -> Error {
    if error.is_connect() { Error::Connect(io::Error::other(error)) } else { Error::ConnectionTerminated }
}

type Finished = Box<dyn Future<Output = Result<()>> + Send>;

/// The hooks of one instance.
#[derive(Debug)]
pub(crate) struct OutboundHooks(Outbound);

impl OutboundHooks {
    pub(crate) fn new(outbound: Outbound) -> Self {
        Self(outbound)
    }
}

impl WasiHttpHooks for OutboundHooks {
    /// The default allocates a closure for every header of every request; this asks the same list.
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _consumed: Finished,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Finished)>> + Send> {
        let outbound = self.0.clone();
        Box::new(async move {
            let response = outbound.send(request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Finished))
        })
    }
}
