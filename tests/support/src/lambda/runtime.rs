//! The Runtime API of one instance of a function (AWS Lambda developer guide, "Using the Lambda runtime API").

use std::{
    io,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, post},
};
use bytes::Bytes;
use commerce_domain::Clock;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{HttpServer, SystemClock, bounded::BoundedMap, net::json_response};

/// Lambda's limit for the answer of a synchronous invocation.
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;
/// Invocations that wait for the instance at most.
const MAX_WAITING: usize = 64;
/// How long an invocation may take, waiting included: the timeout that the function is configured with.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Answers that are awaited at most; an instance owes one.
const MAX_OWED: usize = 4;
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:local";

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function reported a failure; its words.
    #[error("the function failed: {0}")]
    Failed(String),
    /// Nothing came in time, or the function ended.
    #[error("the function did not answer")]
    NoAnswer,
    /// Too many invocations wait already.
    #[error("too many invocations wait")]
    Throttled,
}

/// The Runtime API on 127.0.0.1. Ends when it is dropped.
pub struct LambdaRuntime {
    server: HttpServer,
    events: mpsc::Sender<Invocation>,
    shared: Arc<Shared>,
}

struct Invocation {
    event: Value,
    answer: oneshot::Sender<Result<Value, InvokeError>>,
}

struct Shared {
    events: Mutex<mpsc::Receiver<Invocation>>,
    owed: Mutex<BoundedMap<oneshot::Sender<Result<Value, InvokeError>>>>,
    asked: AtomicU64,
    handled: AtomicU64,
}

impl LambdaRuntime {
    /// Listens on a free port.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn start() -> io::Result<Self> {
        let (events, waiting) = mpsc::channel(MAX_WAITING);
        let owed = Mutex::new(BoundedMap::new(MAX_OWED));
        let (asked, handled) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { events: Mutex::new(waiting), owed, asked, handled });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .layer(DefaultBodyLimit::max(MAX_ANSWER_BYTES))
            .with_state(Arc::clone(&shared));
        Ok(Self { server: HttpServer::start(0, router).await?, events, shared })
    }

    /// Gives a function's program what Lambda's environment tells it of itself.
    pub fn configure(&self, function: &mut Command) {
        function
            .env("AWS_LAMBDA_RUNTIME_API", self.server.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "local")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local");
    }

    /// How often the function has asked for an event: once it is ready, and once after each answer.
    pub fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// How many events the function has answered, failures among them.
    pub fn handled(&self) -> u64 {
        self.shared.handled.load(Ordering::Relaxed)
    }

    /// Has the function handle `event`, and returns what it answered.
    ///
    /// # Errors
    /// [`InvokeError`].
    pub async fn invoke(&self, event: Value) -> Result<Value, InvokeError> {
        let (answer, answered) = oneshot::channel();
        self.events.try_send(Invocation { event, answer }).map_err(|_| InvokeError::Throttled)?;
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(InvokeError::NoAnswer),
        }
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let number = shared.asked.fetch_add(1, Ordering::Relaxed);
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let mut events = shared.events.lock().await;
    let invocation = loop {
        match events.recv().await {
            // Whoever asked has given up: the event is nobody's.
            Some(invocation) if invocation.answer.is_closed() => {}
            Some(invocation) => break invocation,
            None => return json_response(StatusCode::GONE, &json!({"errorType": "Shutdown"})),
        }
    };
    shared.owed.lock().await.insert(&id, invocation.answer);
    let deadline = SystemClock.now().saturating_add(TIMEOUT).unwrap_or_default();
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string())
        .header("lambda-runtime-invoked-function-arn", ARN)
        .body(Body::from(invocation.event.to_string()))
        .expect("should build: every header is ASCII")
}

async fn answered(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let answer = serde_json::from_slice(&body).map_err(|error| InvokeError::Failed(error.to_string()));
    shared.settle(&id, answer).await
}

async fn failed(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    shared.settle(&id, Err(InvokeError::Failed(String::from_utf8_lossy(&body).into_owned()))).await
}

impl Shared {
    async fn settle(&self, id: &str, outcome: Result<Value, InvokeError>) -> Response<Body> {
        match self.owed.lock().await.remove(id) {
            Some(asker) => {
                self.handled.fetch_add(1, Ordering::Relaxed);
                // Whoever asked may have given up.
                let _ = asker.send(outcome);
                json_response(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            }
            None => json_response(StatusCode::BAD_REQUEST, &json!({"errorType": "InvalidRequestID"})),
        }
    }
}
