//! The ports that the client works through.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{Request, Response};

/// `Send` where futures cross threads (the origin), nothing where they cannot (WebAssembly).
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send> MaybeSend for T {}

/// `Send` where futures cross threads (the origin), nothing where they cannot (WebAssembly).
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T> MaybeSend for T {}

/// `Sync` where futures cross threads (the origin), nothing where they cannot (WebAssembly).
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSync: Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Sync> MaybeSync for T {}

/// `Sync` where futures cross threads (the origin), nothing where they cannot (WebAssembly).
#[cfg(target_family = "wasm")]
pub trait MaybeSync {}
#[cfg(target_family = "wasm")]
impl<T> MaybeSync for T {}

/// Sends one HTTP request and reads the whole answer. Never follows redirects.
pub trait HttpClient {
    /// The response, whatever its status, with its body read to the end.
    ///
    /// # Errors
    /// [`TransportError`] where no complete response arrived.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + MaybeSend;
}

/// Waits.
pub trait Timer {
    /// Completes once `duration` has passed.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend;
}

impl<T: HttpClient + ?Sized> HttpClient for &T {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + MaybeSend {
        (**self).send(request)
    }
}

impl<T: Timer + ?Sized> Timer for &T {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        (**self).sleep(duration)
    }
}

/// Why no complete response arrived. In each case the server may have acted on the request, except [`Self::Refused`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The host does not allow this destination, or the request could not be built: nothing was sent.
    #[error("request refused before it was sent: {0}")]
    Refused(String),
    /// No answer in time.
    #[error("request timed out")]
    TimedOut,
    /// The connection could not be made or broke.
    #[error("connection failed: {0}")]
    Connection(String),
}
