//! The sweep, the relay and the reconciliation of a running stack. In AWS, schedules run them.

use std::time::Duration;

use origin_core::{Backend, events::relay, inventory::reconcile_all};
use origin_http::sweep;

use crate::task::Task;

/// What is overdue ends within a minute; here sooner, because somebody is watching.
const SWEEP_EVERY: Duration = Duration::from_secs(15);
/// What a request could not publish. In AWS within 30 seconds.
const RELAY_EVERY: Duration = Duration::from_secs(2);
/// What has drifted apart is found within a day, and for the first time soon after the start.
const RECONCILE_EVERY: Duration = Duration::from_hours(24);
const FIRST_RECONCILIATION: Duration = Duration::from_secs(20);

/// Sweeps, relays and reconciles until it is dropped.
pub(crate) struct Sweeper {
    sweep: Task,
    relay: Task,
    reconciliation: Task,
}

impl Sweeper {
    pub(crate) fn start<B: Backend>(backend: B) -> Self {
        let (relaying, reconciling) = (backend.clone(), backend.clone());
        Self {
            sweep: Task::every(SWEEP_EVERY, move || {
                let backend = backend.clone();
                // Nothing stops it here: what fails is counted and in the log.
                async move {
                    let _ = sweep(&backend).await;
                }
            }),
            relay: Task::every(RELAY_EVERY, move || {
                let backend = relaying.clone();
                async move {
                    relay(&backend).await;
                }
            }),
            reconciliation: Task::every_after(FIRST_RECONCILIATION, RECONCILE_EVERY, move || {
                let backend = reconciling.clone();
                async move {
                    // Boxed: one state machine of all that it calls is more than the compiler lays out.
                    if let Err(error) = Box::pin(reconcile_all(&backend)).await {
                        tracing::warn!(%error, "stock not reconciled");
                    }
                }
            }),
        }
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.sweep.stop().await;
        self.relay.stop().await;
        self.reconciliation.stop().await;
    }
}
