//! Disputes as Stripe tells of them: <https://docs.stripe.com/api/disputes/object>.

use origin_core::payments::{Dispute, DisputeOutcome, GatewayError};
use reqwest::StatusCode;
use serde::Deserialize;

use super::{amount::from_stripe, wire::check};

/// The longest reason that is taken over, in bytes.
const MAX_REASON: usize = 100;

#[derive(Deserialize)]
struct WireDispute {
    id: String,
    amount: i64,
    currency: String,
    reason: Option<String>,
    status: String,
    #[serde(default)]
    balance_transactions: Vec<WireMovement>,
}

/// A movement on the shop's balance: below zero is taken, above is given back.
#[derive(Deserialize)]
struct WireMovement {
    amount: i64,
}

/// An answer of any status, about a dispute.
pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Result<Dispute, GatewayError> {
    check(status, body)?;
    serde_json::from_slice::<WireDispute>(body)
        .ok()
        .and_then(WireDispute::into_dispute)
        .ok_or_else(|| GatewayError::Unknown("the answer is no dispute".to_owned()))
}

impl WireDispute {
    fn into_dispute(self) -> Option<Dispute> {
        let moved = |sign: i64| self.balance_transactions.iter().any(|moved| moved.amount.signum() == sign);
        Some(Dispute {
            amount: from_stripe(self.amount, &self.currency)?,
            withdrawn: moved(-1),
            reinstated: moved(1),
            outcome: outcome(&self.status).ok()?,
            reason: self
                .reason
                .filter(|reason| (1..=MAX_REASON).contains(&reason.len()))
                .unwrap_or_else(|| "general".to_owned()),
            id: self.id,
        })
    }
}

/// A status that Stripe had not when this was written.
struct UnknownStatus;

/// How a dispute in this status ended; none as long as it has not. A `warning` is a question of the bank's, which may become a
/// dispute.
fn outcome(status: &str) -> Result<Option<DisputeOutcome>, UnknownStatus> {
    Ok(match status {
        "needs_response" | "under_review" | "warning_needs_response" | "warning_under_review" => None,
        "won" => Some(DisputeOutcome::Won),
        "lost" => Some(DisputeOutcome::Lost),
        "warning_closed" | "prevented" => Some(DisputeOutcome::Dropped),
        _ => return Err(UnknownStatus),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: &str, movements: &str) -> Result<Dispute, GatewayError> {
        let body = format!(
            r#"{{"id": "du_1", "amount": 6480, "currency": "usd", "reason": "fraudulent", "status": "{status}",
                "balance_transactions": {movements}}}"#
        );
        read_answer(StatusCode::OK, body.as_bytes())
    }

    #[test]
    fn where_the_money_is_comes_from_the_balance() {
        let taken = read("needs_response", r#"[{"amount": -6480}]"#).unwrap();
        assert_eq!((taken.withdrawn, taken.reinstated, taken.outcome), (true, false, None));
        assert_eq!((taken.amount.amount().to_string(), taken.reason.as_str()), ("64.80".to_owned(), "fraudulent"));
        let back = read("won", r#"[{"amount": -6480}, {"amount": 6480}]"#).unwrap();
        assert_eq!((back.withdrawn, back.reinstated, back.outcome), (true, true, Some(DisputeOutcome::Won)));
        let asked = read("warning_needs_response", "[]").unwrap();
        assert_eq!((asked.withdrawn, asked.outcome), (false, None));
        assert_eq!(read("warning_closed", "[]").unwrap().outcome, Some(DisputeOutcome::Dropped));
        assert_eq!(read("lost", "[]").unwrap().outcome, Some(DisputeOutcome::Lost));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        assert!(matches!(read("brand_new", "[]"), Err(GatewayError::Unknown(_))));
        assert!(matches!(read_answer(StatusCode::OK, b"{}"), Err(GatewayError::Unknown(_))));
        assert!(matches!(read_answer(StatusCode::INTERNAL_SERVER_ERROR, b"{}"), Err(GatewayError::Failed(_))));
    }
}
