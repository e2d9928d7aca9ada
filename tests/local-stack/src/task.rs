//! What a running stack does by itself.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// Work that goes on until it is stopped or dropped.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Does the work, over and over, no sooner than `period` after it was last begun.
    pub(crate) fn every<F>(period: Duration, work: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::every_after(Duration::ZERO, period, work)
    }

    /// The same, begun for the first time after `first`.
    pub(crate) fn every_after<F>(first: Duration, period: Duration, work: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(tokio::spawn(async move {
            tokio::time::sleep(first).await;
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                work().await;
            }
        }))
    }

    /// Ends it, at whatever point it is.
    pub(crate) fn abort(&self) {
        self.0.abort();
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.0.abort();
        // Aborted, which is what was wanted.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
