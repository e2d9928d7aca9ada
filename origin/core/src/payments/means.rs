//! Which provider takes which means of payment.

use std::str::FromStr;

use commerce_domain::state::UnknownState;

/// Who moves the money of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Takes cards, and charges when a payment is confirmed.
    Stripe,
    /// Asks its customers first, and charges when this shop says so.
    PayPal,
}

impl Provider {
    /// The means of payment that stands for a PayPal account; every other one is Stripe's.
    pub const PAYPAL_METHOD: &str = "paypal";
    const ALL: [Self; 2] = [Self::Stripe, Self::PayPal];

    /// Who takes this means of payment. Where nothing is to be paid, nobody is asked.
    #[must_use]
    pub fn of(payment_method: Option<&str>) -> Self {
        if payment_method == Some(Self::PAYPAL_METHOD) { Self::PayPal } else { Self::Stripe }
    }

    /// As it is written down.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::PayPal => "paypal",
        }
    }

    /// Whether an intent lives for one attempt only. At PayPal it does: an order whose charge was declined is over, or has to
    /// be agreed to again, and one that was agreed to could be charged beside the next. At Stripe an intent succeeds once,
    /// however many cards are tried.
    #[must_use]
    pub fn has_an_intent_for_each_attempt(self) -> bool {
        self == Self::PayPal
    }
}

impl FromStr for Provider {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_has_one_provider_and_a_provider_one_name() {
        assert_eq!(Provider::of(Some("paypal")), Provider::PayPal);
        for method in [None, Some("pm_card_visa"), Some("PayPal"), Some("paypal ")] {
            assert_eq!(Provider::of(method), Provider::Stripe, "{method:?}");
        }
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(provider));
        }
        assert_eq!("carrier".parse::<Provider>(), Err(UnknownState));
    }
}
