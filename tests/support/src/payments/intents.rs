//! Payment intents: created, confirmed, authenticated, captured, canceled.
//! <https://docs.stripe.com/api/payment_intents>

use serde_json::Value;

use super::{
    amounts::{check_amount, check_currency},
    book::{Book, unexpected_state},
    cards::{self, Behaviour, Decline},
    error::StripeError,
    form::Form,
    model::{Charge, Intent, IntentStatus},
};

const CREATE_PARAMETERS: [&str; 18] = [
    "amount",
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "currency",
    "customer",
    "description",
    "expand",
    "metadata",
    "off_session",
    "payment_method",
    "payment_method_types",
    "receipt_email",
    "return_url",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
];
const CONFIRM_PARAMETERS: [&str; 6] =
    ["capture_method", "expand", "off_session", "payment_method", "receipt_email", "return_url"];
const CAPTURE_METHODS: [&str; 3] = ["automatic", "automatic_async", "manual"];
const CANCELLATION_REASONS: [&str; 4] = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];

/// What the cardholder did when asked to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    Passed,
    Failed,
}

impl Book {
    pub(super) fn create_intent(&mut self, form: &Form, now: i64) -> Result<Value, StripeError> {
        form.allow(&CREATE_PARAMETERS)?;
        form.required("amount")?;
        let currency = check_currency(form.required("currency")?)?;
        let amount = form.amount("amount")?.unwrap_or_default();
        check_amount(amount, &currency)?;
        let payment_method = form.text("payment_method");
        payment_method.map(cards::behaviour).transpose()?;
        let confirm = form.flag("confirm")?;
        if confirm && payment_method.is_none() {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            return Err(StripeError::invalid(message).code("parameter_missing").param("payment_method"));
        }
        let id = self.new_id("pi");
        let secret = format!("{id}_{}", self.new_id("secret"));
        let intent = Intent {
            action_url: self.action_url(&id),
            client_secret: secret,
            amount,
            amount_received: 0,
            currency,
            status: match payment_method {
                Some(_) => IntentStatus::RequiresConfirmation,
                None => IntentStatus::RequiresPaymentMethod,
            },
            payment_method: payment_method.map(str::to_owned),
            manual_capture: form.choice("capture_method", &CAPTURE_METHODS)? == Some("manual"),
            metadata: form.metadata()?,
            description: form.text("description").map(str::to_owned),
            receipt_email: form.text("receipt_email").map(str::to_owned),
            return_url: form.text("return_url").map(str::to_owned),
            latest_charge: None,
            last_payment_error: None,
            cancellation_reason: None,
            canceled_at: None,
            created: now,
            id: id.clone(),
        };
        self.intents.insert(&id, intent);
        self.tell_intent("payment_intent.created", &id);
        if confirm {
            self.attempt(&id, now)?;
        }
        self.intent_object(&id, form.expands("latest_charge"))
    }

    pub(super) fn confirm_intent(&mut self, id: &str, form: &Form, now: i64) -> Result<Value, StripeError> {
        form.allow(&CONFIRM_PARAMETERS)?;
        let intent = self.intent(id)?;
        let confirmable = matches!(
            intent.status,
            IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation | IntentStatus::RequiresAction
        );
        if !confirmable {
            return Err(unexpected_state(intent, "confirm"));
        }
        let payment_method = form.text("payment_method").or(intent.payment_method.as_deref()).map(str::to_owned);
        let Some(payment_method) = payment_method else {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            let error = StripeError::state("payment_intent_unexpected_state", message);
            return Err(error.about(intent.object(None)));
        };
        cards::behaviour(&payment_method)?;
        let intent = self.intent_mut(id)?;
        intent.payment_method = Some(payment_method);
        if let Some(return_url) = form.text("return_url") {
            intent.return_url = Some(return_url.to_owned());
        }
        self.attempt(id, now)?;
        self.intent_object(id, form.expands("latest_charge"))
    }

    /// Ends the authentication that `requires_action` asks for.
    pub(super) fn authenticate(&mut self, id: &str, outcome: Authentication, now: i64) -> Result<Value, StripeError> {
        let intent = self.intent(id)?;
        if intent.status != IntentStatus::RequiresAction {
            return Err(unexpected_state(intent, "authenticate"));
        }
        let behaviour = intent.payment_method.as_deref().map(cards::behaviour).transpose()?;
        match (outcome, behaviour.and_then(|behaviour| behaviour.decline)) {
            (Authentication::Failed, _) => {
                let message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data \
                               or a new PaymentMethod to attempt to fulfill this PaymentIntent again.";
                self.fail(id, &StripeError::card("payment_intent_authentication_failure", None, message))?;
            }
            // The cardholder's browser sees the intent; the decline shows in it.
            (Authentication::Passed, Some(decline)) => drop(self.decline(id, decline, now)?),
            (Authentication::Passed, None) => self.charge(id, now)?,
        }
        self.intent_object(id, false)
    }

    pub(super) fn capture_intent(&mut self, id: &str, form: &Form) -> Result<Value, StripeError> {
        form.allow(&["amount_to_capture", "expand", "metadata"])?;
        let intent = self.intent(id)?;
        if intent.status != IntentStatus::RequiresCapture {
            return Err(unexpected_state(intent, "capture"));
        }
        let amount = form.amount("amount_to_capture")?.unwrap_or(intent.amount);
        if amount == 0 || amount > intent.amount {
            let message = "The amount to capture must be positive and at most the amount that was authorised";
            return Err(StripeError::invalid(message).code("amount_too_large").param("amount_to_capture"));
        }
        let charge = intent.latest_charge.clone().unwrap_or_default();
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.captured = true;
            charge.amount_captured = amount;
            // What is not captured goes back to the cardholder.
            charge.amount_refunded = charge.amount - amount;
        }
        let intent = self.intent_mut(id)?;
        intent.status = IntentStatus::Succeeded;
        intent.amount_received = amount;
        self.tell_charge("charge.captured", &charge);
        self.tell_intent("payment_intent.succeeded", id);
        self.intent_object(id, form.expands("latest_charge"))
    }

    pub(super) fn cancel_intent(&mut self, id: &str, form: &Form, now: i64) -> Result<Value, StripeError> {
        form.allow(&["cancellation_reason", "expand"])?;
        let reason = form.choice("cancellation_reason", &CANCELLATION_REASONS)?.map(str::to_owned);
        let intent = self.intent(id)?;
        if matches!(intent.status, IntentStatus::Succeeded | IntentStatus::Canceled) {
            return Err(unexpected_state(intent, "cancel"));
        }
        let authorised =
            (intent.status == IntentStatus::RequiresCapture).then(|| intent.latest_charge.clone()).flatten();
        if let Some(charge) = authorised.and_then(|charge| self.charges.get_mut(&charge)) {
            charge.amount_refunded = charge.amount;
        }
        let intent = self.intent_mut(id)?;
        intent.status = IntentStatus::Canceled;
        intent.cancellation_reason = reason;
        intent.canceled_at = Some(now);
        self.tell_intent("payment_intent.canceled", id);
        self.intent_object(id, form.expands("latest_charge"))
    }

    /// Charges the intent's payment method, or asks for authentication first.
    fn attempt(&mut self, id: &str, now: i64) -> Result<(), StripeError> {
        let method = self.intent(id)?.payment_method.clone().unwrap_or_default();
        match cards::behaviour(&method)? {
            Behaviour { authentication: true, .. } => {
                self.intent_mut(id)?.status = IntentStatus::RequiresAction;
                self.tell_intent("payment_intent.requires_action", id);
                Ok(())
            }
            Behaviour { decline: Some(decline), .. } => Err(self.decline(id, decline, now)?),
            Behaviour { decline: None, .. } => self.charge(id, now),
        }
    }

    fn charge(&mut self, id: &str, now: i64) -> Result<(), StripeError> {
        let charge = self.new_charge(id, None, now)?;
        let intent = self.intent_mut(id)?;
        intent.last_payment_error = None;
        intent.latest_charge = Some(charge.clone());
        let told = if intent.manual_capture {
            intent.status = IntentStatus::RequiresCapture;
            "payment_intent.amount_capturable_updated"
        } else {
            intent.status = IntentStatus::Succeeded;
            intent.amount_received = intent.amount;
            "payment_intent.succeeded"
        };
        self.tell_charge("charge.succeeded", &charge);
        self.tell_intent(told, id);
        Ok(())
    }

    /// Records a failed charge and returns the 402 that the caller gets.
    fn decline(&mut self, id: &str, decline: Decline, now: i64) -> Result<StripeError, StripeError> {
        let charge = self.new_charge(id, Some(decline), now)?;
        self.intent_mut(id)?.latest_charge = Some(charge.clone());
        self.tell_charge("charge.failed", &charge);
        let error = StripeError { charge: Some(charge.into()), ..decline.error() };
        self.fail(id, &error)?;
        Ok(error.about(self.intent_object(id, false)?))
    }

    /// Back to the start: another payment method may be tried.
    fn fail(&mut self, id: &str, error: &StripeError) -> Result<(), StripeError> {
        let intent = self.intent_mut(id)?;
        intent.status = IntentStatus::RequiresPaymentMethod;
        intent.payment_method = None;
        intent.last_payment_error = Some(error.object());
        self.tell_intent("payment_intent.payment_failed", id);
        Ok(())
    }

    fn new_charge(&mut self, intent: &str, decline: Option<Decline>, now: i64) -> Result<String, StripeError> {
        let id = self.new_id("ch");
        let intent = self.intent(intent)?;
        let captured = decline.is_none() && !intent.manual_capture;
        let charge = Charge {
            id: id.clone(),
            intent: intent.id.clone(),
            amount: intent.amount,
            amount_captured: if captured { intent.amount } else { 0 },
            amount_refunded: 0,
            currency: intent.currency.clone(),
            payment_method: intent.payment_method.clone(),
            captured,
            failure: decline.map(|decline| (decline.code().to_owned(), decline.message().to_owned())),
            metadata: intent.metadata.clone(),
            receipt_url: self.receipt_url(&id),
            created: now,
        };
        self.charges.insert(&id, charge);
        Ok(id)
    }
}
