//! One attempt, from the hold on the stock to the verdict.

use commerce_domain::Clock as _;

use super::{
    approved::Charge,
    hold,
    means::Provider,
    outcome::{
        PaymentOutcome, decided_since, expired_decline, outcome_in, outcome_of, superseded_decline, unreachable_decline,
    },
    patience::Patience,
    pay::PayError,
    ports::PaymentStore,
    settle::{settle, settle_and_follow},
    types::{Attempt, HoldStep, Settled, Verdict},
};
use crate::{
    Backend,
    hooks::{HookPoint, Hooks, Stopped},
    idempotency::{HeldClaim, RequestStore as _, StoredAnswer},
    inventory::{BeginPaymentOutcome, PayingHold, SettleHold},
};

/// A request on its way through an attempt.
pub(super) struct Driving<'a, B, R> {
    pub(super) backend: &'a B,
    pub(super) patience: &'a Patience<'a, B>,
    pub(super) claim: Option<&'a HeldClaim>,
    pub(super) render: &'a R,
}

/// Where a request came with an attempt.
pub(super) enum Driven {
    /// To an answer.
    Answered(StoredAnswer),
    /// To its end, or into somebody else's way: the order has to be looked at again.
    Again,
}

impl<B, R> Driving<'_, B, R>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    /// Brings an attempt as far as it goes now. `wanted` are the means that the request names.
    pub(super) async fn drive(&self, attempt: &Attempt, wanted: Option<&str>) -> Result<Driven, PayError> {
        let driven = self.steps(attempt, wanted).await;
        // Noted, so that the next request looks instead of waiting.
        if let Err(PayError::Store(_)) = &driven
            && attempt.fresh
            && let Err(error) = settle(self.backend, attempt, &Verdict::Unknown, None, None).await
        {
            tracing::warn!(payment.id = %attempt.payment_id, %error, "attempt left as it is");
        }
        driven
    }

    async fn steps(&self, attempt: &Attempt, wanted: Option<&str>) -> Result<Driven, PayError> {
        // 1. What an earlier request did may have charged by now, whatever has become of the hold.
        if !attempt.fresh
            && let Some(driven) = self.look_first(attempt, wanted).await?
        {
            return Ok(driven);
        }
        // A request that was held up for long must not begin anything: another may be at it by now.
        if attempt.fresh && !self.patience.allows_a_charge() {
            return self.give_up(attempt, "no time was left").await;
        }
        self.proceed(attempt).await
    }

    /// The steps of an attempt that waits for its charge.
    pub(super) async fn proceed(&self, attempt: &Attempt) -> Result<Driven, PayError> {
        // 2. From here on the hold cannot expire.
        match self.commit_hold(attempt).await? {
            BeginPaymentOutcome::Committing => {}
            BeginPaymentOutcome::Expired => {
                let verdict = Verdict::Declined(expired_decline());
                return self.conclude(attempt, &verdict, PaymentOutcome::Expired).await;
            }
            BeginPaymentOutcome::Another(_) | BeginPaymentOutcome::Consumed => return Ok(Driven::Again),
        }
        // 3. The provider's verdict; where nothing is to be paid, nobody is asked.
        let charge = if attempt.amount.is_zero() {
            Charge::Verdict(Verdict::Succeeded { received: None, receipt_url: None })
        } else {
            self.charge(attempt).await?
        };
        // 4. The verdict and all that follows from it.
        match charge {
            Charge::Verdict(verdict) => self.answer(attempt, &verdict).await,
            Charge::NotOurs => Ok(Driven::Again),
        }
    }

    async fn commit_hold(&self, attempt: &Attempt) -> Result<BeginPaymentOutcome, PayError> {
        self.reached(HookPoint::BeforeCommitting).await?;
        let hold = PayingHold { order_id: attempt.order_id, attempt_id: attempt.id, expires_at: attempt.hold_until };
        let take = || self.backend.stock().begin_payment(&hold, self.backend.clock().now());
        let mut begun = take().await?;
        // Perhaps for an attempt that is over: the hold has not followed yet, or its request took it up too late.
        if let BeginPaymentOutcome::Another(other) = begun
            && let Some(hold) = self.backend.database().find_hold_move(other).await?
        {
            hold::follow(self.backend, HoldStep { order_id: attempt.order_id, attempt_id: other, hold }).await;
            begun = take().await?;
        }
        self.reached(HookPoint::AfterCommitting).await?;
        Ok(begun)
    }

    /// Where an attempt stands that an earlier request began; none if its confirmation is to be sent, or sent again.
    ///
    /// An earlier confirmation may be on its way still, and arrive whenever it likes. Where this request names the same
    /// means, it is sent again under the same key, under which the provider acts once. Where it names others, the attempt
    /// ends here and the next one sends another confirmation, of the same intent. Both may arrive, in either order, but an
    /// intent succeeds once: whichever comes second is refused, reads the intent, and finds the order paid. So the customer
    /// is charged once, at worst by the means that were named first; that the order is paid is written down for whichever
    /// attempt learns of it. Where the next attempt needs another intent, the payment is [called off](Self::end_payment) before
    /// that begins. So it is where the bank asks the customer about the means that were named first: no other means are confirmed
    /// by an intent that waits for that answer.
    async fn look_first(&self, attempt: &Attempt, wanted: Option<&str>) -> Result<Option<Driven>, PayError> {
        let other = attempt.payment_method.as_deref() != wanted;
        let verdict = match &attempt.intent_id {
            None if other => Verdict::Declined(superseded_decline()),
            None => return Ok(None),
            Some(intent_id) => {
                let Some(intent) = self.read(attempt, intent_id).await else {
                    // Not to know changes nothing.
                    return self.end(PaymentOutcome::Processing(attempt.payment_id)).await.map(Some);
                };
                match decided_since(attempt, &intent) {
                    // Who turns to another provider is not sent back to this one.
                    Some(Verdict::RequiresAction { .. }) if attempt.provider != Provider::of(wanted) => {
                        Verdict::Declined(superseded_decline())
                    }
                    Some(Verdict::RequiresAction { .. }) if other => match self.turn_from(attempt, intent_id).await? {
                        Some(verdict) => verdict,
                        None => return self.end(PaymentOutcome::Processing(attempt.payment_id)).await.map(Some),
                    },
                    Some(verdict) => verdict,
                    None if other && attempt.may_yet_charge(self.backend.clock().now()) => {
                        return Err(PayError::PaymentInProgress);
                    }
                    None if other => Verdict::Declined(superseded_decline()),
                    None => return Ok(None),
                }
            }
        };
        let failed = matches!(verdict, Verdict::Declined(_) | Verdict::Canceled);
        if failed && other {
            self.take_back(attempt, &verdict).await?;
            return Ok(Some(Driven::Again));
        }
        self.answer(attempt, &verdict).await.map(Some)
    }

    async fn answer(&self, attempt: &Attempt, verdict: &Verdict) -> Result<Driven, PayError> {
        self.conclude(attempt, verdict, outcome_of(attempt, verdict)).await
    }

    /// Writes the verdict down, lets the hold follow, and answers.
    async fn conclude(
        &self,
        attempt: &Attempt,
        verdict: &Verdict,
        outcome: PaymentOutcome,
    ) -> Result<Driven, PayError> {
        let answer = outcome.is_kept().then(|| (self.render)(&outcome));
        let settled = self.settle_and_follow(attempt, verdict, answer.as_ref()).await?;
        match answer {
            Some(answer) if settled.stands => Ok(Driven::Answered(answer)),
            None if !settled.attempt.is_over() => self.end(outcome).await,
            // Somebody else was first: what they wrote is the answer.
            _ => self.end(outcome_in(attempt, &settled)).await,
        }
    }

    /// Ends an attempt that has charged nothing.
    pub(super) async fn take_back(&self, attempt: &Attempt, verdict: &Verdict) -> Result<(), PayError> {
        self.settle_and_follow(attempt, verdict, None).await.map(drop)
    }

    /// Ends an attempt of this request's that the provider was not told of.
    pub(super) async fn give_up<T>(&self, attempt: &Attempt, cause: &str) -> Result<T, PayError> {
        self.take_back(attempt, &Verdict::Declined(unreachable_decline())).await?;
        Err(PayError::ProviderUnavailable(cause.to_owned()))
    }

    async fn settle_and_follow(
        &self,
        attempt: &Attempt,
        verdict: &Verdict,
        answer: Option<&StoredAnswer>,
    ) -> Result<Settled, PayError> {
        let claim = self.claim.zip(answer).map(|(claim, answer)| (&claim.key, claim.fence, answer));
        Ok(settle_and_follow(self.backend, attempt, verdict, claim, None).await?)
    }

    /// Answers without a change to the payment. What is over is kept; what is not leaves the claim to the next request that
    /// asks.
    pub(super) async fn end(&self, outcome: PaymentOutcome) -> Result<Driven, PayError> {
        let answer = (self.render)(&outcome);
        if let Some(HeldClaim { key, fence, .. }) = self.claim {
            let (database, now) = (self.backend.database(), self.backend.clock().now());
            if outcome.is_kept() {
                database.finish_request(key, *fence, &answer, now).await?;
            } else if let Err(error) = database.end_request_lease(key, *fence, now).await {
                tracing::warn!(%error, "claim left to lapse");
            }
        }
        Ok(Driven::Answered(answer))
    }

    pub(super) async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        self.backend.hooks().reached(point).await
    }
}
