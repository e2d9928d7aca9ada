//! Money that is set aside does not stay so: the customer's bank lets it go after some days. The shop is told before, and what
//! nobody has captured by then is called off, so that the goods are on sale again.

use commerce_domain::{Clock as _, EventId};
use jiff::{SignedDuration, Timestamp};

use super::ports::{CaptureStore as _, Lapsing};
use crate::{Backend, StoreError};

/// For how long money is set aside where the provider does not say
/// (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).
const USUALLY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So long before the bank lets the money go, the order is closed.
const MARGIN: SignedDuration = SignedDuration::from_hours(12);
/// So long before that, the shop is told.
pub(crate) const LAPSE_TOLD: SignedDuration = SignedDuration::from_hours(48);

/// For how long money is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// Until when it can be taken.
    pub capture_before: Timestamp,
    /// Until when its goods are held: then the order is closed.
    pub held_until: Timestamp,
}

impl SetAside {
    /// Of money that was set aside at `now`, until then if the provider says so.
    #[must_use]
    pub fn at(now: Timestamp, capture_before: Option<Timestamp>) -> Self {
        let until = capture_before.unwrap_or_else(|| now.saturating_add(USUALLY).unwrap_or(Timestamp::MAX));
        Self { capture_before: until, held_until: until.saturating_sub(MARGIN).unwrap_or(until) }
    }
}

/// Tells that nobody has captured a payment yet. Whether it was told now.
pub(crate) async fn tell_lapse<B: Backend>(backend: &B, lapsing: &Lapsing) -> Result<bool, StoreError> {
    let event = EventId::generate(backend.clock(), backend.entropy());
    let told = backend.database().tell_lapsing(lapsing, event, backend.clock().now()).await?;
    if told {
        tracing::warn!(
            order.id = %lapsing.order_id, payment.id = %lapsing.payment_id,
            payment.capture_before = %lapsing.capture_before, "a payment is not captured, and will lapse"
        );
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_closed_before_its_money_is_let_go() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let aside = |until: Option<Timestamp>| {
            let SetAside { capture_before, held_until } = SetAside::at(at(1), until);
            (capture_before, held_until)
        };
        assert_eq!(aside(None), (at(169), at(157)));
        assert_eq!(aside(Some(at(121))), (at(121), at(109)));
        assert_eq!(aside(Some(Timestamp::MIN)), (Timestamp::MIN, Timestamp::MIN));
    }
}
