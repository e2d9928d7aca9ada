//! Charges that were sent, not answered, and may arrive after their payment was called off: where a provider cannot call a charge
//! back (PayPal). A webhook tells of such money. In case it does not, the provider is asked some times more.

use commerce_domain::Clock as _;
use jiff::{SignedDuration, Timestamp};

use super::{
    gateway::PaymentGateway as _,
    outcome::decided,
    patience::Patience,
    ports::PaymentStore as _,
    settle::settle_and_follow,
    types::{Attempt, Verdict},
};
use crate::{Backend, Interrupted};

/// How long after the attempt has ended it is looked whether its charge has arrived.
const LOOKS: [SignedDuration; 4] = [
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];
/// A charge that the provider is at is looked at so often,
const PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// and given up after that time, as is a provider that does not answer.
const LONGEST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// When it is looked next for a charge whose attempt ended then, or that is sent then; none if it was looked often enough.
#[must_use]
pub fn next_look(ended: Timestamp, now: Timestamp) -> Option<Timestamp> {
    LOOKS.iter().filter_map(|look| ended.checked_add(*look).ok()).find(|at| *at > now)
}

/// Asks the provider whether it has charged for an attempt whose payment was called off. Whether it has.
///
/// # Errors
/// [`Interrupted`]. A provider that does not answer is asked again by the next sweep.
pub(crate) async fn look_for_late_charge<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    attempt: &Attempt,
) -> Result<bool, Interrupted> {
    let Some(intent_id) = &attempt.intent_id else { return Ok(false) };
    let read = patience.within(backend.gateway().read_intent(attempt.provider, intent_id)).await;
    let now = backend.clock().now();
    let is_long_ago = attempt.updated_at.saturating_add(LONGEST).unwrap_or(Timestamp::MAX) <= now;
    let (charged, next) = match read {
        Ok(intent) => match decided(&intent) {
            Some(verdict @ Verdict::Succeeded { .. }) => {
                settle_and_follow(backend, attempt, &verdict, None, None).await?;
                (true, None)
            }
            // The provider is at it.
            Some(Verdict::Unknown) => (false, now.checked_add(PAUSE).ok().filter(|_| !is_long_ago)),
            _ => (false, next_look(attempt.updated_at, now)),
        },
        Err(error) if is_long_ago => {
            tracing::error!(payment.id = %attempt.payment_id, %error, "it was not learned whether a payment that was called off was charged");
            (false, None)
        }
        Err(error) => {
            tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not read");
            return Ok(false);
        }
    };
    backend.database().note_look(attempt.id, next).await?;
    Ok(charged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_four_times_in_a_day() {
        let start = Timestamp::UNIX_EPOCH;
        let minutes = |minutes: i64| start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        let next = |now: i64| next_look(start, minutes(now)).map(|at| at.duration_since(start).as_mins());
        let looks = [(0, Some(10)), (10, Some(60)), (59, Some(60)), (60, Some(360)), (360, Some(1440)), (1440, None)];
        for (now, expected) in looks {
            assert_eq!(next(now), expected, "after {now} minutes");
        }
    }
}
