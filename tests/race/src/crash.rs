//! An origin under load that is killed again and again, and what its shoppers and the stores have of it in the end.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use commerce_domain::{Clock as _, Entropy as _};
use jiff::SignedDuration;
use origin_gateways::{CaptureMethod, SystemClock};
use serde_json::{Value, json};
use test_support::{ManualClock, SeededEntropy, SharedClock};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    client::{Answer, Client},
    goods::Product,
    invariants::broken,
    lab::{Failure, Lab},
    origin::Origin,
    race::{CARD, Track, order_body, payment_body},
};

/// Shoppers at once.
const SHOPPERS: u32 = 6;
/// So often a request is sent before its shopper gives up.
const MOST_TRIES: u32 = 12;
const BETWEEN_TRIES: Duration = Duration::from_millis(40);
/// Longer than a lease.
const LEASE: SignedDuration = SignedDuration::from_secs(31);

/// What came of killing.
#[derive(Debug, Clone, Default)]
pub struct Kills {
    /// Origins that were killed, and those of them that had a request inside.
    pub kills: u32,
    /// See `kills`.
    pub busy: u32,
    /// Requests that were inside when their origin died.
    pub interrupted: u32,
    /// Orders that their shoppers know of, and payments.
    pub orders: u32,
    /// See `orders`.
    pub payments: u32,
    /// Orders that were called off.
    pub cancelled: u32,
    /// What is broken, in words.
    pub broken: Vec<String>,
}

/// What all shoppers share.
struct Crowd {
    lab: Lab,
    client: Client,
    product: Product,
    origin: watch::Receiver<String>,
    over: AtomicBool,
    inside: AtomicU32,
    next: AtomicU32,
    book: Mutex<BTreeMap<Request, Option<Answer>>>,
}

/// A request under its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    who: String,
    path: String,
    key: String,
    body: String,
}

/// Kills an origin so many times while shoppers order and pay, at times that follow from the seed. `program` is this suite's.
///
/// # Errors
/// [`Failure`], where the suite cannot be run.
pub async fn kills(program: &Path, times: u32, seed: u64) -> Result<Kills, Failure> {
    let lab = Lab::open(clock()).await?;
    let product = lab.product(&SystemClock, 2, 100_000).await?;
    let mut origin = Origin::start(program, &lab.lines).await?;
    let (address, receiver) = watch::channel(origin.url.clone());
    let crowd = Arc::new(Crowd {
        lab,
        client: Client::new()?,
        product,
        origin: receiver,
        over: AtomicBool::new(false),
        inside: AtomicU32::new(0),
        next: AtomicU32::new(0),
        book: Mutex::default(),
    });
    let mut shoppers = JoinSet::new();
    for _ in 0..SHOPPERS {
        let crowd = Arc::clone(&crowd);
        shoppers.spawn(async move { crowd.keep_shopping().await });
    }
    let mut result = Kills::default();
    let entropy = SeededEntropy::new(seed);
    for _ in 0..times {
        tokio::time::sleep(life(&entropy)).await;
        let inside = crowd.inside.load(Ordering::SeqCst);
        origin.kill().await?;
        result.kills += 1;
        result.busy += u32::from(inside > 0);
        result.interrupted += inside;
        origin = Origin::start(program, &crowd.lab.lines).await?;
        address.send_replace(origin.url.clone());
    }
    crowd.over.store(true, Ordering::SeqCst);
    for shopper in shoppers.join_all().await {
        shopper?;
    }
    origin.kill().await?;
    let crowd = Arc::into_inner(crowd).ok_or_else(|| Failure::of("a shopper is still there"))?;
    recover(crowd, &mut result).await?;
    Ok(result)
}

/// An origin by a later clock repeats what was not answered, and ends what nobody returns to.
async fn recover(crowd: Crowd, result: &mut Kills) -> Result<(), Failure> {
    let Crowd { lab, book, .. } = crowd;
    let book = book.into_inner().unwrap_or_else(PoisonError::into_inner);
    let later = ManualClock::new(SystemClock.now().checked_add(LEASE).map_err(Failure::of)?);
    let track = Track::on(lab, later, CaptureMethod::Automatic).await?;
    for (request, known) in book {
        let body: Value = serde_json::from_str(&request.body).map_err(Failure::of)?;
        let mut again = track.post(&request.who, &request.path, Some(&request.key), &body).await?;
        if again.status >= 500 {
            again = track.post(&request.who, &request.path, Some(&request.key), &body).await?;
        }
        let ended = known.as_ref().is_some_and(is_kept);
        if again.status >= 500 || ended && known.as_ref() != Some(&again) {
            result.broken.push(format!("{request:?} was answered with {known:?}, and then with {again:?}"));
        }
        result.orders += u32::from(again.status == 201);
        result.payments += u32::from(again.body["status"] == "succeeded");
        result.cancelled += u32::from(again.body["status"] == "CANCELLED");
    }
    track.come_to_rest(&mut result.broken).await?;
    result.broken.extend(broken(&track.lab).await?);
    Ok(())
}

/// Whether the answer is the last word under its key.
fn is_kept(answer: &Answer) -> bool {
    answer.status == 201 || answer.body["status"] == "succeeded" || answer.body["status"] == "CANCELLED"
}

/// How long an origin lives: some die while they start to work, some in the midst of it.
fn life(entropy: &SeededEntropy) -> Duration {
    let mut drawn = [0; 2];
    entropy.fill(&mut drawn);
    Duration::from_millis(30 + u64::from(u16::from_le_bytes(drawn)) % 700)
}

fn clock() -> SharedClock {
    test_support::SystemClock::shared()
}

impl Crowd {
    async fn keep_shopping(&self) -> Result<(), Failure> {
        while !self.over.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let who = format!("shopper-{number}");
            let lines: Vec<_> = self.product.variants.iter().map(|variant| (self.product.id, *variant)).collect();
            self.lab.fill_cart(&SystemClock, &who, &lines).await?;
            let Some(order) = self.ask(&who, "/v1/orders", &order_body()).await else { continue };
            // One in five leaves it, one in five calls it off.
            if order.status == 201 && !number.is_multiple_of(5) {
                self.ask(&who, "/v1/payments", &payment_body(&order, CARD)).await;
            }
            if order.status == 201 && number % 5 == 1 {
                self.ask(&who, &format!("/v1/orders/{}/cancel", order.text("orderId")), &json!({})).await;
            }
        }
        Ok(())
    }

    /// Sends a request until it is answered for good, or its shopper gives up.
    async fn ask(&self, who: &str, path: &str, body: &Value) -> Option<Answer> {
        let key = format!("{who}{}", path.replace('/', "-"));
        let request = Request { who: who.to_owned(), path: path.to_owned(), key, body: body.to_string() };
        self.note(&request, None);
        for _ in 0..MOST_TRIES {
            let origin = self.origin.borrow().clone();
            self.inside.fetch_add(1, Ordering::SeqCst);
            let answer = self.client.post(&origin, SystemClock.now(), who, path, Some(&request.key), body).await;
            self.inside.fetch_sub(1, Ordering::SeqCst);
            match answer {
                Ok(answer) if answer.status < 500 && answer.code() != "REQUEST_IN_PROGRESS" => {
                    self.note(&request, Some(&answer));
                    return Some(answer);
                }
                _ => tokio::time::sleep(BETWEEN_TRIES).await,
            }
        }
        None
    }

    fn note(&self, request: &Request, answer: Option<&Answer>) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.insert(request.clone(), answer.cloned());
    }
}
