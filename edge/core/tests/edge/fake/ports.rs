//! The ports of the fake. Every call gives way once, so that requests interleave.

use std::{collections::HashMap, future::Future, sync::atomic::Ordering::Relaxed, task::Poll, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use edge_core::{Background, InstanceMemory, KvError, KvStore, Log, Platform, VariableError, Variables};
use http::Request;
use jiff::Timestamp;

use super::{Answer, BEHIND, Fake, Mood, lock};

/// Gives way `times` times.
async fn give_way(mut times: u32) {
    std::future::poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Platform for Fake {
    fn memory(&self) -> &InstanceMemory {
        &self.0.memory
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        self.0.clock_calls.fetch_add(1, Relaxed);
        Timestamp::from_millisecond(*lock(&self.0.millis)).unwrap()
    }
}

impl Entropy for Fake {
    fn fill(&self, buffer: &mut [u8]) {
        let drawn = self.0.drawn.fetch_add(1, Relaxed).to_be_bytes();
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = drawn[index % drawn.len()];
        }
    }
}

impl Timer for Fake {
    /// Time passes only where everything else stands still. Of two that sleep, the one for the shorter time wakes first.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        let fake = self.clone();
        async move {
            let millis = u32::try_from(duration.as_millis()).unwrap();
            give_way(100 + millis / 10).await;
            *lock(&fake.0.millis) += i64::from(millis);
        }
    }
}

impl HttpClient for Fake {
    fn send(&self, request: Request<Bytes>) -> impl Future<Output = Answer> + MaybeSend {
        let fake = self.clone();
        async move {
            give_way(1).await;
            let answer = match request.uri().host() {
                Some("origin.test" | "printer.test") => lock(&fake.0.origin)(&request),
                Some("issuer.test") => lock(&fake.0.issuer)(&request),
                Some("objects.test") => Ok(fake.object(&request)),
                Some("dynamodb.test") => fake.dynamodb(&request),
                other => panic!("unexpected host {other:?}"),
            };
            lock(&fake.0.sent).push(request);
            // "Hangs" is a host that never answers.
            if matches!(&answer, Err(TransportError::TimedOut)) {
                std::future::pending::<()>().await;
            }
            answer
        }
    }
}

impl Fake {
    async fn kv<T>(&self, call: impl FnOnce(&mut HashMap<String, Bytes>) -> T) -> Result<T, KvError> {
        self.0.kv_calls.fetch_add(1, Relaxed);
        give_way(1).await;
        let mood = *lock(&self.0.kv_mood);
        match mood {
            Mood::Well => Ok(call(&mut lock(&self.0.kv))),
            Mood::Down => Err(KvError("down".to_owned())),
            Mood::Hangs => std::future::pending().await,
        }
    }
}

impl KvStore for Fake {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        self.kv(|kv| kv.get(key).cloned()).await
    }

    async fn put(&self, key: &str, value: Bytes, _keep: Duration) -> Result<(), KvError> {
        self.kv(|kv| drop(kv.insert(key.to_owned(), value))).await
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        self.kv(|kv| drop(kv.remove(key))).await
    }
}

impl Background for Fake {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        BEHIND.with_borrow_mut(|behind| behind.push(Box::pin(task)));
    }
}

impl Variables for Fake {
    async fn variable(&self, name: &'static str) -> Result<Option<String>, VariableError> {
        give_way(1).await;
        let mood = lock(&self.0.variable_mood).filter(|(of, _)| *of == name).map_or(Mood::Well, |(_, mood)| mood);
        match mood {
            Mood::Well => Ok(lock(&self.0.variables).get(name).cloned()),
            Mood::Down => Err(VariableError("the vault is closed".to_owned())),
            Mood::Hangs => std::future::pending().await,
        }
    }
}

impl Log for Fake {
    fn write(&self, line: &str) {
        lock(&self.0.log).push(line.to_owned());
    }
}
