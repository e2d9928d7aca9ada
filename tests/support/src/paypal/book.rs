//! The orders of the fake, and what they come to.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::faults::{PayPalFaults, use_up};
use crate::{SharedEntropy, bounded::BoundedMap, entropy::random_hex, files::write_private};

/// Orders, disputes and answers remembered.
const MAX_ENTRIES: usize = 10_000;

/// An order with all that hangs on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    status: String,
    reference_id: String,
    custom_id: String,
    currency: String,
    value: String,
    pub(super) return_url: String,
    pub(super) cancel_url: String,
    capture: Option<Capture>,
    refunds: Vec<Refund>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Capture {
    id: String,
    status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refund {
    id: String,
    status: String,
    custom_id: String,
    value: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Dispute {
    id: String,
    order: String,
    outcome: Option<String>,
}

/// Something that happened, to be told by webhook.
pub(super) struct Happening {
    pub(super) kind: &'static str,
    pub(super) resource: Value,
}

/// An error, by PayPal's status and issue.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str);

pub(super) struct Book {
    url: String,
    entropy: SharedEntropy,
    orders: BoundedMap<Order>,
    disputes: BoundedMap<Dispute>,
    /// What was answered under a `PayPal-Request-Id`, with what was asked.
    answers: BoundedMap<(String, Value)>,
    happened: Vec<Happening>,
    file: Option<PathBuf>,
}

type Answer = Result<Value, Refusal>;

impl Book {
    pub(super) fn open(url: String, entropy: SharedEntropy, file: Option<PathBuf>) -> io::Result<Self> {
        let mut orders = BoundedMap::new(MAX_ENTRIES);
        if let Some(text) = file.as_ref().filter(|path| path.exists()).map(fs::read).transpose()? {
            for order in serde_json::from_slice::<Vec<Order>>(&text)? {
                orders.insert(&order.id.clone(), order);
            }
        }
        let (disputes, answers) = (BoundedMap::new(MAX_ENTRIES), BoundedMap::new(MAX_ENTRIES));
        Ok(Self { url, entropy, orders, disputes, answers, happened: Vec::new(), file })
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}", random_hex(&*self.entropy, 8).to_uppercase())
    }

    /// What was answered under the key, or what `act` answers now; only a success is kept.
    pub(super) fn under(&mut self, key: &str, asked: &str, act: impl FnOnce(&mut Self) -> Answer) -> Answer {
        if let Some((earlier, answer)) = self.answers.get(key) {
            return if earlier == asked { Ok(answer.clone()) } else { Err(Refusal(422, "DUPLICATE_REQUEST_ID")) };
        }
        let answer = act(self)?;
        self.answers.insert(key, (asked.to_owned(), answer.clone()));
        self.keep();
        Ok(answer)
    }

    pub(super) fn create(&mut self, body: &Value) -> Answer {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let unit = |name: &str| text(&format!("/purchase_units/0/{name}")).ok_or(Refusal(400, "MISSING_PARAMETER"));
        let context = |name: &str| {
            let found = text(&format!("/payment_source/paypal/experience_context/{name}"));
            found.ok_or(Refusal(400, "MISSING_PARAMETER"))
        };
        if text("/intent").as_deref() != Some("CAPTURE") || context("user_action")? != "PAY_NOW" {
            return Err(Refusal(400, "INVALID_PARAMETER_VALUE"));
        }
        let (currency, value) = (unit("amount/currency_code")?, unit("amount/value")?);
        let whole = ["HUF", "JPY", "TWD"].contains(&currency.as_str());
        if value.split_once('.').map_or(0, |(_, decimals)| decimals.len()) != if whole { 0 } else { 2 } {
            return Err(Refusal(422, "DECIMAL_PRECISION"));
        }
        let order = Order {
            id: self.id("5O"),
            status: "PAYER_ACTION_REQUIRED".to_owned(),
            reference_id: unit("reference_id")?,
            custom_id: unit("custom_id")?,
            currency,
            value,
            return_url: context("return_url")?,
            cancel_url: context("cancel_url")?,
            capture: None,
            refunds: Vec::new(),
        };
        let answer = self.written(&order);
        self.orders.insert(&order.id.clone(), order);
        Ok(answer)
    }

    pub(super) fn order(&self, id: &str) -> Answer {
        self.orders.get(id).map(|order| self.written(order)).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))
    }

    pub(super) fn find(&self, id: &str) -> Option<&Order> {
        self.orders.get(id)
    }

    /// The customer agrees.
    pub(super) fn approve(&mut self, id: &str) -> Answer {
        let order = self.orders.get_mut(id).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        if order.status == "PAYER_ACTION_REQUIRED" {
            "APPROVED".clone_into(&mut order.status);
            let resource = self.order(id)?;
            self.happened.push(Happening { kind: "CHECKOUT.ORDER.APPROVED", resource });
            self.keep();
        }
        self.order(id)
    }

    pub(super) fn capture(&mut self, id: &str, faults: &mut PayPalFaults) -> Answer {
        let capture = self.id("CAP-");
        let order = self.orders.get_mut(id).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        match order.status.as_str() {
            "APPROVED" => {}
            "COMPLETED" => return Err(Refusal(422, "ORDER_ALREADY_CAPTURED")),
            _ => return Err(Refusal(422, "ORDER_NOT_APPROVED")),
        }
        if use_up(&mut faults.decline) {
            return Err(Refusal(422, "INSTRUMENT_DECLINED"));
        }
        if use_up(&mut faults.ask_again) {
            "PAYER_ACTION_REQUIRED".clone_into(&mut order.status);
            return Err(Refusal(422, "PAYER_ACTION_REQUIRED"));
        }
        let status = if use_up(&mut faults.decline_capture) {
            "DECLINED"
        } else if use_up(&mut faults.pend) {
            "PENDING"
        } else {
            "COMPLETED"
        };
        order.capture = Some(Capture { id: capture, status: status.to_owned() });
        "COMPLETED".clone_into(&mut order.status);
        self.tell_capture(id);
        self.order(id)
    }

    /// What PayPal makes of a capture that was PENDING.
    pub(super) fn decide(&mut self, id: &str, status: &str) -> Answer {
        let order = self.orders.get_mut(id).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        if let Some(capture) = order.capture.as_mut().filter(|capture| capture.status == "PENDING") {
            status.clone_into(&mut capture.status);
            self.tell_capture(id);
            self.keep();
        }
        self.order(id)
    }

    fn tell_capture(&mut self, id: &str) {
        let Some(order) = self.orders.get(id) else { return };
        let Some(capture) = &order.capture else { return };
        let kind = match capture.status.as_str() {
            "COMPLETED" => "PAYMENT.CAPTURE.COMPLETED",
            "PENDING" => "PAYMENT.CAPTURE.PENDING",
            _ => "PAYMENT.CAPTURE.DENIED",
        };
        let mut resource = order.capture_object(capture);
        resource["supplementary_data"] = json!({"related_ids": {"order_id": order.id}});
        self.happened.push(Happening { kind, resource });
    }

    pub(super) fn refund(&mut self, capture: &str, body: &Value, faults: &PayPalFaults) -> Answer {
        let id = self.id("REF-");
        let paid = |order: &&Order| order.capture.as_ref().is_some_and(|known| known.id == capture);
        let found = self.orders.iter().find(paid).map(|order| order.id.clone());
        let order = found.and_then(|id| self.orders.get_mut(&id)).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let value = text("/amount/value").ok_or(Refusal(400, "MISSING_PARAMETER"))?;
        if text("/amount/currency_code").as_deref() != Some(&order.currency) {
            return Err(Refusal(422, "REFUND_CURRENCY_MISMATCH"));
        }
        let gone: i64 = order.refunds.iter().map(|refund| units(&refund.value)).sum();
        let left = units(&order.value) - gone;
        if left == 0 {
            return Err(Refusal(422, "CAPTURE_FULLY_REFUNDED"));
        }
        if units(&value) > left {
            return Err(Refusal(422, "REFUND_AMOUNT_EXCEEDED"));
        }
        let status = if faults.pend_refunds { "PENDING" } else { "COMPLETED" };
        let custom_id = text("/custom_id").unwrap_or_default();
        if let Some(capture) = &mut order.capture {
            let all = units(&value) == left;
            if all { "REFUNDED" } else { "PARTIALLY_REFUNDED" }.clone_into(&mut capture.status);
        }
        let refund = Refund { id, status: status.to_owned(), custom_id, value };
        let object = order.refund_object(&refund);
        order.refunds.push(refund);
        self.happened.push(Happening { kind: "PAYMENT.CAPTURE.REFUNDED", resource: object.clone() });
        Ok(object)
    }

    pub(super) fn find_refund(&self, id: &str) -> Answer {
        let of = |order: &Order| {
            order.refunds.iter().find(|refund| refund.id == id).map(|refund| order.refund_object(refund))
        };
        self.orders.iter().find_map(of).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))
    }

    /// What becomes of a refund that was PENDING.
    pub(super) fn decide_refund(&mut self, id: &str, status: &str) -> Answer {
        let ids: Vec<String> = self.orders.iter().map(|order| order.id.clone()).collect();
        for order in ids {
            let Some(order) = self.orders.get_mut(&order) else { continue };
            if let Some(refund) = order.refunds.iter_mut().find(|refund| refund.id == id) {
                status.clone_into(&mut refund.status);
            }
        }
        self.keep();
        self.find_refund(id)
    }

    /// The customer calls the payment back.
    pub(super) fn dispute(&mut self, order: &str) -> Answer {
        let dispute = Dispute { id: self.id("PP-D-"), order: order.to_owned(), outcome: None };
        let id = dispute.id.clone();
        self.order(order)?;
        self.disputes.insert(&id, dispute);
        let resource = self.find_dispute(&id)?;
        self.happened.push(Happening { kind: "CUSTOMER.DISPUTE.CREATED", resource: resource.clone() });
        Ok(resource)
    }

    /// PayPal decides: `RESOLVED_SELLER_FAVOUR`, `RESOLVED_BUYER_FAVOUR` or `CANCELED_BY_BUYER`.
    pub(super) fn close_dispute(&mut self, id: &str, outcome: &str) -> Answer {
        let dispute = self.disputes.get_mut(id).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        dispute.outcome = Some(outcome.to_owned());
        let resource = self.find_dispute(id)?;
        self.happened.push(Happening { kind: "CUSTOMER.DISPUTE.RESOLVED", resource: resource.clone() });
        Ok(resource)
    }

    pub(super) fn find_dispute(&self, id: &str) -> Answer {
        let dispute = self.disputes.get(id).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        let order = self.orders.get(&dispute.order).ok_or(Refusal(404, "INVALID_RESOURCE_ID"))?;
        let seller = |kind: &str| json!({"affected_party": "SELLER", "type": kind});
        let mut movements = vec![seller("DEBIT")];
        if dispute.outcome.as_deref().is_some_and(|outcome| outcome != "RESOLVED_BUYER_FAVOUR") {
            movements.push(seller("CREDIT"));
        }
        Ok(json!({
            "dispute_id": dispute.id,
            "reason": "UNAUTHORISED",
            "status": if dispute.outcome.is_some() { "RESOLVED" } else { "OPEN" },
            "dispute_amount": {"currency_code": order.currency, "value": order.value},
            "dispute_outcome": dispute.outcome.as_ref().map(|code| json!({"outcome_code": code})),
            "disputed_transactions": [{
                "seller_transaction_id": order.capture.as_ref().map(|capture| &capture.id),
                "custom": order.custom_id,
            }],
            "money_movements": movements,
        }))
    }

    /// What happened since the last call.
    pub(super) fn take_happened(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happened)
    }

    pub(super) fn state(&self) -> Value {
        json!({"orders": self.orders.iter().map(|order| self.written(order)).collect::<Vec<_>>()})
    }

    fn written(&self, order: &Order) -> Value {
        let captures: Vec<Value> = order.capture.iter().map(|capture| order.capture_object(capture)).collect();
        let refunds: Vec<Value> = order.refunds.iter().map(|refund| order.refund_object(refund)).collect();
        let mut links = vec![json!({"href": format!("{}/v2/checkout/orders/{}", self.url, order.id), "rel": "self"})];
        if order.status == "PAYER_ACTION_REQUIRED" {
            let href = format!("{}/checkoutnow?token={}", self.url, order.id);
            links.push(json!({"href": href, "rel": "payer-action", "method": "GET"}));
        }
        json!({
            "id": order.id,
            "intent": "CAPTURE",
            "status": order.status,
            "purchase_units": [{
                "reference_id": order.reference_id,
                "custom_id": order.custom_id,
                "amount": {"currency_code": order.currency, "value": order.value},
                "payments": {"captures": captures, "refunds": refunds},
            }],
            "links": links,
        })
    }

    fn keep(&self) {
        let Some(file) = &self.file else { return };
        let orders: Vec<&Order> = self.orders.iter().collect();
        let kept = serde_json::to_vec(&orders).map_err(io::Error::other).and_then(|text| write_private(file, &text));
        if let Err(error) = kept {
            tracing::warn!(%error, "orders not kept");
        }
    }
}

impl Order {
    fn capture_object(&self, capture: &Capture) -> Value {
        let amount = json!({"currency_code": self.currency, "value": self.value});
        json!({"id": capture.id, "status": capture.status, "custom_id": self.custom_id, "amount": amount})
    }

    fn refund_object(&self, refund: &Refund) -> Value {
        let amount = json!({"currency_code": self.currency, "value": refund.value});
        json!({"id": refund.id, "status": refund.status, "custom_id": refund.custom_id, "amount": amount})
    }
}

/// A value in the smallest unit that it is written in.
fn units(value: &str) -> i64 {
    value.replace('.', "").parse().unwrap_or_default()
}
