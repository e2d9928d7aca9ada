//! The `HttpClient` port over reqwest: pooled connections, no redirects, bounded answers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use commerce_aws::{HttpClient, TransportError};
use http::{Request, Response};

/// The largest answer that is read. DynamoDB's largest is 16 MiB.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends requests through one connection pool. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReqwestClient(reqwest::Client);

impl ReqwestClient {
    /// A client that gives up on a call after `timeout`.
    ///
    /// # Errors
    /// [`TransportError::Refused`] if the machine has no usable TLS.
    pub fn new(timeout: Duration) -> Result<Self, TransportError> {
        let builder = client_builder().timeout(timeout).pool_idle_timeout(Duration::from_secs(30)).tcp_nodelay(true);
        builder.build().map(Self).map_err(|error| TransportError::Refused(error.to_string()))
    }
}

/// What every client here begins with: no redirects, a bound on connecting, and TLS by ring, which is a fraction of the size of
/// reqwest's own choice.
pub(crate) fn client_builder() -> reqwest::ClientBuilder {
    // Whoever installs one first in a process has chosen for all: an error says just that.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(CONNECT_TIMEOUT)
}

impl HttpClient for ReqwestClient {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let request =
            reqwest::Request::try_from(request).map_err(|error| TransportError::Refused(error.to_string()))?;
        let mut answer = self.0.execute(request).await.map_err(|error| failure(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(TransportError::Connection("the answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Never with the URL, which may hold a secret.
fn failure(error: &reqwest::Error) -> TransportError {
    if error.is_builder() {
        TransportError::Refused("the request could not be built".to_owned())
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        let source = std::error::Error::source(error).map(ToString::to_string);
        TransportError::Connection(source.unwrap_or_else(|| "the connection broke".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn server(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            stream.write_all(answer).await.unwrap();
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        });
        url
    }

    async fn get(url: &str) -> Result<Response<Bytes>, TransportError> {
        let client = ReqwestClient::new(Duration::from_millis(300)).unwrap();
        client.send(Request::get(url).body(Bytes::new()).unwrap()).await
    }

    #[tokio::test]
    async fn redirects_are_answers_and_not_followed() {
        let url = server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nno").await;
        let answer = get(&url).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (302, b"no".as_slice()));
    }

    #[tokio::test]
    async fn silence_and_a_dead_port_are_told_apart() {
        assert!(matches!(get(&server(b"").await).await, Err(TransportError::TimedOut)));
        assert!(matches!(get("http://127.0.0.1:1/").await, Err(TransportError::Connection(_))));
    }

    #[tokio::test]
    async fn half_an_answer_is_none() {
        let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
        assert!(matches!(get(&url).await, Err(TransportError::Connection(_))));
    }
}
