//! When a failed call is sent again, and after how long.
//!
//! Written here and not taken from `backon`: its sleeper must be `'static`, which a borrowed [`Timer`](crate::Timer) is not;
//! its jitter adds to the delay (d to 2d), where contention wants the whole range (0 to d); and it counts the pauses against
//! its limit, where a deadline must count the calls too.

use std::time::Duration;

use commerce_domain::{Clock, Entropy};
use jiff::Timestamp;

use crate::error::AwsError;

/// Limits of the retries of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often the call is sent at most, the first time included.
    pub max_attempts: u32,
    /// Attempts and pauses together end within this.
    pub budget: Duration,
    /// What one attempt of a [`Repeat::Safe`] call may take. Less than half of the budget, so that one that stalls leaves
    /// time for another: none begins with less than this left. An [`Repeat::Unsafe`] call would not be sent again and may
    /// take all that is left.
    pub attempt_timeout: Duration,
    /// The longest pause before the second attempt; it doubles with each further one.
    pub base: Duration,
    /// The longest pause at all.
    pub cap: Duration,
}

/// Whether a call may be sent again although the first one may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A second effect is the same as one: reads, conditional writes whose caller knows what a failed condition means,
    /// transactions with a token.
    Safe,
    /// A second effect would be another one. Sent again only where the first one certainly had none.
    Unsafe,
}

/// How far a call has come. Whatever is sent for it shares its budget.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Timestamp,
    attempts: u32,
}

impl Progress {
    pub(crate) fn begin(clock: &impl Clock) -> Self {
        Self { started: clock.now(), attempts: 0 }
    }

    fn elapsed(&self, clock: &impl Clock) -> Duration {
        Duration::try_from(clock.now().duration_since(self.started)).unwrap_or_default()
    }
}

impl RetryPolicy {
    /// A single attempt, of five seconds at most.
    pub const NONE: Self = Self {
        max_attempts: 1,
        budget: Duration::from_secs(5),
        attempt_timeout: Duration::from_secs(5),
        base: Duration::ZERO,
        cap: Duration::ZERO,
    };

    /// The same for a call whose answer is held back for up to `wait`: two attempts that are cut off still fit.
    #[cfg(feature = "messaging")]
    pub(crate) fn waiting(&self, wait: Duration) -> Self {
        Self { attempt_timeout: self.attempt_timeout + wait, budget: self.budget + wait * 2, ..*self }
    }

    /// Counts an attempt. What it may take.
    pub(crate) fn attempt(&self, progress: &mut Progress, repeat: Repeat, clock: &impl Clock) -> Duration {
        progress.attempts += 1;
        let left = self.budget.saturating_sub(progress.elapsed(clock));
        match repeat {
            Repeat::Safe => left.min(self.attempt_timeout),
            Repeat::Unsafe => left,
        }
    }

    /// How long to wait before another attempt, `None` where there shall be none.
    pub(crate) fn pause(
        &self,
        error: &AwsError,
        repeat: Repeat,
        progress: &Progress,
        clock_and_entropy: &(impl Clock + Entropy),
    ) -> Option<Duration> {
        if progress.attempts >= self.max_attempts || !is_worth_repeating(error, repeat) {
            return None;
        }
        let pause = full_jitter(self.ceiling(progress.attempts), clock_and_entropy);
        let end = progress.elapsed(clock_and_entropy).saturating_add(pause).saturating_add(self.attempt_timeout);
        (end <= self.budget).then_some(pause)
    }

    fn ceiling(&self, attempt: u32) -> Duration {
        self.base.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX)).min(self.cap)
    }
}

/// Three attempts within three seconds, of one second each: for a call that a shopper waits for.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            budget: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(1),
            base: Duration::from_millis(50),
            cap: Duration::from_millis(500),
        }
    }
}

fn is_worth_repeating(error: &AwsError, repeat: Repeat) -> bool {
    error.is_contention() || (repeat == Repeat::Safe && error.outcome_is_unknown())
}

/// A duration drawn evenly from zero to `ceiling` (AWS Architecture Blog, "Exponential Backoff And Jitter").
fn full_jitter(ceiling: Duration, entropy: &impl Entropy) -> Duration {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let drawn = (ceiling.as_nanos() * u128::from(u64::from_le_bytes(bytes))) >> 64;
    Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed {
        now: i64,
        byte: u8,
    }

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.now).unwrap()
        }
    }

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.byte);
        }
    }

    const POLICY: RetryPolicy = RetryPolicy {
        max_attempts: 5,
        budget: Duration::from_millis(1_500),
        attempt_timeout: Duration::from_millis(500),
        base: Duration::from_millis(100),
        cap: Duration::from_millis(300),
    };

    fn throttled() -> AwsError {
        AwsError::Throttled { message: String::new() }
    }

    fn after(attempts: u32) -> Progress {
        Progress { started: Timestamp::UNIX_EPOCH, attempts }
    }

    fn pause_after(attempts: u32, now: i64, byte: u8) -> Option<Duration> {
        POLICY.pause(&throttled(), Repeat::Unsafe, &after(attempts), &Fixed { now, byte })
    }

    #[test]
    fn pauses_are_drawn_from_a_range_that_doubles_up_to_the_cap() {
        for (attempt, ceiling) in [(1, 100), (2, 200), (3, 300), (4, 300)] {
            let longest = pause_after(attempt, 0, 0xff).unwrap();
            assert_eq!(longest.as_millis() + 1, ceiling, "attempt {attempt}: {longest:?}");
            assert_eq!(pause_after(attempt, 0, 0), Some(Duration::ZERO));
            assert_eq!(pause_after(attempt, 0, 0x7f).unwrap().as_millis(), (ceiling - 1) / 2);
        }
    }

    #[test]
    fn attempts_are_limited() {
        assert_eq!(pause_after(5, 0, 0), None);
        let fixed = Fixed { now: 0, byte: 0 };
        assert_eq!(RetryPolicy::NONE.pause(&throttled(), Repeat::Safe, &after(1), &fixed), None);
    }

    #[test]
    fn an_attempt_that_may_be_repeated_leaves_time_for_that() {
        let limit = |repeat, now| POLICY.attempt(&mut after(0), repeat, &Fixed { now, byte: 0 }).as_millis();
        assert_eq!((limit(Repeat::Safe, 0), limit(Repeat::Safe, 1_000), limit(Repeat::Safe, 1_200)), (500, 500, 300));
        assert_eq!((limit(Repeat::Unsafe, 0), limit(Repeat::Unsafe, 600)), (1_500, 900));
        assert_eq!((limit(Repeat::Safe, 2_000), limit(Repeat::Unsafe, 2_000)), (0, 0));
        let default = RetryPolicy::default();
        assert!(default.attempt_timeout * 2 + default.base <= default.budget);
    }

    #[cfg(feature = "messaging")]
    #[test]
    fn an_answer_that_is_held_back_does_not_use_up_the_time() {
        let waiting = RetryPolicy::default().waiting(Duration::from_secs(20));
        assert_eq!(waiting.attempt_timeout, Duration::from_secs(21));
        assert!(waiting.attempt_timeout * 2 + waiting.base <= waiting.budget);
        assert_eq!(waiting.max_attempts, RetryPolicy::default().max_attempts);
    }

    #[test]
    fn no_attempt_begins_with_less_than_its_time_left() {
        assert!(pause_after(1, 900, 0xff).is_some());
        assert_eq!(pause_after(1, 901, 0xff), None);
        assert_eq!(pause_after(1, 1001, 0), None);
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_where_that_is_safe() {
        use crate::ports::TransportError::{Connection, Refused, TimedOut};
        let fixed = Fixed { now: 0, byte: 0 };
        let repeats = |error: &AwsError, repeat| POLICY.pause(error, repeat, &after(1), &fixed).is_some();
        let internal = AwsError::Other { status: 500, code: "InternalServerError".into(), message: String::new() };
        for error in [internal, TimedOut.into(), Connection("reset".into()).into()] {
            assert!(repeats(&error, Repeat::Safe) && !repeats(&error, Repeat::Unsafe), "{error}");
        }
        let invalid = AwsError::Other { status: 400, code: "ResourceInUseException".into(), message: String::new() };
        for error in [invalid, Refused("no".into()).into(), AwsError::ConditionalCheckFailed { item: None }] {
            assert!(!repeats(&error, Repeat::Safe), "{error}");
        }
        for error in [AwsError::TransactionInProgress, AwsError::TransactionConflict { message: String::new() }] {
            assert!(repeats(&error, Repeat::Unsafe), "{error}");
        }
    }
}
