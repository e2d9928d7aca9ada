//! A window between a read and the write that follows from it, in which two requests meet.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use origin_core::hooks::{HookPoint, Hooks, Stopped};
use tokio::sync::watch;

/// How long the first one waits for the second.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where two requests wait for each other.
#[derive(Debug)]
pub(crate) struct Window {
    points: Vec<HookPoint>,
    /// By how much the one is let go before the other, and whether that is the one that came first.
    head_start: Duration,
    first_goes_first: bool,
    inside: watch::Sender<u32>,
}

impl Window {
    /// Returns once a request is inside. Whether one came.
    pub(crate) async fn entered(&self) -> bool {
        let mut inside = self.inside.subscribe();
        tokio::time::timeout(PATIENCE, inside.wait_for(|inside| *inside >= 1)).await.is_ok_and(|seen| seen.is_ok())
    }

    /// Whether two requests were inside together.
    pub(crate) fn met(&self) -> bool {
        *self.inside.borrow() >= 2
    }

    async fn enter(&self) {
        let mut place = 0;
        self.inside.send_modify(|inside| {
            *inside += 1;
            place = *inside;
        });
        if place > 2 {
            return;
        }
        let mut inside = self.inside.subscribe();
        let met = tokio::time::timeout(PATIENCE, inside.wait_for(|inside| *inside >= 2)).await.is_ok();
        if !met {
            // It goes on alone, and nobody counts it as a meeting later.
            self.inside.send_modify(|inside| *inside = 0);
            return;
        }
        if (place == 1) != self.first_goes_first {
            tokio::time::sleep(self.head_start).await;
        }
    }
}

/// Lets requests meet in the window that is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meeting(Arc<Mutex<Option<Arc<Window>>>>);

impl Meeting {
    /// Opens a window at these points, for the race of that number: each has an order and a distance of its own.
    pub(crate) fn open(&self, points: &[HookPoint], number: u32) -> Arc<Window> {
        let window = Arc::new(Window {
            points: points.to_vec(),
            head_start: Duration::from_micros(u64::from(number / 2 % 8) * 400),
            first_goes_first: number.is_multiple_of(2),
            inside: watch::Sender::new(0),
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&window));
        window
    }

    pub(crate) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Hooks for Meeting {
    async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(window) = window.filter(|window| window.points.contains(&point)) {
            window.enter().await;
        }
        Ok(())
    }
}
