//! What is measured: which work, on which runtime, in which process.

/// How requests are served. A group has its own baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The Workers runtime without Miniflare.
    Workers,
    /// The Spin host with Spin's own instance reuse.
    Spin,
    /// The Spin host with a new instance for every request.
    SpinFresh,
}

impl Group {
    pub(super) const ALL: [Self; 3] = [Self::Workers, Self::Spin, Self::SpinFresh];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Workers => "Workers: bare workerd, one process for each program",
            Self::Spin => "Spin: instances reused (--reuse 128 --concurrent 16)",
            Self::SpinFresh => "Spin: the same host, a new instance for every request (--reuse 1)",
        }
    }
}

/// What one request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Answers `hello`.
    Hello,
    /// Reads one value from KV and answers with it.
    KvGet,
    /// The shop: the first page of products, from the cache.
    List,
    /// The shop: one product, from the cache.
    Detail,
}

impl Work {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::KvGet => "one KV get",
            Self::List => "product list",
            Self::Detail => "product detail",
        }
    }

    /// Whether the shop answers it, and so from its cache.
    pub(super) fn is_cached(self) -> bool {
        matches!(self, Self::List | Self::Detail)
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) group: Group,
    pub(super) work: Work,
    /// The name of its process.
    pub(super) server: &'static str,
}

/// In the order in which they take turns.
pub(super) const SUBJECTS: [Subject; 9] = [
    Subject { group: Group::Workers, work: Work::Hello, server: "workerd-hello" },
    Subject { group: Group::Workers, work: Work::KvGet, server: "workerd-kv" },
    Subject { group: Group::Workers, work: Work::List, server: "workerd-shop" },
    Subject { group: Group::Workers, work: Work::Detail, server: "workerd-shop" },
    Subject { group: Group::Spin, work: Work::Hello, server: "spin-hello" },
    Subject { group: Group::Spin, work: Work::List, server: "spin-shop" },
    Subject { group: Group::Spin, work: Work::Detail, server: "spin-shop" },
    Subject { group: Group::SpinFresh, work: Work::Hello, server: "spin-fresh-hello" },
    Subject { group: Group::SpinFresh, work: Work::List, server: "spin-fresh-shop" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_baseline_and_the_shop() {
        for group in Group::ALL {
            let has = |work| SUBJECTS.iter().any(|subject| subject.group == group && subject.work == work);
            assert!(has(Work::Hello) && has(Work::List), "{group:?}");
        }
    }
}
