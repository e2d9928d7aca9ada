//! Work that must end in time.

use std::{future::Future, pin::pin, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use futures_util::future::{Either, select};
use http::{Request, Response};
use jiff::Timestamp;

use crate::platform::Platform;

/// The platform's HTTP client with a limit on each call.
pub(crate) struct Deadline<'a, P> {
    pub(crate) platform: &'a P,
    pub(crate) limit: Duration,
}

impl<P: Platform> HttpClient for Deadline<'_, P> {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + MaybeSend {
        let (platform, limit) = (self.platform, self.limit);
        async move {
            let answer = pin!(platform.send(request));
            let late = pin!(platform.sleep(limit));
            match select(answer, late).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => Err(TransportError::TimedOut),
            }
        }
    }
}

impl<P: Platform> Timer for Deadline<'_, P> {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        self.platform.sleep(duration)
    }
}

impl<P: Platform> Clock for Deadline<'_, P> {
    fn now(&self) -> Timestamp {
        self.platform.now()
    }
}

impl<P: Platform> Entropy for Deadline<'_, P> {
    fn fill(&self, buffer: &mut [u8]) {
        self.platform.fill(buffer);
    }
}
