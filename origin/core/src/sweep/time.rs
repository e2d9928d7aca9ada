//! How a sweep divides its time.
//!
//! What only our own stores are asked for comes first. Then come the lists whose entries wait for a provider or for the carrier: each
//! has an equal part of the time that is left, so that whoever does not answer holds up its own list and no other.

use jiff::{SignedDuration, Timestamp};

/// No entry is begun later than that after the sweep's beginning. The next sweep begins after 30 seconds.
const LONGEST: SignedDuration = SignedDuration::from_secs(25);
/// What is asked of our own stores alone begins within that time: the rest is the providers'.
const OWN: SignedDuration = SignedDuration::from_secs(15);
/// So long an entry is waited for, however little is left of its list's time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(4);
/// The lists that have entries which wait for a provider or for the carrier.
const PROVIDER_LISTS: i32 = 7;

// The entry that is begun last ends before the next sweep begins.
const _: () = assert!(OWN.as_secs() < LONGEST.as_secs() && LONGEST.as_secs() + PATIENCE.as_secs() < 30);

/// The time that a sweep has.
pub(super) struct Budget {
    own_until: Timestamp,
    until: Timestamp,
    provider_lists: i32,
}

/// The time of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share(Timestamp);

impl Budget {
    /// Of a sweep that begins now.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { own_until: later(now, OWN), until: later(now, LONGEST), provider_lists: PROVIDER_LISTS }
    }

    /// The time of the next list that no provider is asked for: half of what is left, so that something is left for those that follow.
    pub(super) fn own(&self, now: Timestamp) -> Share {
        part(now, self.own_until, 2)
    }

    /// The time of the next list whose entries wait for a provider: what the earlier ones have not used is shared by the later ones.
    pub(super) fn provider(&mut self, now: Timestamp) -> Share {
        let share = part(now, self.until, self.provider_lists.max(1));
        self.provider_lists -= 1;
        share
    }
}

impl Share {
    /// Whether no other entry is begun.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.0 <= now
    }

    /// Until when the entry that is begun now is waited for.
    pub(super) fn patience(self, now: Timestamp) -> Timestamp {
        self.0.max(later(now, PATIENCE))
    }
}

fn part(now: Timestamp, until: Timestamp, parts: i32) -> Share {
    Share(later(now, until.duration_since(now).max(SignedDuration::ZERO) / parts))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_time_that_lists_do_not_use_is_left_to_those_that_follow() {
        let mut budget = Budget::new(at(0));
        assert_eq!(budget.own(at(0)), Share(Timestamp::from_millisecond(7_500).unwrap()));
        assert_eq!(budget.own(at(13)), Share(at(14)));
        assert!(budget.own(at(15)).is_over(at(15)), "what is left is the providers'");
        assert_eq!(budget.provider(at(4)), Share(at(7)));
        assert_eq!(budget.provider(at(7)), Share(at(10)));
        assert_eq!(budget.provider(at(5)), Share(at(9)));
    }

    #[test]
    fn though_all_providers_hang_a_sweep_ends_before_the_next_one() {
        for own in [0, 15] {
            let (mut budget, mut now) = (Budget::new(at(0)), at(own));
            for _ in 0..PROVIDER_LISTS {
                let share = budget.provider(now);
                while !share.is_over(now) {
                    now = share.patience(now);
                }
            }
            assert!(now < at(30), "{now}");
        }
    }
}
