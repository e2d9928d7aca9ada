//! The sweep of a running stack. In AWS, a schedule runs it.

use std::time::Duration;

use origin_core::Backend;
use origin_http::sweep;
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// What is overdue ends within a minute; here sooner, because somebody is watching.
const EVERY: Duration = Duration::from_secs(15);

/// Sweeps until it is dropped.
pub(crate) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    pub(crate) fn start<B: Backend>(backend: B) -> Self {
        Self(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                // Nothing stops it here: what fails is counted and in the log.
                let _ = sweep(&backend).await;
            }
        }))
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.0.abort();
        // Aborted, which is what was wanted.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
