//! One attempt, from the hold on the stock to the verdict.

use commerce_domain::{Clock, EventId, state::PaymentState};

use super::{
    gateway::{Confirmation, Decline, GatewayError, Intent, IntentStatus, NewIntent, PaymentGateway},
    pay::{PayError, PaymentOutcome},
    ports::{PaymentStore, RequestStore},
    types::{Attempt, Settlement, Verdict},
};
use crate::{
    Backend, StoreError,
    idempotency::{ClaimKey, StoredAnswer},
    inventory::{BeginPaymentOutcome, SettleHold},
};

/// A call whose repetition is safe is sent at most this often.
const MAX_CALLS: u32 = 3;

/// A request on its way through an attempt.
pub(super) struct Driving<'a, B, R> {
    pub(super) backend: &'a B,
    pub(super) claim: Option<&'a (ClaimKey, i64)>,
    pub(super) render: &'a R,
}

/// How far the provider was heard.
enum Heard {
    Intent(Box<Intent>),
    Declined(Decline),
    /// It answered that it had failed. What it had done by then can be read.
    Failed,
    /// It did not answer, or is still at it.
    Nothing,
}

impl<B, R> Driving<'_, B, R>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    /// Brings an attempt as far as it goes now. A failure is noted on it, so that the next request looks instead of waiting.
    /// No answer where it was an earlier request's, has failed, and `wanted` names other means.
    pub(super) async fn drive(
        &self,
        attempt: &Attempt,
        wanted: Option<&str>,
    ) -> Result<Option<StoredAnswer>, PayError> {
        let outcome = self.steps(attempt, wanted).await;
        if let Err(PayError::Store(_)) = &outcome
            && let Err(error) = self.settle(attempt, &Verdict::Unknown, None).await
        {
            tracing::warn!(payment.id = %attempt.payment_id, %error, "attempt left as it is");
        }
        outcome
    }

    async fn steps(&self, attempt: &Attempt, wanted: Option<&str>) -> Result<Option<StoredAnswer>, PayError> {
        // 1. From here on the hold cannot expire.
        let now = self.backend.clock().now();
        if self.backend.stock().begin_payment(attempt.order_id, now).await? == BeginPaymentOutcome::Expired {
            let expired = Decline { code: "reservation_expired".to_owned(), message: String::new() };
            self.settle(attempt, &Verdict::Declined(expired), None).await?;
            return self.end(PaymentOutcome::Expired).await.map(Some);
        }
        // 2. The provider's verdict; where nothing is to be paid, nobody is asked.
        let verdict = match &attempt.payment_method {
            Some(method) => self.ask(attempt, method).await?,
            None => Verdict::Succeeded { receipt_url: None },
        };
        // 3. The verdict and all that follows from it.
        let failed = matches!(verdict, Verdict::Declined(_) | Verdict::Canceled);
        if failed && !attempt.fresh && attempt.payment_method.as_deref() != wanted {
            self.take_back(attempt, &verdict).await?;
            return Ok(None);
        }
        self.conclude(attempt, verdict).await.map(Some)
    }

    async fn ask(&self, attempt: &Attempt, method: &str) -> Result<Verdict, PayError> {
        let intent_id = match &attempt.intent_id {
            Some(id) => id.clone(),
            None => self.create_intent(attempt).await?,
        };
        let confirmation = Confirmation {
            intent_id,
            payment_id: attempt.payment_id,
            attempt: attempt.number,
            payment_method_id: method.to_owned(),
        };
        // Whoever finds an attempt under way looks before doing anything.
        let heard = if attempt.fresh { self.confirm(attempt, &confirmation).await? } else { Heard::Nothing };
        match heard {
            Heard::Intent(intent) => Ok(decided(&intent).unwrap_or(Verdict::Unknown)),
            Heard::Declined(decline) => Ok(Verdict::Declined(decline)),
            Heard::Failed | Heard::Nothing => self.look_up(attempt, &confirmation, heard).await,
        }
    }

    /// Announces the payment. Nothing is charged yet, so without an answer the attempt simply ends.
    async fn create_intent(&self, attempt: &Attempt) -> Result<String, PayError> {
        let new = NewIntent { payment_id: attempt.payment_id, order_id: attempt.order_id, amount: attempt.amount };
        let mut failure = GatewayError::Unknown(String::new());
        for _ in 0..MAX_CALLS {
            match self.backend.gateway().create_intent(&new).await {
                Ok(intent) => {
                    let now = self.backend.clock().now();
                    self.backend.database().note_intent(attempt, &intent.id, now).await?;
                    return Ok(intent.id);
                }
                Err(error @ (GatewayError::Unknown(_) | GatewayError::Failed(_))) => failure = error,
                Err(error) => {
                    self.take_back(attempt, &Verdict::Canceled).await?;
                    return Err(PayError::ProviderRefused(error.to_string()));
                }
            }
        }
        // A failure is kept under the payment's key for a day: only another payment gets another answer.
        let kept = matches!(failure, GatewayError::Failed(_));
        let verdict = if kept { Verdict::Canceled } else { Verdict::Declined(unreachable_decline()) };
        self.take_back(attempt, &verdict).await?;
        Err(PayError::ProviderUnavailable(failure.to_string()))
    }

    async fn confirm(&self, attempt: &Attempt, confirmation: &Confirmation) -> Result<Heard, PayError> {
        match self.backend.gateway().confirm(confirmation).await {
            Ok(intent) => Ok(Heard::Intent(Box::new(intent))),
            Err(GatewayError::Declined(decline)) => Ok(Heard::Declined(decline)),
            Err(GatewayError::Failed(_)) => Ok(Heard::Failed),
            Err(GatewayError::Unknown(_)) => Ok(Heard::Nothing),
            Err(GatewayError::NoSuchMethod) => {
                let decline = Decline { code: "no_such_method".to_owned(), message: String::new() };
                self.take_back(attempt, &Verdict::Declined(decline)).await?;
                Err(PayError::NoSuchMethod)
            }
            // Such as for an intent that has succeeded already.
            Err(GatewayError::Refused(cause)) => {
                tracing::warn!(payment.id = %attempt.payment_id, cause, "confirmation refused");
                Ok(Heard::Failed)
            }
        }
    }

    /// What the provider did, read from it. Where that leaves open whether the confirmation arrived, it is sent again under
    /// the same key, which has its effect once.
    async fn look_up(
        &self,
        attempt: &Attempt,
        confirmation: &Confirmation,
        mut heard: Heard,
    ) -> Result<Verdict, PayError> {
        for _ in 1..MAX_CALLS {
            let read = self.backend.gateway().read_intent(&confirmation.intent_id).await;
            let intent = match read {
                Ok(intent) => intent,
                Err(error) => {
                    tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not read");
                    return Ok(Verdict::Unknown);
                }
            };
            if let Some(verdict) = decided(&intent) {
                return Ok(verdict);
            }
            // The customer was asked, so the confirmation had arrived: the customer's answer was no.
            if attempt.state == PaymentState::RequiresAction {
                return Ok(Verdict::Declined(intent.decline.unwrap_or_else(failed_decline)));
            }
            match heard {
                // It has ended its work on the confirmation, and has not charged.
                Heard::Failed => return Ok(Verdict::Declined(failed_decline())),
                Heard::Declined(decline) => return Ok(Verdict::Declined(decline)),
                Heard::Intent(_) | Heard::Nothing => heard = self.confirm(attempt, confirmation).await?,
            }
            match heard {
                Heard::Intent(intent) => return Ok(decided(&intent).unwrap_or(Verdict::Unknown)),
                Heard::Declined(decline) => return Ok(Verdict::Declined(decline)),
                Heard::Failed | Heard::Nothing => {}
            }
        }
        Ok(Verdict::Unknown)
    }

    /// Writes the verdict down, settles the stock, and answers.
    async fn conclude(&self, attempt: &Attempt, verdict: Verdict) -> Result<StoredAnswer, PayError> {
        let outcome = outcome_of(attempt, &verdict);
        let answer = (self.render)(&outcome);
        let state = self.settle(attempt, &verdict, Some(&answer)).await?;
        self.settle_stock(attempt, state).await;
        if state == verdict.state() {
            return Ok(answer);
        }
        // Somebody else was first: what they wrote is the answer.
        self.end(outcome_in(attempt, state)).await
    }

    /// Ends an attempt that has charged nothing, and gives the hold its clock back.
    async fn take_back(&self, attempt: &Attempt, verdict: &Verdict) -> Result<(), PayError> {
        let state = self.settle(attempt, verdict, None).await?;
        self.settle_stock(attempt, state).await;
        Ok(())
    }

    async fn settle(
        &self,
        attempt: &Attempt,
        verdict: &Verdict,
        answer: Option<&StoredAnswer>,
    ) -> Result<PaymentState, StoreError> {
        let claim = self.claim.zip(answer).map(|((key, fence), answer)| (key, *fence, answer));
        let event = EventId::generate(self.backend.clock(), self.backend.entropy());
        let settlement = Settlement { attempt, verdict, event, claim, now: self.backend.clock().now() };
        self.backend.database().settle(&settlement).await
    }

    /// What the verdict means for the hold. Repeated by whoever handles the event, should it fail here.
    async fn settle_stock(&self, attempt: &Attempt, state: PaymentState) {
        let (stock, order) = (self.backend.stock(), attempt.order_id);
        let outcome = match state {
            PaymentState::Succeeded => stock.consume(order, self.backend.clock().now()).await,
            PaymentState::Failed | PaymentState::Canceled => stock.payment_declined(order).await,
            _ => return,
        };
        if let Err(error) = outcome {
            tracing::warn!(order.id = %order, payment.state = state.as_str(), %error, "hold not settled yet");
        }
    }

    /// Answers without a change to the payment, and keeps the answer.
    pub(super) async fn end(&self, outcome: PaymentOutcome) -> Result<StoredAnswer, PayError> {
        let answer = (self.render)(&outcome);
        if let Some((key, fence)) = self.claim {
            self.backend.database().finish_request(key, *fence, &answer, self.backend.clock().now()).await?;
        }
        Ok(answer)
    }
}

/// What an intent says about the confirmation that was sent; none where it says nothing.
fn decided(intent: &Intent) -> Option<Verdict> {
    match intent.status {
        IntentStatus::Succeeded => Some(Verdict::Succeeded { receipt_url: intent.receipt_url.clone() }),
        IntentStatus::RequiresAction => Some(Verdict::RequiresAction {
            redirect_url: intent.redirect_url.clone(),
            client_secret: intent.client_secret.clone(),
        }),
        IntentStatus::RequiresCapture => Some(Verdict::Authorised),
        IntentStatus::Processing => Some(Verdict::Unknown),
        IntentStatus::Canceled => Some(Verdict::Canceled),
        IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => None,
    }
}

fn outcome_of(attempt: &Attempt, verdict: &Verdict) -> PaymentOutcome {
    let payment = attempt.payment_id;
    match verdict {
        Verdict::Succeeded { receipt_url } => PaymentOutcome::Succeeded { payment, receipt_url: receipt_url.clone() },
        Verdict::RequiresAction { redirect_url, client_secret } => PaymentOutcome::RequiresAction {
            payment,
            redirect_url: redirect_url.clone(),
            client_secret: client_secret.clone(),
        },
        Verdict::Authorised | Verdict::Unknown => PaymentOutcome::Processing(payment),
        Verdict::Declined(decline) => PaymentOutcome::Declined(decline.clone()),
        Verdict::Canceled => PaymentOutcome::Declined(canceled_decline()),
    }
}

fn outcome_in(attempt: &Attempt, state: PaymentState) -> PaymentOutcome {
    match state {
        PaymentState::Succeeded => PaymentOutcome::AlreadyPaid(attempt.payment_id),
        PaymentState::Failed => PaymentOutcome::Declined(failed_decline()),
        PaymentState::Canceled => PaymentOutcome::Declined(canceled_decline()),
        _ => PaymentOutcome::Processing(attempt.payment_id),
    }
}

fn failed_decline() -> Decline {
    decline("processing_error", "The payment could not be processed. Please try again.")
}

fn unreachable_decline() -> Decline {
    decline("provider_unreachable", "")
}

fn canceled_decline() -> Decline {
    decline("payment_canceled", "The payment was called off.")
}

fn decline(code: &str, message: &str) -> Decline {
    Decline { code: code.to_owned(), message: message.to_owned() }
}
