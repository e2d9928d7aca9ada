//! A platform of memory: a clock that stands still, a key-value store, and three hosts: the origin, the issuer, and DynamoDB,
//! which is the real engine of the local stack. Every call of a port gives way once, so that requests interleave.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use commerce_aws::{HttpClient, MaybeSend, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use dynoxide::Database;
use edge_core::{Background, InstanceMemory, KvError, KvStore, Log, Platform, Variables};
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::tokens;

/// The second in which every test begins.
pub(crate) const NOW: i64 = 1_800_000_000;

type Answer = Result<Response<Bytes>, TransportError>;
type Handler = Box<dyn Fn(&Request<Bytes>) -> Answer + Send>;

thread_local! {
    /// Work that was left for after the response. Each test has a thread of its own.
    static BEHIND: RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>> = const { RefCell::new(Vec::new()) };
}

/// The platform. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Fake(pub(crate) Arc<Inside>);

pub(crate) struct Inside {
    memory: InstanceMemory,
    millis: Mutex<i64>,
    drawn: AtomicU64,
    /// The key-value store; None while it is down.
    kv: Mutex<Option<HashMap<String, Bytes>>>,
    variables: Mutex<BTreeMap<&'static str, String>>,
    log: Mutex<Vec<String>>,
    origin: Mutex<Handler>,
    issuer: Mutex<Handler>,
    database: Database,
    /// Answers the next calls of DynamoDB in its place; the flag says whether the call is made all the same.
    faults: Mutex<Vec<(bool, Answer)>>,
    sent: Mutex<Vec<Request<Bytes>>>,
}

impl Fake {
    /// A configured edge with an empty table of carts, an issuer with the first key, and an origin that knows nothing.
    pub(crate) fn new() -> Self {
        BEHIND.with_borrow_mut(Vec::clear);
        let variables = [
            ("origin_url", "https://origin.test"),
            ("aws_region", "eu-west-1"),
            ("aws_access_key_id", "AKIDEXAMPLE"),
            ("aws_secret_access_key", "hush-secret"),
            ("dynamodb_endpoint", "http://dynamodb.test"),
            ("token_issuer", tokens::ISSUER),
            ("cors_origins", "https://shop.test"),
            ("catalog_stale_seconds", "3600"),
        ];
        let database = Database::memory().unwrap();
        let table = json!({
            "TableName": "shopping-carts",
            "AttributeDefinitions": [{"AttributeName": "userId", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        database.create_table(serde_json::from_value(table).unwrap()).unwrap();
        Self(Arc::new(Inside {
            memory: InstanceMemory::new(),
            millis: Mutex::new(NOW * 1_000),
            drawn: AtomicU64::new(0),
            kv: Mutex::new(Some(HashMap::new())),
            variables: Mutex::new(variables.map(|(name, value)| (name, value.to_owned())).into()),
            log: Mutex::new(Vec::new()),
            origin: Mutex::new(Box::new(|_| Ok(problem(404, "NOT_FOUND")))),
            issuer: Mutex::new(Box::new(|_| Ok(answer(200, &tokens::jwks(&[0]))))),
            database,
            faults: Mutex::new(Vec::new()),
            sent: Mutex::new(Vec::new()),
        }))
    }

    /// The same platform in a new instance: nothing remembered, the same stores behind it.
    pub(crate) fn restarted(self) -> Self {
        let inside = Arc::into_inner(self.0).expect("should be the only clone");
        Self(Arc::new(Inside { memory: InstanceMemory::new(), ..inside }))
    }

    pub(crate) fn set(&self, name: &'static str, value: &str) {
        lock(&self.0.variables).insert(name, value.to_owned());
    }

    pub(crate) fn origin(&self, handler: impl Fn(&Request<Bytes>) -> Answer + Send + 'static) {
        *lock(&self.0.origin) = Box::new(handler);
    }

    pub(crate) fn origin_is_down(&self) {
        self.origin(|_| Err(TransportError::Connection("refused".to_owned())));
    }

    pub(crate) fn issuer(&self, handler: impl Fn(&Request<Bytes>) -> Answer + Send + 'static) {
        *lock(&self.0.issuer) = Box::new(handler);
    }

    /// DynamoDB answers the next call with this and does nothing.
    pub(crate) fn dynamodb_answers(&self, fault: Answer) {
        lock(&self.0.faults).push((false, fault));
    }

    /// DynamoDB does what the next call asks, and its answer is lost.
    pub(crate) fn dynamodb_answer_is_lost(&self) {
        lock(&self.0.faults).push((true, Err(TransportError::Connection("reset".to_owned()))));
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *lock(&self.0.millis) += seconds * 1_000;
    }

    pub(crate) fn kv_is_down(&self) {
        *lock(&self.0.kv) = None;
    }

    /// Empties the key-value store.
    pub(crate) fn forget_kv(&self) {
        *lock(&self.0.kv) = Some(HashMap::new());
    }

    pub(crate) fn kv_keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = lock(&self.0.kv).iter().flat_map(HashMap::keys).cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// What was sent to `host` so far, oldest first.
    pub(crate) fn sent_to(&self, host: &str) -> Vec<Request<Bytes>> {
        let sent = lock(&self.0.sent);
        let copies = sent.iter().filter(|request| request.uri().host() == Some(host)).map(|request| {
            let mut copy = Request::new(request.body().clone());
            *copy.method_mut() = request.method().clone();
            *copy.uri_mut() = request.uri().clone();
            *copy.headers_mut() = request.headers().clone();
            copy
        });
        copies.collect()
    }

    /// The operations that DynamoDB was asked for since the last time.
    pub(crate) fn operations(&self) -> Vec<String> {
        let names = self.sent_to("dynamodb.test").iter().map(operation).collect();
        lock(&self.0.sent).retain(|request| request.uri().host() != Some("dynamodb.test"));
        names
    }

    /// The log so far, each line parsed.
    pub(crate) fn log(&self) -> Vec<Value> {
        lock(&self.0.log).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Does what was left for after the response.
    #[expect(clippy::unused_self, reason = "the work is this platform's, though the thread keeps it")]
    pub(crate) fn run_behind(&self) {
        for task in BEHIND.take() {
            futures_executor::block_on(task);
        }
    }

    /// Answers one request.
    pub(crate) fn ask(&self, request: Request<Bytes>) -> Response<Bytes> {
        futures_executor::block_on(edge_core::handle(self, request))
    }

    /// The item in the table of carts.
    pub(crate) fn cart_item(&self, owner: &str) -> Option<Value> {
        let request = json!({"TableName": "shopping-carts", "Key": {"userId": {"S": owner}}});
        let found = self.0.database.get_item(serde_json::from_value(request).unwrap()).unwrap();
        serde_json::to_value(found).unwrap().get("Item").cloned()
    }

    fn dynamodb(&self, request: &Request<Bytes>) -> Answer {
        let fault = lock(&self.0.faults).pop();
        match fault {
            Some((false, fault)) => fault,
            Some((true, fault)) => {
                let _ = self.run_operation(request);
                fault
            }
            None => Ok(self.run_operation(request)),
        }
    }

    fn run_operation(&self, request: &Request<Bytes>) -> Response<Bytes> {
        fn run<I: serde::de::DeserializeOwned, O: serde::Serialize>(
            body: &Bytes,
            call: impl FnOnce(I) -> Result<O, dynoxide::DynoxideError>,
        ) -> Response<Bytes> {
            match call(serde_json::from_slice(body).unwrap()) {
                Ok(output) => answer(200, &serde_json::to_value(output).unwrap()),
                Err(error) => {
                    let body = serde_json::from_str(&error.to_json()).unwrap();
                    answer(error.status_code(), &body)
                }
            }
        }
        let (database, body) = (&self.0.database, request.body());
        match operation(request).as_str() {
            "GetItem" => run(body, |input| database.get_item(input)),
            "PutItem" => run(body, |input| database.put_item(input)),
            "UpdateItem" => run(body, |input| database.update_item(input)),
            "DeleteItem" => run(body, |input| database.delete_item(input)),
            other => panic!("unexpected operation {other}"),
        }
    }
}

fn operation(request: &Request<Bytes>) -> String {
    let target = request.headers()["x-amz-target"].to_str().unwrap();
    target.rsplit('.').next().unwrap().to_owned()
}

pub(crate) fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body.to_string().into()).unwrap()
}

/// A problem body as the origin writes it.
pub(crate) fn problem(status: u16, code: &str) -> Response<Bytes> {
    let body = json!({"type": "/problems/x", "title": "x", "status": status, "error": {"code": code}});
    let response = Response::builder().status(status).header("content-type", "application/problem+json");
    response.body(body.to_string().into()).unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

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
    /// Time passes only where everything else stands still.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend {
        let fake = self.clone();
        async move {
            give_way(100).await;
            *lock(&fake.0.millis) += i64::try_from(duration.as_millis()).unwrap();
        }
    }
}

impl HttpClient for Fake {
    fn send(&self, request: Request<Bytes>) -> impl Future<Output = Answer> + MaybeSend {
        let fake = self.clone();
        async move {
            give_way(1).await;
            let answer = match request.uri().host() {
                Some("origin.test") => lock(&fake.0.origin)(&request),
                Some("issuer.test") => lock(&fake.0.issuer)(&request),
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

impl KvStore for Fake {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        give_way(1).await;
        let kv = lock(&self.0.kv);
        kv.as_ref().map(|kv| kv.get(key).cloned()).ok_or_else(|| KvError("down".to_owned()))
    }

    async fn put(&self, key: &str, value: Bytes, _keep: Duration) -> Result<(), KvError> {
        give_way(1).await;
        let mut kv = lock(&self.0.kv);
        kv.as_mut().map(|kv| drop(kv.insert(key.to_owned(), value))).ok_or_else(|| KvError("down".to_owned()))
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        give_way(1).await;
        let mut kv = lock(&self.0.kv);
        kv.as_mut().map(|kv| drop(kv.remove(key))).ok_or_else(|| KvError("down".to_owned()))
    }
}

impl Background for Fake {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        BEHIND.with_borrow_mut(|behind| behind.push(Box::pin(task)));
    }
}

impl Variables for Fake {
    async fn variable(&self, name: &'static str) -> Option<String> {
        give_way(1).await;
        lock(&self.0.variables).get(name).cloned()
    }
}

impl Log for Fake {
    fn write(&self, line: &str) {
        lock(&self.0.log).push(line.to_owned());
    }
}
