//! An environment for tests: what it is asked, what it answers and what time it is are all in a script.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use commerce_domain::{Clock, Entropy};
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ports::{HttpClient, Timer, TransportError};

/// What the script says next.
pub(crate) type Answer = Result<Response<Bytes>, TransportError>;

/// Answers from a script, remembers what it was asked, and lets a second pass with each request that is answered.
pub(crate) struct Scripted(Mutex<Script>);

pub(crate) struct Script {
    /// None never comes.
    answers: VecDeque<Option<Answer>>,
    pub(crate) requests: Vec<Request<Bytes>>,
    pub(crate) pauses: Vec<Duration>,
    pub(crate) now: Timestamp,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let answers = answers.into_iter().map(Some).collect();
        Self(Mutex::new(Script { answers, requests: vec![], pauses: vec![], now }))
    }

    /// Before what is scripted, a request that is never answered.
    pub(crate) fn after_a_stall(self) -> Self {
        self.script().answers.push_front(None);
        self
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }
}

impl HttpClient for Scripted {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        let next = {
            let mut script = self.script();
            script.requests.push(request);
            script.answers.pop_front().expect("should not be asked more often than scripted")
        };
        match next {
            Some(answer) => {
                self.script().now += Duration::from_secs(1);
                answer
            }
            None => std::future::pending().await,
        }
    }
}

impl Timer for Scripted {
    async fn sleep(&self, duration: Duration) {
        let mut script = self.script();
        script.now += duration;
        script.pauses.push(duration);
    }
}

impl Clock for Scripted {
    fn now(&self) -> Timestamp {
        self.script().now
    }
}

impl Entropy for Scripted {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x80);
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a script holds")]
pub(crate) fn answer(status: u16, body: &Value) -> Answer {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
}

pub(crate) fn throttled() -> Answer {
    answer(400, &json!({"__type": "x#ThrottlingException"}))
}

pub(crate) fn internal() -> Answer {
    answer(500, &json!({"__type": "x#InternalServerError"}))
}
