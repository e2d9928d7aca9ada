//! The providers' webhooks on their way to the shop: at once, late, twice, out of order, or never.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use commerce_api::{Route, headers::STRIPE_SIGNATURE};
use commerce_aws::Timer as _;
use commerce_domain::Clock as _;
use http::{Request, header};
use origin_core::payments::Provider as Which;
use test_support::payments::signature_header;

use crate::{
    invariants::receipts,
    provider::{About, Happening},
    shop::Shop,
    world::{Role, TaskId},
};

/// What Stripe signs with.
pub(crate) const SECRET: &str = "whsec_sim";
/// How often they send what is not taken. Of disputes it tells until it is heard.
const MOST_TRIES: u32 = 6;

/// A webhook under way: whether the shop has taken it, once that is known.
type Sent = (TaskId, Arc<Mutex<bool>>);

impl Shop {
    /// Sends a webhook for each thing that has happened at a provider.
    pub(crate) fn send_webhooks(&self) {
        let happenings = std::mem::take(&mut self.provider.book().outgoing);
        for happening in happenings {
            let (name, shop) =
                (format!("{} tells {} {}", happening.at.as_str(), happening.kind, happening.id), self.clone());
            self.world.begin(name, Role::Shopper, async move { shop.tell(&happening).await });
        }
    }

    async fn tell(&self, happening: &Happening) {
        let must_arrive = matches!(happening.about, About::Dispute(_));
        if !must_arrive && self.world.draw(|rng| rng.chance(80)) {
            self.world.note(|| format!("{} is never told", happening.id));
            return;
        }
        // Nearly half of them race the answer to the request that caused them.
        let longest = self.world.draw(|rng| rng.pick(&[20, 20, 20, 300, 3_000, 40_000, 900_000]));
        self.pause(longest).await;
        let mut tries = 0;
        while must_arrive || tries < MOST_TRIES {
            tries += 1;
            let first = self.send(happening);
            let second = self.world.draw(|rng| rng.chance(150)).then(|| self.send(happening));
            let taken = self.is_taken(first).await;
            let taken_twice = match second {
                Some(second) => self.is_taken(second).await,
                None => false,
            };
            if taken || taken_twice {
                receipts::check(self, happening).await;
                // Somebody at the provider sends it by hand, long after.
                if self.world.draw(|rng| rng.chance(150)) {
                    self.pause(900_000).await;
                    let again = self.send(happening);
                    self.is_taken(again).await;
                }
                return;
            }
            self.pause(60_000).await;
        }
    }

    async fn pause(&self, longest_millis: u64) {
        let millis = self.world.draw(|rng| rng.between(1, longest_millis));
        self.world.sleep(Duration::from_millis(millis)).await;
    }

    /// Sends it once, signed at this time.
    fn send(&self, happening: &Happening) -> Sent {
        let taken = Arc::new(Mutex::new(false));
        let (slot, shop, body) = (Arc::clone(&taken), self.clone(), happening.body.clone());
        let name = format!("webhook {}", happening.id);
        let request = match happening.at {
            Which::Stripe => {
                let signature = signature_header(SECRET, self.world.now().as_second(), body.as_bytes());
                Request::post(Route::ReceiveStripeWebhook.pattern()).header(STRIPE_SIGNATURE, signature)
            }
            Which::PayPal => Request::post(Route::ReceivePayPalWebhook.pattern()),
        };
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let task = self.world.begin(name.clone(), Role::Webhook, async move {
            let answer = shop.answer_to(request, body).await;
            shop.world.note(|| format!("{name} is answered with {} {}", answer.status, answer.code()));
            if answer.status == 500 {
                shop.violated(format!("{name} was answered with a 500"));
            }
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = answer.status == 200;
        });
        (task, taken)
    }

    async fn is_taken(&self, (task, taken): Sent) -> bool {
        self.world.answered(task).await;
        *taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
