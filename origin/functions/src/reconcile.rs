//! What a schedule runs each day: counters, holds and ledger are compared, and repaired.

use std::process::ExitCode;

use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use origin_core::inventory::reconcile_all;
use serde::{Serialize, de::IgnoredAny};

use crate::{
    Config,
    run::{RunError, run},
    wiring::backend,
};

/// What a run has found. Each finding is an event, and a line of the log.
#[derive(Serialize)]
struct Report {
    findings: usize,
}

/// Reconciles when the Lambda runtime says so, until that ends.
pub async fn reconcile() -> ExitCode {
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let backend = &backend(Config::from_environment()?)?;
    let reconciling = service_fn(|_: LambdaEvent<IgnoredAny>| async move {
        // Boxed: one state machine of all that it calls is more than the compiler lays out.
        let findings = Box::pin(reconcile_all(backend)).await?;
        Ok::<_, lambda_http::Error>(Report { findings })
    });
    lambda_runtime::run(reconciling).await.map_err(RunError::Runtime)
}
