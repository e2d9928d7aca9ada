//! A platform of memory: a clock that stands still, a key-value store, and three hosts: the origin, the issuer, and DynamoDB,
//! which is the real engine of the local stack. Every call of a port gives way once, so that requests interleave.

mod ports;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use commerce_aws::TransportError;
use dynoxide::Database;
use edge_core::InstanceMemory;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::{bucket::Objects, tokens};

/// The second in which every test begins.
pub(crate) const NOW: i64 = 1_800_000_000;

type Answer = Result<Response<Bytes>, TransportError>;
type Handler = Box<dyn Fn(&Request<Bytes>) -> Answer + Send>;
/// What somebody else does to the tables.
type Elsewhere = Box<dyn FnOnce(&Fake) + Send>;

/// How a part of the runtime behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Down,
    Hangs,
}

/// How a call of DynamoDB goes wrong.
struct Fault {
    /// Whether the call is made all the same.
    is_made: bool,
    /// What happens before the caller hears of it.
    elsewhere: Option<Elsewhere>,
    answer: Answer,
}

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
    clock_calls: AtomicU64,
    drawn: AtomicU64,
    kv: Mutex<HashMap<String, Bytes>>,
    kv_mood: Mutex<Mood>,
    kv_calls: AtomicU64,
    variables: Mutex<BTreeMap<&'static str, String>>,
    /// A variable that is never told.
    variable_mood: Mutex<Option<(&'static str, Mood)>>,
    log: Mutex<Vec<String>>,
    origin: Mutex<Handler>,
    issuer: Mutex<Handler>,
    bucket: Mutex<BTreeMap<String, Bytes>>,
    database: Database,
    /// What the next calls of DynamoDB come to; the last one is the next.
    faults: Mutex<Vec<Fault>>,
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
            clock_calls: AtomicU64::new(0),
            drawn: AtomicU64::new(0),
            kv: Mutex::new(HashMap::new()),
            kv_mood: Mutex::new(Mood::Well),
            kv_calls: AtomicU64::new(0),
            variables: Mutex::new(variables.map(|(name, value)| (name, value.to_owned())).into()),
            variable_mood: Mutex::new(None),
            log: Mutex::new(Vec::new()),
            origin: Mutex::new(Box::new(|_| Ok(problem(404, "NOT_FOUND")))),
            issuer: Mutex::new(Box::new(|_| Ok(answer(200, &tokens::jwks(&[0]))))),
            bucket: Mutex::new(BTreeMap::new()),
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

    /// What the bucket holds from now on.
    pub(crate) fn fill_bucket(&self, objects: &Objects) {
        let in_bucket = |(key, bytes): (&String, &Bytes)| (format!("/shop/{key}"), bytes.clone());
        *lock(&self.0.bucket) = objects.0.iter().map(in_bucket).collect();
    }

    fn object(&self, request: &Request<Bytes>) -> Response<Bytes> {
        assert!(request.headers().contains_key("authorization"), "unsigned");
        match lock(&self.0.bucket).get(request.uri().path()) {
            Some(object) => Response::builder().header("etag", "\"x\"").body(object.clone()).unwrap(),
            None => Response::builder().status(404).body("<Error><Code>NoSuchKey</Code></Error>".into()).unwrap(),
        }
    }

    pub(crate) fn origin_is_down(&self) {
        self.origin(|_| Err(TransportError::Connection("refused".to_owned())));
    }

    pub(crate) fn issuer(&self, handler: impl Fn(&Request<Bytes>) -> Answer + Send + 'static) {
        *lock(&self.0.issuer) = Box::new(handler);
    }

    /// DynamoDB answers the next call with this and does nothing.
    pub(crate) fn dynamodb_answers(&self, fault: Answer) {
        lock(&self.0.faults).push(Fault { is_made: false, elsewhere: None, answer: fault });
    }

    /// DynamoDB does what the next call asks, and its answer is lost.
    pub(crate) fn dynamodb_answer_is_lost(&self) {
        self.dynamodb_answer_is_lost_while(|_| {});
    }

    /// The same, and before anybody can try again, somebody else does something.
    pub(crate) fn dynamodb_answer_is_lost_while(&self, elsewhere: impl FnOnce(&Self) + Send + 'static) {
        let answer = Err(TransportError::Connection("reset".to_owned()));
        lock(&self.0.faults).push(Fault { is_made: true, elsewhere: Some(Box::new(elsewhere)), answer });
    }

    /// Another device of the owner's adds to a line, and has its answer.
    pub(crate) fn another_device_adds(&self, owner: &str, variant: &str, pieces: u32) {
        let request = json!({
            "TableName": "shopping-carts",
            "Key": {"userId": {"S": owner}},
            "UpdateExpression": "SET quantities.#variant = quantities.#variant + :pieces ADD version :one",
            "ExpressionAttributeNames": {"#variant": variant},
            "ExpressionAttributeValues": {":pieces": {"N": pieces.to_string()}, ":one": {"N": "1"}},
        });
        self.0.database.update_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Another device of the owner's ends the cart, and has its answer.
    pub(crate) fn another_device_deletes(&self, owner: &str) {
        let request = json!({"TableName": "shopping-carts", "Key": {"userId": {"S": owner}}});
        self.0.database.delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Another device of the owner's begins a cart with what is in `item`.
    pub(crate) fn another_device_begins(&self, item: &Value) {
        let request = json!({"TableName": "shopping-carts", "Item": item});
        self.0.database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *lock(&self.0.millis) += seconds * 1_000;
    }

    pub(crate) fn kv_is_down(&self) {
        *lock(&self.0.kv_mood) = Mood::Down;
    }

    /// The key-value store takes calls and never answers one.
    pub(crate) fn kv_hangs(&self) {
        *lock(&self.0.kv_mood) = Mood::Hangs;
    }

    /// How the runtime behaves when it is asked for this variable.
    pub(crate) fn variable_is(&self, name: &'static str, mood: Mood) {
        *lock(&self.0.variable_mood) = Some((name, mood));
    }

    /// Empties the key-value store.
    pub(crate) fn forget_kv(&self) {
        lock(&self.0.kv).clear();
    }

    pub(crate) fn kv_value(&self, key: &str) -> Option<Bytes> {
        lock(&self.0.kv).get(key).cloned()
    }

    pub(crate) fn kv_set(&self, key: &str, value: Bytes) {
        lock(&self.0.kv).insert(key.to_owned(), value);
    }

    pub(crate) fn kv_keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = lock(&self.0.kv).keys().cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// How often the clock and the key-value store were called so far.
    pub(crate) fn calls(&self) -> (u64, u64) {
        (self.0.clock_calls.load(Relaxed), self.0.kv_calls.load(Relaxed))
    }

    /// The second that it is, in milliseconds; no call of the clock.
    pub(crate) fn millis(&self) -> i64 {
        *lock(&self.0.millis)
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
        let Some(Fault { is_made, elsewhere, answer }) = fault else { return Ok(self.run_operation(request)) };
        if is_made {
            self.run_operation(request);
        }
        if let Some(elsewhere) = elsewhere {
            elsewhere(self);
        }
        answer
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
