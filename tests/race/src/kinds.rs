//! What races with what.

mod orders;
mod payments;
mod paypal;

use std::fmt;

use commerce_domain::{ProductId, VariantId};
use origin_gateways::CaptureMethod;

use self::{
    orders::{sold_out, two_lines_ordered, two_orders},
    payments::{
        cancel_and_capture, cancel_and_payment, expiry_and_payment, two_lines_paid, two_refunds, webhook_and_return,
    },
    paypal::{approval_and_return, card_and_paypal},
};
use crate::{client::Answer, goods::Product, lab::Failure, race::Track};

/// A kind of race.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two shoppers order the last piece.
    SoldOut,
    /// One request, sent twice under its key.
    SameKey,
    /// One cart, ordered under two keys.
    TwoKeys,
    /// A webhook and the answer to the request that it tells of.
    WebhookAndReturn,
    /// Two parts that are more than the whole go back.
    TwoRefunds,
    /// An order is paid while the sweep ends it.
    ExpiryAndPayment,
    /// An order is paid while its customer calls it off.
    CancelAndPayment,
    /// A payment is captured while its order is called off.
    CancelAndCapture,
    /// Two orders of the same two variants of a product are placed, or paid.
    TwoLines,
    /// A customer who has agreed at PayPal comes back while PayPal tells of it.
    ApprovalAndReturn,
    /// A customer who has agreed at PayPal pays by card at the same time.
    CardAndPayPal,
}

/// What one race came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Whether both sides were inside the window together.
    pub(crate) met: bool,
    pub(crate) broken: Vec<String>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SoldOut => "last piece x last piece",
            Self::SameKey => "order x order, same key",
            Self::TwoKeys => "order x order, two keys",
            Self::WebhookAndReturn => "webhook x return",
            Self::TwoRefunds => "refund x refund",
            Self::ExpiryAndPayment => "expiry x pay",
            Self::CancelAndPayment => "cancel x pay",
            Self::CancelAndCapture => "cancel x capture",
            Self::TwoLines => "two lines of one product",
            Self::ApprovalAndReturn => "webhook x return, PayPal",
            Self::CardAndPayPal => "card x PayPal",
        })
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SoldOut,
        Self::SameKey,
        Self::TwoKeys,
        Self::WebhookAndReturn,
        Self::TwoRefunds,
        Self::ExpiryAndPayment,
        Self::CancelAndPayment,
        Self::CancelAndCapture,
        Self::TwoLines,
        Self::ApprovalAndReturn,
        Self::CardAndPayPal,
    ];

    /// When the money is taken in the shop where it is run.
    pub(crate) fn captured(self) -> CaptureMethod {
        match self {
            Self::CancelAndCapture => CaptureMethod::Manual,
            _ => CaptureMethod::Automatic,
        }
    }

    /// One race, the `number`th on this track.
    pub(crate) async fn race(self, track: &Track, number: u32) -> Result<Outcome, Failure> {
        let names = [format!("ada-{number}"), format!("bob-{number}")];
        let [ada, bob] = [names[0].as_str(), names[1].as_str()];
        match self {
            Self::SoldOut => sold_out(track, number, ada, bob).await,
            Self::SameKey => two_orders(track, number, ada, ["k", "k"]).await,
            Self::TwoKeys => two_orders(track, number, ada, ["k1", "k2"]).await,
            Self::WebhookAndReturn => webhook_and_return(track, number, ada).await,
            Self::TwoRefunds => two_refunds(track, number, ada).await,
            Self::ExpiryAndPayment => expiry_and_payment(track, number, ada).await,
            Self::CancelAndPayment => cancel_and_payment(track, number, ada).await,
            Self::CancelAndCapture => cancel_and_capture(track, number, ada).await,
            Self::TwoLines if number % 4 < 2 => two_lines_ordered(track, number, ada, bob).await,
            Self::TwoLines => two_lines_paid(track, number, ada, bob).await,
            Self::ApprovalAndReturn => approval_and_return(track, number, ada).await,
            Self::CardAndPayPal => card_and_paypal(track, number, ada).await,
        }
    }
}

fn judged(met: bool, expected: &[(bool, &dyn fmt::Debug)]) -> Outcome {
    let broken = expected.iter().filter(|(right, _)| !right).map(|(_, what)| format!("{what:?}")).collect();
    Outcome { met, broken }
}

fn first_of(product: &Product) -> Vec<(ProductId, VariantId)> {
    product.variants.iter().take(1).map(|variant| (product.id, *variant)).collect()
}

/// Somebody's order of one piece of five.
async fn placed(track: &Track, who: &str) -> Result<Answer, Failure> {
    let product = track.lab.product(&track.clock, 1, 5).await?;
    track.lab.fill_cart(&track.clock, who, &first_of(&product)).await?;
    let order = track.order(who, None).await?;
    if order.status == 201 { Ok(order) } else { Err(Failure::of(format!("no order to race for: {order:?}"))) }
}
