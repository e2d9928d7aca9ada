//! What can become of a call of a port.

/// A kind of call, by what can go wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads a store.
    Read,
    /// Changes a store.
    Write,
    /// Asks the payment provider under a key, under which it keeps its answer.
    Keyed,
    /// Tells the payment provider something without a key.
    Unkeyed,
    /// Asks the payment provider how something stands.
    Question,
    /// What the shopper's side does, and nothing of the origin: always done.
    Outside,
}

/// A method of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl Step {
    pub(crate) const fn read(name: &'static str) -> Self {
        Self { name, kind: Kind::Read }
    }

    pub(crate) const fn write(name: &'static str) -> Self {
        Self { name, kind: Kind::Write }
    }

    pub(crate) const fn outside(name: &'static str) -> Self {
        Self { name, kind: Kind::Outside }
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is made, and answered.
    Done,
    /// It is refused at once, and not made: a serialization failure, a transaction in conflict, throttled, a rate limit.
    Refused,
    /// It does not arrive.
    RequestLost,
    /// It is made, and the answer does not arrive.
    ReplyLost,
    /// It times out, and is made later, while others are at work.
    Late,
    /// The provider fails (500) and has not acted. Under a key it keeps that answer.
    Failed,
    /// The provider acts, and fails then (500). Under a key it keeps that answer.
    FailedAfter,
    /// The process that wanted to make it dies first.
    Crash,
}

impl Fate {
    /// Every fate, in the order of the report.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Refused,
        Self::RequestLost,
        Self::ReplyLost,
        Self::Late,
        Self::Failed,
        Self::FailedAfter,
        Self::Crash,
    ];

    /// As the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::RequestLost => "lost",
            Self::ReplyLost => "reply lost",
            Self::Late => "late",
            Self::Failed => "500",
            Self::FailedAfter => "acted, 500",
            Self::Crash => "crash",
        }
    }
}

impl Kind {
    /// The faults that can hit such a call, beside a crash.
    pub(crate) fn faults(self) -> &'static [Fate] {
        use Fate::{Failed, FailedAfter, Late, Refused, ReplyLost, RequestLost};
        match self {
            Self::Read => &[Refused, RequestLost],
            Self::Write => &[Refused, RequestLost, ReplyLost, ReplyLost, Late, Late],
            Self::Keyed => &[Refused, RequestLost, ReplyLost, ReplyLost, Late, Late, Failed, FailedAfter],
            Self::Unkeyed => &[Refused, RequestLost, ReplyLost, Late, Failed, FailedAfter],
            Self::Question => &[Refused, RequestLost, Failed],
            Self::Outside => &[],
        }
    }
}
