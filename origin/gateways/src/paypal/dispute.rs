//! Disputes as PayPal tells of them: <https://developer.paypal.com/docs/api/customer-disputes/v1/>.

use origin_core::payments::{Dispute, DisputeOutcome};
use serde::Deserialize;

use super::amount::WireAmount;

/// The longest reason that is taken over, in bytes.
const MAX_REASON: usize = 100;

#[derive(Deserialize)]
pub(super) struct WireDispute {
    dispute_id: String,
    dispute_amount: WireAmount,
    reason: Option<String>,
    status: String,
    dispute_outcome: Option<WireOutcome>,
    #[serde(default)]
    money_movements: Vec<WireMovement>,
}

#[derive(Deserialize)]
struct WireOutcome {
    outcome_code: Option<String>,
}

/// Money that was taken from the one side, or given to it.
#[derive(Deserialize)]
struct WireMovement {
    affected_party: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl WireDispute {
    pub(super) fn into_dispute(self) -> Option<Dispute> {
        let moved = |wanted: &str| {
            let ours = |moved: &&WireMovement| moved.affected_party.as_deref() == Some("SELLER");
            self.money_movements.iter().filter(ours).any(|moved| moved.kind.as_deref() == Some(wanted))
        };
        let outcome = self.outcome();
        let reason = self.reason.as_deref().filter(|reason| (1..=MAX_REASON).contains(&reason.len()));
        Some(Dispute {
            amount: self.dispute_amount.money()?,
            // Where PayPal does not tell of movements, its decision does.
            withdrawn: moved("DEBIT") || outcome == Some(DisputeOutcome::Lost),
            reinstated: moved("DEBIT") && moved("CREDIT"),
            reason: reason.unwrap_or("other").to_ascii_lowercase(),
            outcome,
            id: self.dispute_id,
        })
    }

    fn outcome(&self) -> Option<DisputeOutcome> {
        let code = self.dispute_outcome.as_ref().and_then(|outcome| outcome.outcome_code.as_deref());
        (self.status == "RESOLVED").then(|| match code {
            Some("RESOLVED_SELLER_FAVOUR" | "DENIED") => DisputeOutcome::Won,
            Some("RESOLVED_BUYER_FAVOUR" | "ACCEPTED") => DisputeOutcome::Lost,
            // Withdrawn by the customer, or paid for by PayPal.
            _ => DisputeOutcome::Dropped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: &str, outcome: &str, movements: &[&str]) -> Dispute {
        let movements: Vec<String> = movements
            .iter()
            .map(|kind| format!(r#"{{"affected_party": "SELLER", "type": "{kind}"}}"#))
            .chain([r#"{"affected_party": "BUYER", "type": "DEBIT"}"#.to_owned()])
            .collect();
        let body = format!(
            r#"{{"dispute_id": "PP-D-1", "dispute_amount": {{"currency_code": "USD", "value": "64.80"}},
                "reason": "UNAUTHORISED", "status": "{status}", "dispute_outcome": {{"outcome_code": "{outcome}"}},
                "money_movements": [{}]}}"#,
            movements.join(",")
        );
        serde_json::from_str::<WireDispute>(&body).unwrap().into_dispute().unwrap()
    }

    #[test]
    fn a_dispute_tells_where_the_money_is_and_how_it_ended() {
        use DisputeOutcome::{Dropped, Lost, Won};
        for (status, code, movements, withdrawn, reinstated, outcome) in [
            ("OPEN", "", &[][..], false, false, None),
            ("UNDER_REVIEW", "", &["DEBIT"], true, false, None),
            ("RESOLVED", "RESOLVED_SELLER_FAVOUR", &["DEBIT", "CREDIT"], true, true, Some(Won)),
            ("RESOLVED", "RESOLVED_BUYER_FAVOUR", &[], true, false, Some(Lost)),
            ("RESOLVED", "CANCELED_BY_BUYER", &[], false, false, Some(Dropped)),
        ] {
            let dispute = read(status, code, movements);
            let got = (dispute.withdrawn, dispute.reinstated, dispute.outcome);
            assert_eq!(got, (withdrawn, reinstated, outcome), "{status} {code}");
            assert_eq!((dispute.amount.minor(), dispute.reason.as_str()), (6480, "unauthorised"));
        }
    }
}
