//! How long stock is held for an order that is not paid.

use std::time::Duration;

use jiff::Timestamp;

/// From the order, and again from each attempt to pay it.
pub const HOLD: Duration = Duration::from_mins(10);
/// No attempt extends a hold beyond this, counted from the order.
pub const LONGEST_HOLD: Duration = Duration::from_mins(30);

/// Until when a hold lasts that began at `created_at` and would end at `until`, once there is activity on its order at `now`.
/// Never earlier than `until`.
#[must_use]
pub fn extended(created_at: Timestamp, until: Timestamp, now: Timestamp) -> Timestamp {
    let after = |from: Timestamp, time: Duration| from.saturating_add(time).unwrap_or(Timestamp::MAX);
    after(now, HOLD).min(after(created_at, LONGEST_HOLD)).max(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_gives_a_hold_ten_minutes_more_but_never_more_than_thirty_in_all() {
        let minute = |minute: i64| Timestamp::from_second(60 * minute).unwrap();
        for (until, now, expected) in [(10, 0, 10), (10, 4, 14), (14, 9, 19), (25, 22, 30), (30, 29, 30), (40, 5, 40)] {
            assert_eq!(extended(minute(0), minute(until), minute(now)), minute(expected), "at {now}");
        }
    }
}
