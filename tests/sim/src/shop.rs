//! One origin for one run, and what its shoppers have seen of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use commerce_api::{Amount, Route};
use commerce_auth::PrincipalHeader;
use commerce_domain::{OrderId, ProductId, VariantId, state::PaymentState};
use http::{Request, header};
use http_body_util::BodyExt as _;
use origin_core::{
    Assembled,
    customers::known_customer,
    hooks::NoHooks,
    idempotency::{Ended, IdempotencyKey, KeyedRequest, StoredAnswer, once},
    orders::{CancelOutcome, CloseReason, cancel_order},
    payments::{CaptureError, capture_payment},
    refunds::{AskRefund, Refund, RefundReason, ask_refund},
};
use origin_gateways::CarrierApi;
use origin_http::CallerArn;
use serde_json::Value;
use test_support::{NameTokens, NoProfiles, SeededEntropy, principal};
use tower::ServiceExt as _;

use crate::{
    bus::Bus,
    provider::Provider,
    stores::{SimBus, SimCarts, SimDatabase, SimGateway, SimStock},
    tables::Tables,
    world::{Role, TaskId, World},
};

pub(crate) type SimBackend = Assembled<
    World,
    SeededEntropy,
    World,
    SimDatabase,
    SimStock,
    SimCarts,
    SimGateway,
    CarrierApi,
    NameTokens,
    NoProfiles,
    SimBus,
    NoHooks,
>;

/// Who calls the origin: the edge.
pub(crate) const EDGE_ARN: &str = "arn:aws:iam::1:role/edge";
pub(crate) const ORDERS: &str = "/v1/orders";
pub(crate) const PAYMENTS: &str = "/v1/payments";

/// Something that is sold.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) product: ProductId,
    pub(crate) variant: VariantId,
    pub(crate) stock: i64,
    /// How many may be sold that are not there.
    pub(crate) backorders: u32,
}

/// A request of a shopper's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ask {
    pub(crate) who: String,
    pub(crate) path: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) body: String,
}

/// What a shopper was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The code of a problem body.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the same request may be sent again, and come to something else.
    pub(crate) fn is_passing(&self) -> bool {
        self.status >= 500 || self.status == 202 || self.headers.contains_key("retry-after")
    }

    /// Whether every repetition under the key is answered the same.
    fn is_final(&self) -> bool {
        let refusals = ["OUT_OF_STOCK", "RESERVATION_EXPIRED", "PAYMENT_DECLINED", "ORDER_ALREADY_PAID"];
        let paid = || self.json()["status"] == "succeeded";
        self.status == 201 || (self.status == 200 && paid()) || refusals.contains(&self.code().as_str())
    }
}

/// What shoppers remember.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The final answers, by the request under its key.
    pub(crate) finals: BTreeMap<Ask, Answer>,
    /// Pieces that were put into carts.
    pub(crate) added: BTreeMap<(String, VariantId), i64>,
    /// What was in a cart at a version of it.
    pub(crate) contents: BTreeMap<(String, u64), BTreeMap<String, i64>>,
    /// How many answers a fault has spoilt, by who waited for them.
    pub(crate) spoilt: BTreeMap<String, u64>,
    /// Orders of which somebody was told that they are called off, or will be.
    pub(crate) called_off: BTreeSet<OrderId>,
    /// What must not have happened, and has.
    pub(crate) violations: Vec<String>,
}

/// One origin. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shop(Arc<Inside>);

pub(crate) struct Inside {
    pub(crate) world: World,
    pub(crate) backend: SimBackend,
    pub(crate) router: Router,
    pub(crate) provider: Provider,
    pub(crate) tables: Tables,
    pub(crate) bus: Bus,
    pub(crate) items: Vec<Item>,
    /// What nobody can buy before its event is handled.
    pub(crate) unfinished: Item,
    /// The `sub` of each shopper.
    pub(crate) customers: Vec<String>,
    pub(crate) memory: Mutex<Memory>,
}

impl std::ops::Deref for Shop {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

/// A request that is under way.
pub(crate) struct Asked {
    ask: Ask,
    task: TaskId,
    answer: Arc<Mutex<Option<Answer>>>,
}

impl Shop {
    pub(crate) fn new(inside: Inside) -> Self {
        Self(Arc::new(inside))
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what must not happen.
    pub(crate) fn violated(&self, what: String) {
        self.world.note(|| format!("VIOLATION: {what}"));
        self.memory().violations.push(what);
    }

    /// Sends a request.
    pub(crate) fn ask(&self, ask: &Ask) -> Asked {
        let answer = Arc::new(Mutex::new(None));
        let (slot, shop, sent) = (Arc::clone(&answer), self.clone(), ask.clone());
        let key = ask.key.as_deref().unwrap_or("no key");
        let name = format!("{} POST {} ({key})", ask.who, ask.path);
        let task = self.world.begin(name, Role::Request, async move {
            let came = shop.answer(&sent).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
        });
        Asked { ask: ask.clone(), task, answer }
    }

    /// Waits for the answer, as long as a shopper does: none from a process that has died.
    pub(crate) async fn hear(&self, asked: Asked) -> Option<Answer> {
        self.world.answered(asked.task).await;
        let answer = asked.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Asked { ask, task, .. } = asked;
        if answer.is_none() || self.world.state().hits.contains(&task) {
            *self.memory().spoilt.entry(ask.who.clone()).or_default() += 1;
        }
        match &answer {
            Some(answer) => {
                self.world.note(|| format!("{} hears {} {}", ask.who, answer.status, answer.code()));
                self.remember(&ask, answer);
            }
            None => self.world.note(|| format!("{} hears nothing", ask.who)),
        }
        answer
    }

    fn remember(&self, ask: &Ask, answer: &Answer) {
        if answer.status == 500 {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            return self.violated(format!("{} {} was answered with a 500: {body}", ask.who, ask.path));
        }
        if ask.key.is_none() || !answer.is_final() {
            return;
        }
        let before = self.memory().finals.entry(ask.clone()).or_insert_with(|| answer.clone()).clone();
        if (before.status, &before.body) != (answer.status, &answer.body) {
            let text = |answer: &Answer| format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
            self.violated(format!("{ask:?} was answered with {} and with {}", text(&before), text(answer)));
        }
    }

    async fn answer(&self, ask: &Ask) -> Answer {
        let principal = PrincipalHeader::encode(&principal(&ask.who));
        let mut request = Request::post(ask.path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-cc-principal", principal)
            .header("x-cc-shopper-token", &ask.who);
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        self.answer_to(request, ask.body.clone()).await
    }

    /// What the router answers to the edge.
    pub(crate) async fn answer_to(&self, request: http::request::Builder, body: String) -> Answer {
        let request = request.extension(CallerArn(EDGE_ARN.to_owned())).body(Body::from(body));
        let Ok(response) = self.router.clone().oneshot(request.expect("should be a request")).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.to_string(), value.to_str().ok()?.to_owned()))
        };
        Answer { status: parts.status.as_u16(), headers: parts.headers.iter().filter_map(header).collect(), body }
    }

    /// Calls an order off on behalf of its customer. What came of it; none if the process has died.
    pub(crate) async fn call_off(&self, who: &str, order: OrderId) -> Option<CancelOutcome> {
        let backend = self.backend.clone();
        let outcome = self.run(format!("{who} calls {order} off"), async move {
            cancel_order(&backend, order, CloseReason::Customer).await.ok()
        });
        let outcome = outcome.await.flatten();
        if outcome.is_some() {
            self.memory().called_off.insert(order);
        }
        outcome
    }

    /// The shop begins to send a part of what was paid for an order back; none if nothing is known of a payment.
    pub(crate) fn send_back(&self, order: OrderId, key: &str) -> Option<TaskId> {
        let (payment, amount) = self.provider.book().part_of(order)?;
        let (backend, key) = (self.backend.clone(), key.to_owned());
        Some(self.world.begin(
            format!("the shop sends {amount:?} of {order} back ({key})"),
            Role::Request,
            async move {
                let shop = principal("the shop");
                let request = AskRefund {
                    principal: &shop,
                    key: IdempotencyKey::of(&key),
                    request_hash: [0; 32],
                    payment_id: payment,
                    amount: Some(Amount::from(amount)),
                    reason: RefundReason::RequestedByCustomer,
                };
                let kept = |_: &Refund| StoredAnswer { status: 201, headers: Vec::new(), body: Bytes::new() };
                // What comes of it is in the ledger.
                let _ = Box::pin(ask_refund(&backend, &request, kept)).await;
            },
        ))
    }

    /// The shop begins to take what is set aside for an order; none if nothing is.
    pub(crate) fn take_money(&self, order: OrderId, key: &str) -> Option<TaskId> {
        let payment_id = self.provider.book().set_aside(order)?;
        let (backend, key) = (self.backend.clone(), key.to_owned());
        Some(self.world.begin(format!("the shop captures {order} ({key})"), Role::Request, async move {
            let shop = principal("the shop");
            let Ok(customer) = known_customer(&backend, &shop).await else { return };
            let (key, route) = (Some(IdempotencyKey::of(&key)), Route::CapturePayment);
            let request = KeyedRequest { customer, route, key, request_hash: [1; 32] };
            let capturing = async {
                let payment = capture_payment(&backend, payment_id).await?;
                let answer = StoredAnswer { status: 200, headers: Vec::new(), body: Bytes::new() };
                Ok::<_, CaptureError>(Ended { answer, kept: payment.state == PaymentState::Succeeded })
            };
            // What comes of it is in the ledger.
            let _ = Box::pin(once(&backend, &request, capturing)).await;
        }))
    }

    /// Something that a process of the origin does for a shopper who waits for it.
    async fn run<T: Send + 'static>(&self, name: String, job: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let task = self.world.begin(name, Role::Request, async move {
            let came = job.await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
        });
        self.world.answered(task).await;
        result.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
