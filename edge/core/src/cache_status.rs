//! What the cache did, as RFC 9211 ("The Cache-Status HTTP Response Header Field") writes it.

use http::HeaderValue;

/// The name of this cache.
const CACHE: &str = "cloudcommerce";

/// How a cached answer came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheStatus {
    /// From the cache, fresh for that many seconds.
    Hit { ttl: i64 },
    /// From the cache, no longer fresh (`ttl` is below zero), while it is or was tried to be refreshed.
    Stale { ttl: i64 },
    /// From the origin, past the cache.
    Bypass,
    /// From the origin, there was nothing in the cache.
    Miss { stored: bool },
    /// From the origin, what was in the cache was too old.
    Expired { stored: bool },
    /// From the cache although too old, since the origin did not answer, or answered with this error.
    StaleOnError { ttl: i64, origin_status: Option<u16> },
}

impl CacheStatus {
    /// The member of the list that this cache adds.
    pub(crate) fn text(self) -> String {
        let stored = |stored: bool| if stored { "; stored" } else { "" };
        match self {
            Self::Hit { ttl } => format!("{CACHE}; hit; ttl={ttl}"),
            Self::Stale { ttl } => format!("{CACHE}; hit; ttl={ttl}; detail=stale"),
            Self::Bypass => format!("{CACHE}; fwd=bypass"),
            Self::Miss { stored: kept } => format!("{CACHE}; fwd=miss{}", stored(kept)),
            Self::Expired { stored: kept } => format!("{CACHE}; fwd=stale; fwd-status=200{}", stored(kept)),
            Self::StaleOnError { ttl, origin_status } => {
                let status = origin_status.map(|status| format!("; fwd-status={status}")).unwrap_or_default();
                format!("{CACHE}; fwd=stale{status}; ttl={ttl}; detail=stale-if-error")
            }
        }
    }

    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::try_from(self.text()).expect("should be a header: ASCII letters, digits and punctuation")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_told_in_the_words_of_the_standard() {
        for (status, text) in [
            (CacheStatus::Hit { ttl: 59 }, "cloudcommerce; hit; ttl=59"),
            (CacheStatus::Stale { ttl: -3 }, "cloudcommerce; hit; ttl=-3; detail=stale"),
            (CacheStatus::Bypass, "cloudcommerce; fwd=bypass"),
            (CacheStatus::Miss { stored: true }, "cloudcommerce; fwd=miss; stored"),
            (CacheStatus::Miss { stored: false }, "cloudcommerce; fwd=miss"),
            (CacheStatus::Expired { stored: true }, "cloudcommerce; fwd=stale; fwd-status=200; stored"),
            (
                CacheStatus::StaleOnError { ttl: -9, origin_status: Some(503) },
                "cloudcommerce; fwd=stale; fwd-status=503; ttl=-9; detail=stale-if-error",
            ),
            (
                CacheStatus::StaleOnError { ttl: -9, origin_status: None },
                "cloudcommerce; fwd=stale; ttl=-9; detail=stale-if-error",
            ),
        ] {
            assert_eq!(status.header(), text);
        }
    }
}
