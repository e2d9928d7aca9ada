//! A request on its way through the edge.

use bytes::Bytes;
use commerce_api::{Route, headers::REQUEST_ID};
use commerce_auth::Principal;
use commerce_domain::Entropy;
use http::{HeaderMap, HeaderValue, Request};
use jiff::Timestamp;

use crate::config::EdgeConfig;

/// The longest request id that is taken over from a client.
const MAX_REQUEST_ID: usize = 64;

/// A request that passed the checks, and what the handlers need beside it.
pub(crate) struct Call<'a, P> {
    pub(crate) platform: &'a P,
    pub(crate) config: &'a EdgeConfig,
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) request_id: &'a str,
    /// The trace that the request belongs to, if it is in one.
    pub(crate) trace: Option<&'a HeaderValue>,
    /// When the request came. What takes no call of another host is done by this time, as asking the clock costs a call.
    pub(crate) now: Timestamp,
    pub(crate) route: Route,
    /// The value of the route's parameter; empty where it has none. Its syntax has been checked.
    pub(crate) parameter: &'a str,
    /// Who calls; None on routes that ask for no token.
    pub(crate) caller: Option<Caller<'a>>,
}

/// A verified caller.
pub(crate) struct Caller<'a> {
    pub(crate) principal: Principal,
    /// The token as it came.
    pub(crate) token: &'a str,
    /// When the token ends.
    pub(crate) expires_at: Timestamp,
}

impl<P> Call<'_, P> {
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    pub(crate) fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }
}

/// The id that answer, log and problem body carry: the client's own where it is sane, else a new one.
pub(crate) fn request_id(entropy: &impl Entropy, headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    if let Some(given) = given.filter(|id| is_sane(id)) {
        return given.to_owned();
    }
    let mut random = [0; 16];
    entropy.fill(&mut random);
    format!("req_{:032x}", u128::from_be_bytes(random))
}

fn is_sane(id: &str) -> bool {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    plain && (1..=MAX_REQUEST_ID).contains(&id.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    #[test]
    fn only_a_sane_id_is_taken_over() {
        let id = |given: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, given.parse().unwrap());
            request_id(&Sevens, &headers)
        };
        assert_eq!(id("4bf92f35-77b3.A_1"), "4bf92f35-77b3.A_1");
        let own = format!("req_{}", "07".repeat(16));
        for strange in ["", "a b", "a\"b", "{}", &"x".repeat(65)] {
            assert_eq!(id(strange), own, "{strange}");
        }
        assert_eq!(request_id(&Sevens, &HeaderMap::new()), own);
    }
}
