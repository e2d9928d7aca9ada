//! What PayPal does otherwise than Stripe (<https://developer.paypal.com/docs/api/orders/v2/>): the customer agrees first, the shop
//! asks for the charge then, and nobody can call an order off.

use origin_core::payments::{Decline, GatewayError, IntentStatus, Provider as Which};

use super::{About, Answer, Book, refused};

/// The means of payment that stands for an account at PayPal.
pub(crate) const PAYPAL: &str = Which::PAYPAL_METHOD;
pub(super) const CAPTURED: &str = "PAYMENT.CAPTURE.COMPLETED";
pub(super) const REFUNDED: &str = "PAYMENT.CAPTURE.REFUNDED";

/// What is behind an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purse {
    /// Pays.
    Full,
    /// The charge is declined, and could be asked for again.
    Declined,
    /// The charge is made and denied, and the order is over.
    Denied,
    /// The charge is made, and PayPal says later that it is complete,
    SlowlyFull,
    /// or denied.
    SlowlyDenied,
}

impl Book {
    /// The customer agrees, or leaves PayPal's page, which changes nothing.
    pub(super) fn answer_paypal(&mut self, id: &str, agrees: bool, purse: Purse) {
        let Ok(order) = self.intent(id) else { return };
        if agrees {
            (order.status, order.purse) = (IntentStatus::Approved, purse);
            self.tell("CHECKOUT.ORDER.APPROVED", About::Intent(id.to_owned()));
        }
    }

    /// The shop asks for what the customer has agreed to.
    pub(crate) fn capture_order(&mut self, id: &str) -> Answer {
        let order = self.intent(id)?;
        if order.status != IntentStatus::Approved {
            return Err(refused(order.status));
        }
        match order.purse {
            Purse::Full => self.charge(id)?,
            Purse::Declined => return Err(GatewayError::Declined(decline("instrument_declined"))),
            Purse::Denied => return Err(GatewayError::Declined(self.deny(id)?)),
            Purse::SlowlyFull | Purse::SlowlyDenied => {
                order.status = IntentStatus::Processing;
                self.tell("PAYMENT.CAPTURE.PENDING", About::Intent(id.to_owned()));
            }
        }
        self.read(id)
    }

    /// PayPal has made up its mind about all charges that were pending. Whether there were any.
    pub(crate) fn decide_pending(&mut self) -> bool {
        let pending = self.intents.iter().filter(|(_, intent)| intent.status == IntentStatus::Processing);
        let pending: Vec<(String, Purse)> = pending.map(|(id, order)| (id.clone(), order.purse)).collect();
        for (id, purse) in &pending {
            let done = if *purse == Purse::SlowlyFull { self.charge(id) } else { self.deny(id).map(drop) };
            debug_assert!(done.is_ok(), "they are in the book");
        }
        !pending.is_empty()
    }

    /// An order as it is for whoever wants it called off: what has not charged, and is not at it, never will.
    pub(crate) fn called_off(&mut self, id: &str) -> Answer {
        let order = self.read(id)?;
        Ok(match order.status {
            IntentStatus::Succeeded | IntentStatus::Processing => order,
            _ => origin_core::payments::Intent { status: IntentStatus::Canceled, redirect_url: None, ..order },
        })
    }

    /// Some hours have passed: nobody can agree any more to what nobody has agreed to.
    pub(super) fn forget_orders(&mut self) {
        for order in self.intents.values_mut() {
            if order.at == Which::PayPal && order.status == IntentStatus::RequiresAction {
                order.status = IntentStatus::Canceled;
            }
        }
    }

    fn deny(&mut self, id: &str) -> Result<Decline, GatewayError> {
        let order = self.intent(id)?;
        let decline = decline("capture_declined");
        (order.status, order.decline) = (IntentStatus::RequiresPaymentMethod, Some(decline.clone()));
        self.tell("PAYMENT.CAPTURE.DENIED", About::Intent(id.to_owned()));
        Ok(decline)
    }
}

fn decline(code: &str) -> Decline {
    Decline { code: code.to_owned(), message: "No.".to_owned() }
}
