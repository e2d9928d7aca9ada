//! What every load generator here measures with: processor time, latencies and a clock. It knows nothing of the shop and may
//! depend on no other crate of this workspace.

pub mod cpu;
pub mod histogram;

use std::time::Instant;

/// The moment, for durations.
#[expect(clippy::disallowed_methods, reason = "measuring time is what these programs are for")]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}
