//! What a schedule runs each day: counters, holds and ledger are compared, and repaired.

use std::{collections::BTreeMap, process::ExitCode};

use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use origin_core::inventory::{Drift, ReconciliationTotals, reconcile_all};
use serde::{Serialize, de::IgnoredAny};

use crate::{
    Config,
    run::{RunError, run},
    wiring::backend,
};

/// What a run has found, by kind. Each finding is an event, and a line of the log.
#[derive(Serialize)]
struct Report {
    checked: u32,
    unsettled: u32,
    repaired: BTreeMap<&'static str, u32>,
    open: BTreeMap<&'static str, u32>,
}

impl From<ReconciliationTotals> for Report {
    fn from(totals: ReconciliationTotals) -> Self {
        let ReconciliationTotals { checked, unsettled, repaired, open } = totals;
        Self { checked, unsettled, repaired: by_name(repaired), open: by_name(open) }
    }
}

fn by_name(kinds: BTreeMap<Drift, u32>) -> BTreeMap<&'static str, u32> {
    kinds.into_iter().map(|(kind, count)| (kind.as_str(), count)).collect()
}

/// Reconciles when the Lambda runtime says so, until that ends.
pub async fn reconcile() -> ExitCode {
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let backend = &backend(Config::from_environment()?)?;
    let reconciling = service_fn(|_: LambdaEvent<IgnoredAny>| async move {
        // Boxed: one state machine of all that it calls is more than the compiler lays out.
        let totals = Box::pin(reconcile_all(backend)).await?;
        Ok::<_, lambda_http::Error>(Report::from(totals))
    });
    lambda_runtime::run(reconciling).await.map_err(RunError::Runtime)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_counts_what_is_repaired_and_what_is_open_by_kind() {
        let totals = ReconciliationTotals {
            checked: 3,
            unsettled: 1,
            repaired: [(Drift::ManualEdit, 2)].into(),
            open: [(Drift::LostHold, 1), (Drift::UnconsumedHold, 4)].into(),
        };
        let report = serde_json::to_value(Report::from(totals)).unwrap();
        let open = json!({"lost_hold": 1, "unconsumed_hold": 4});
        assert_eq!(report, json!({"checked": 3, "unsettled": 1, "repaired": {"manual_edit": 2}, "open": open}));
    }
}
