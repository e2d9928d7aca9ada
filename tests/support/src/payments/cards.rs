//! What the test payment methods do: <https://docs.stripe.com/testing>.

use super::error::StripeError;

/// How a payment method behaves when it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behaviour {
    /// The cardholder must authenticate first.
    pub(super) authentication: bool,
    /// The issuer declines, after authentication where that is asked for.
    pub(super) decline: Option<Decline>,
    /// A refund is under way until somebody settles it.
    pub(super) pending_refund: bool,
}

/// Why an issuer declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decline {
    code: &'static str,
    reason: Option<&'static str>,
    message: &'static str,
}

const fn decline(code: &'static str, reason: Option<&'static str>, message: &'static str) -> Decline {
    Decline { code, reason, message }
}

const DECLINED: &str = "Your card was declined.";

/// What follows `chargeDeclined` in the name.
const DECLINES: [(&str, Decline); 7] = [
    ("", decline("card_declined", Some("generic_decline"), DECLINED)),
    ("InsufficientFunds", decline("card_declined", Some("insufficient_funds"), "Your card has insufficient funds.")),
    ("LostCard", decline("card_declined", Some("lost_card"), DECLINED)),
    ("StolenCard", decline("card_declined", Some("stolen_card"), DECLINED)),
    ("ExpiredCard", decline("expired_card", None, "Your card has expired.")),
    ("IncorrectCvc", decline("incorrect_cvc", None, "Your card's security code is incorrect.")),
    (
        "ProcessingError",
        decline("processing_error", None, "An error occurred while processing your card. Try again in a little bit."),
    ),
];

impl Decline {
    pub(super) fn error(self) -> StripeError {
        StripeError::card(self.code, self.reason, self.message)
    }

    /// `failure_code` of the failed charge.
    pub(super) fn code(self) -> &'static str {
        self.code
    }

    pub(super) fn message(self) -> &'static str {
        self.message
    }
}

/// The behaviour of `payment_method`: as its name says where it is one of the test methods, success for any other `pm_…`.
pub(super) fn behaviour(payment_method: &str) -> Result<Behaviour, StripeError> {
    let valid = payment_method.strip_prefix("pm_").is_some_and(|rest| {
        !rest.is_empty() && rest.len() <= 255 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if !valid {
        let error = StripeError::missing("PaymentMethod", payment_method, "payment_method");
        return Err(StripeError { status: http::StatusCode::BAD_REQUEST, ..error });
    }
    let name = payment_method.strip_prefix("pm_card_").unwrap_or_default();
    let authentication = ["authenticationRequired", "threeDSecureRequired", "threeDSecure2Required"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    let reason = name.split_once("chargeDeclined").or_else(|| name.split_once("ChargeDeclined")).map(|(_, why)| why);
    let decline = reason.map(|why| DECLINES.iter().find(|(name, _)| *name == why).unwrap_or(&DECLINES[0]).1);
    Ok(Behaviour { authentication, decline, pending_refund: name == "pendingRefund" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_test_methods_decide_and_any_other_method_succeeds() {
        let code = |name: &str| behaviour(name).unwrap().decline.map(|decline| (decline.code, decline.reason));
        assert_eq!(code("pm_card_visa"), None);
        assert_eq!(code("pm_stripe_123"), None);
        assert_eq!(code("pm_card_chargeDeclined"), Some(("card_declined", Some("generic_decline"))));
        assert_eq!(code("pm_card_visa_chargeDeclined"), Some(("card_declined", Some("generic_decline"))));
        let funds = Some(("card_declined", Some("insufficient_funds")));
        assert_eq!(code("pm_card_chargeDeclinedInsufficientFunds"), funds);
        assert_eq!(code("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"), funds);
        assert_eq!(code("pm_card_chargeDeclinedExpiredCard"), Some(("expired_card", None)));
        for name in ["pm_card_authenticationRequired", "pm_card_threeDSecure2Required", "pm_card_threeDSecureRequired"]
        {
            assert!(behaviour(name).unwrap().authentication, "{name}");
        }
        assert!(!behaviour("pm_card_threeDSecureOptional").unwrap().authentication);
        let pending = |name: &str| behaviour(name).unwrap().pending_refund;
        assert!(pending("pm_card_pendingRefund") && !pending("pm_card_visa"));
        for name in ["", "pm_", "card_visa", "pm_a b"] {
            assert_eq!(behaviour(name).unwrap_err().code.as_deref(), Some("resource_missing"), "{name}");
        }
    }
}
