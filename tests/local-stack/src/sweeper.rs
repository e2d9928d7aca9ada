//! The sweep and the relay of a running stack. In AWS, a schedule runs them.

use std::time::Duration;

use origin_core::{Backend, events::relay};
use origin_http::sweep;

use crate::task::Task;

/// What is overdue ends within a minute; here sooner, because somebody is watching.
const SWEEP_EVERY: Duration = Duration::from_secs(15);
/// What a request could not publish. In AWS within 30 seconds.
const RELAY_EVERY: Duration = Duration::from_secs(2);

/// Sweeps and relays until it is dropped.
pub(crate) struct Sweeper {
    sweep: Task,
    relay: Task,
}

impl Sweeper {
    pub(crate) fn start<B: Backend>(backend: B) -> Self {
        let relaying = backend.clone();
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
        }
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.sweep.stop().await;
        self.relay.stop().await;
    }
}
