//! The payment providers in memory: payment intents as Stripe has them
//! (<https://docs.stripe.com/payments/paymentintents/lifecycle>) and orders as PayPal has them, keys under which they keep their
//! answers, and one book for both.

mod disputes;
mod happenings;
mod paypal;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use commerce_domain::{Money, OrderId, PaymentId, RefundId};
use origin_core::{
    Secret,
    payments::{Confirmation, Decline, Dispute, GatewayError, Intent, IntentStatus, NewIntent, Provider as Which},
    refunds::{ProviderRefund, Refund, RefundVerdict},
};

pub(crate) use self::{
    disputes::Disputed,
    happenings::{About, Happening},
    paypal::{PAYPAL, Purse},
};

/// A card that pays.
pub(crate) const GOOD: &str = "pm_card_visa";
/// A card that is declined.
pub(crate) const DECLINED: &str = "pm_card_chargeDeclined";
/// A card whose owner is asked by the bank first.
pub(crate) const ASKED: &str = "pm_card_authenticationRequired";

type Answer = Result<Intent, GatewayError>;

/// An intent and what was charged for it.
#[derive(Debug, Clone)]
pub(crate) struct Booked {
    pub(crate) at: Which,
    pub(crate) payment: PaymentId,
    pub(crate) order: OrderId,
    pub(crate) amount: Money,
    pub(crate) status: IntentStatus,
    /// How often the customer was charged.
    pub(crate) charges: u32,
    /// What was sent back, by our refund: once for each, if all is well.
    pub(crate) refunds: Vec<(RefundId, Money)>,
    decline: Option<Decline>,
    method: Option<String>,
    /// What is behind the customer's account at PayPal.
    purse: Purse,
}

/// All that the providers remember.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Whether Stripe sets money aside first, and taken when the shop says so.
    pub(crate) by_hand: bool,
    pub(crate) intents: BTreeMap<String, Booked>,
    keys: BTreeMap<String, Answer>,
    refund_keys: BTreeMap<String, Result<ProviderRefund, GatewayError>>,
    /// By their ids.
    pub(crate) disputes: BTreeMap<String, Disputed>,
    /// What webhooks have yet to tell of.
    pub(crate) outgoing: Vec<Happening>,
    told: u64,
}

/// An answer that can be kept under a key.
pub(crate) trait Kept: Clone + Send + 'static {
    /// Those that are kept; none where nobody sends a key.
    fn kept(book: &mut Book) -> Option<&mut BTreeMap<String, Result<Self, GatewayError>>>;
}

impl Kept for Intent {
    fn kept(book: &mut Book) -> Option<&mut BTreeMap<String, Answer>> {
        Some(&mut book.keys)
    }
}

impl Kept for ProviderRefund {
    fn kept(book: &mut Book) -> Option<&mut BTreeMap<String, Result<Self, GatewayError>>> {
        Some(&mut book.refund_keys)
    }
}

impl Kept for Option<ProviderRefund> {
    fn kept(_: &mut Book) -> Option<&mut BTreeMap<String, Result<Self, GatewayError>>> {
        None
    }
}

impl Kept for () {
    fn kept(_: &mut Book) -> Option<&mut BTreeMap<String, Result<Self, GatewayError>>> {
        None
    }
}

impl Kept for Dispute {
    fn kept(_: &mut Book) -> Option<&mut BTreeMap<String, Result<Self, GatewayError>>> {
        None
    }
}

/// The providers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provider(Arc<Mutex<Book>>);

impl Provider {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acts once under the key, `None` for an action that is not taken. Stripe keeps what it has answered, PayPal what it has done.
    pub(crate) fn under<T: Kept>(
        &self,
        at: Which,
        key: &str,
        failing: bool,
        act: Option<impl FnOnce(&mut Book) -> Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let mut book = self.book();
        if let Some(kept) = T::kept(&mut book).and_then(|kept| kept.get(key)) {
            return kept.clone();
        }
        let acted = act.map(|act| act(&mut book));
        let answer = match &acted {
            Some(answer) if !failing => answer.clone(),
            _ => failed(at),
        };
        let keeps = match at {
            Which::Stripe => Some(answer.clone()),
            Which::PayPal => acted.filter(Result::is_ok),
        };
        if let Some((kept, keeps)) = T::kept(&mut book).zip(keeps) {
            kept.insert(key.to_owned(), keeps);
        }
        answer
    }
}

/// A 500. Stripe keeps it, so it says that the work is done; of PayPal's, nothing follows.
pub(crate) fn failed<T>(at: Which) -> Result<T, GatewayError> {
    let text = "simulated: 500".to_owned();
    Err(match at {
        Which::Stripe => GatewayError::Failed(text),
        Which::PayPal => GatewayError::Unknown(text),
    })
}

impl Book {
    /// A day has passed (<https://docs.stripe.com/api/idempotent_requests>).
    pub(crate) fn forget_keys(&mut self) {
        self.keys.clear();
        self.refund_keys.clear();
        self.forget_orders();
    }

    pub(crate) fn create(&mut self, new: &NewIntent) -> Answer {
        let id = format!("pi_{}_{}", new.payment_id, self.intents.len());
        let status = match new.provider {
            Which::Stripe => IntentStatus::RequiresPaymentMethod,
            Which::PayPal => IntentStatus::RequiresAction,
        };
        let booked = Booked {
            at: new.provider,
            payment: new.payment_id,
            order: new.order_id,
            amount: new.amount,
            status,
            charges: 0,
            refunds: Vec::new(),
            decline: None,
            method: None,
            purse: Purse::Full,
        };
        self.intents.insert(id.clone(), booked);
        self.read(&id)
    }

    /// A confirmation, as its provider takes it.
    pub(crate) fn confirm_by(&mut self, confirmation: &Confirmation) -> Answer {
        let Confirmation { provider, intent_id, payment_method_id, .. } = confirmation;
        match provider {
            Which::Stripe => self.confirm(intent_id, payment_method_id),
            Which::PayPal => self.capture_order(intent_id),
        }
    }

    fn confirm(&mut self, id: &str, method: &str) -> Answer {
        let intent = self.intent(id)?;
        if matches!(intent.status, IntentStatus::RequiresCapture | IntentStatus::Succeeded | IntentStatus::Canceled) {
            return Err(refused(intent.status));
        }
        intent.method = Some(method.to_owned());
        match method {
            ASKED => intent.status = IntentStatus::RequiresAction,
            DECLINED => {
                let decline = intent.declined("card_declined");
                self.tell("payment_intent.payment_failed", About::Intent(id.to_owned()));
                return Err(GatewayError::Declined(decline));
            }
            _ => self.agreed(id)?,
        }
        self.read(id)
    }

    /// The customer and the bank have said yes.
    fn agreed(&mut self, id: &str) -> Result<(), GatewayError> {
        if !self.by_hand {
            return self.charge(id);
        }
        self.intent(id)?.status = IntentStatus::RequiresCapture;
        self.tell("payment_intent.amount_capturable_updated", About::Intent(id.to_owned()));
        Ok(())
    }

    /// The money that was set aside is taken.
    pub(crate) fn capture(&mut self, id: &str) -> Answer {
        match self.intent(id)?.status {
            IntentStatus::RequiresCapture => self.charge(id)?,
            status => return Err(refused(status)),
        }
        self.read(id)
    }

    /// The customer's money is taken.
    pub(crate) fn charge(&mut self, id: &str) -> Result<(), GatewayError> {
        let intent = self.intent(id)?;
        intent.status = IntentStatus::Succeeded;
        intent.charges += 1;
        let kind = match intent.at {
            Which::Stripe => "payment_intent.succeeded",
            Which::PayPal => paypal::CAPTURED,
        };
        self.tell(kind, About::Intent(id.to_owned()));
        Ok(())
    }

    /// What the customer says to the bank, or to PayPal. Whether they were asking.
    pub(crate) fn authenticate(&mut self, id: &str, agrees: bool, purse: Purse) -> bool {
        let Ok(intent) = self.intent(id) else { return false };
        if intent.status != IntentStatus::RequiresAction {
            return false;
        }
        if intent.at == Which::PayPal {
            self.answer_paypal(id, agrees, purse);
            return true;
        }
        if agrees {
            return self.agreed(id).is_ok();
        }
        intent.declined("authentication_failed");
        self.tell("payment_intent.payment_failed", About::Intent(id.to_owned()));
        true
    }

    pub(crate) fn cancel(&mut self, id: &str) -> Answer {
        let intent = self.intent(id)?;
        if matches!(intent.status, IntentStatus::Succeeded | IntentStatus::Canceled) {
            return Err(refused(intent.status));
        }
        intent.status = IntentStatus::Canceled;
        self.tell("payment_intent.canceled", About::Intent(id.to_owned()));
        self.read(id)
    }

    pub(crate) fn read(&mut self, id: &str) -> Answer {
        let intent = self.intent(id)?.clone();
        let asks = intent.status == IntentStatus::RequiresAction;
        let paid = intent.status == IntentStatus::Succeeded;
        Ok(Intent {
            id: id.to_owned(),
            status: intent.status,
            client_secret: Some(Secret::new(format!("{id}_secret"))),
            redirect_url: asks.then(|| Secret::new(format!("https://bank.test/{id}"))),
            capture_before: None,
            received: None,
            receipt_url: paid.then(|| format!("https://provider.test/receipts/{id}")),
            decline: intent.decline,
        })
    }

    /// Sends money back, and no more than was taken and is not with the bank.
    pub(crate) fn refund(&mut self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let id = refund.intent_id.as_deref().unwrap_or_default();
        let disputed = self.withdrawn_of(id);
        let intent = self.intent(id)?;
        let gone: i64 = intent.refunds.iter().map(|(_, money)| money.minor()).sum();
        let taken = intent.amount.minor() * i64::from(intent.charges);
        if gone + disputed + refund.amount.minor() > taken {
            let (code, message) = ("charge_already_refunded".to_owned(), "No.".to_owned());
            return Err(GatewayError::Declined(Decline { code, message }));
        }
        intent.refunds.push((refund.id, refund.amount));
        let kind = match intent.at {
            Which::Stripe => "refund.created",
            Which::PayPal => paypal::REFUNDED,
        };
        let sent_back = sent_back(refund);
        self.tell(kind, About::Refund(sent_back.id.clone()));
        Ok(sent_back)
    }

    /// A payment that was charged for this order, and 60 % of it: twice that is too much.
    pub(crate) fn part_of(&self, order: OrderId) -> Option<(PaymentId, Money)> {
        let paid = self.intents.values().find(|intent| intent.order == order && intent.charges > 0)?;
        let part = Money::from_minor(paid.amount.minor() * 3 / 5, paid.amount.currency()).ok()?;
        (part.minor() > 0).then_some((paid.payment, part))
    }

    /// The payment of this order whose money is set aside.
    pub(crate) fn set_aside(&self, order: OrderId) -> Option<PaymentId> {
        let aside = |intent: &&Booked| intent.order == order && intent.status == IntentStatus::RequiresCapture;
        self.intents.values().find(aside).map(|intent| intent.payment)
    }

    pub(crate) fn find_refund(&mut self, refund: &Refund) -> Option<ProviderRefund> {
        let intent = self.intents.get(refund.intent_id.as_deref()?)?;
        intent.refunds.iter().any(|(id, _)| *id == refund.id).then(|| sent_back(refund))
    }

    fn intent(&mut self, id: &str) -> Result<&mut Booked, GatewayError> {
        self.intents.get_mut(id).ok_or_else(|| GatewayError::Refused(format!("no such intent: {id}")))
    }
}

impl Booked {
    fn declined(&mut self, code: &str) -> Decline {
        let decline = Decline { code: code.to_owned(), message: "No.".to_owned() };
        self.status = IntentStatus::RequiresPaymentMethod;
        self.method = None;
        self.decline = Some(decline.clone());
        decline
    }
}

fn refused(status: IntentStatus) -> GatewayError {
    GatewayError::Refused(format!("the intent is {status:?}"))
}

fn sent_back(refund: &Refund) -> ProviderRefund {
    ProviderRefund { id: format!("re_{}", refund.id), verdict: Some(RefundVerdict::Succeeded) }
}
