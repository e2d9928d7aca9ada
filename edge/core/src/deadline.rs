//! Work that must end in time.

use std::{future::Future, pin::pin, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use futures_util::future::{Either, select};
use http::{Request, Response};
use jiff::Timestamp;

use crate::{RESPONSE_READ_LIMIT, platform::Platform};

/// What `work` comes to, unless it takes longer than `limit`.
pub(crate) async fn within<T>(timer: &impl Timer, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(timer.sleep(limit))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// The platform's HTTP client with limits on the time and the length of each answer.
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
            let answer =
                within(platform, limit, platform.send(request)).await.unwrap_or(Err(TransportError::TimedOut))?;
            // The adapter has stopped reading there, so what it hands over is a part.
            if answer.body().len() >= RESPONSE_READ_LIMIT {
                return Err(TransportError::Connection("the answer is too long".to_owned()));
            }
            Ok(answer)
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
