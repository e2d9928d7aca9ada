//! The proxy's handle and its switches.

use std::{
    io,
    sync::{Arc, Mutex},
};

use commerce_aws::Credentials;
use serde::{Deserialize, Serialize};

use super::proxy::{self, Proxy};
use crate::{HttpServer, SharedClock, SystemClock};

/// Longest delay of one request.
const MAX_DELAY_MS: u64 = 60_000;

/// The switches. Numbers count the next requests to hit; one request takes one counted fault, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DynamoSwitches {
    /// Every request waits this long, after it has claimed its items; 60,000 at most.
    pub delay_ms: u64,
    /// `ProvisionedThroughputExceededException` without an effect.
    pub throttle: u32,
    /// `InternalServerError` (500) without an effect.
    pub internal_error: u32,
    /// Transactions are cancelled with `TransactionConflict`, other writes get a `TransactionConflictException`.
    pub conflict: u32,
    /// The effect happens, the connection closes without an answer.
    pub lose_reply: u32,
    /// The connection closes without an answer, and the effect happens `late_ms` later.
    pub late: u32,
    /// For `late`; 60,000 at most.
    pub late_ms: u64,
    /// The counted faults hit these operations only, such as `TransactWriteItems`; empty: all.
    pub only: Vec<String>,
    /// Of two transactions in flight on one item the later is cancelled, as DynamoDB may at any time do; so are a write and
    /// a transactional read that meet a transaction.
    pub detect_conflicts: bool,
}

/// A counted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Throttled,
    Internal,
    Conflict,
    LostReply,
    Late,
}

impl DynamoSwitches {
    /// No fault on demand, and no mercy where transactions meet.
    pub fn strict() -> Self {
        Self { detect_conflicts: true, ..Self::default() }
    }

    pub(super) fn delay_milliseconds(&self) -> u64 {
        self.delay_ms.min(MAX_DELAY_MS)
    }

    pub(super) fn late_milliseconds(&self) -> u64 {
        self.late_ms.min(MAX_DELAY_MS)
    }

    /// The fault that hits a request of `operation`; a read cannot conflict.
    pub(super) fn take(&mut self, operation: &str) -> Option<Fault> {
        if !(self.only.is_empty() || self.only.iter().any(|name| name == operation)) {
            return None;
        }
        let writes = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems");
        [
            (&mut self.throttle, Fault::Throttled),
            (&mut self.internal_error, Fault::Internal),
            (&mut self.conflict, Fault::Conflict),
            (&mut self.lose_reply, Fault::LostReply),
            (&mut self.late, Fault::Late),
        ]
        .into_iter()
        .filter(|(_, fault)| writes || *fault != Fault::Conflict)
        .find_map(|(count, fault)| {
            let hit = *count > 0;
            *count = count.saturating_sub(1);
            hit.then_some(fault)
        })
    }
}

/// How to start a [`DynamoFaults`].
#[derive(Clone)]
pub struct DynamoFaultsConfig {
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The URL of the DynamoDB behind the proxy.
    pub target: String,
    /// Who may sign, and for which region; absent: signatures are not checked.
    pub signed_by: Option<(Credentials, String)>,
    /// Time for the age of signatures.
    pub clock: SharedClock,
}

impl DynamoFaultsConfig {
    /// A proxy on any port before `target` that checks no signatures.
    pub fn new(target: impl Into<String>) -> Self {
        Self { port: 0, target: target.into(), signed_by: None, clock: SystemClock::shared() }
    }

    /// The same proxy, refusing what `credentials` did not sign for DynamoDB in `region`.
    #[must_use]
    pub fn signed_by(self, credentials: Credentials, region: impl Into<String>) -> Self {
        Self { signed_by: Some((credentials, region.into())), ..self }
    }
}

/// The running proxy. Ends when it is dropped. `GET` and `PUT /test/faults` read and set the switches over HTTP.
pub struct DynamoFaults {
    server: HttpServer,
    proxy: Arc<Proxy>,
}

impl DynamoFaults {
    /// Starts to serve with every switch off.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn start(config: DynamoFaultsConfig) -> io::Result<Self> {
        let port = config.port;
        let proxy = Arc::new(Proxy::new(config, Mutex::default()));
        let server = HttpServer::start(port, proxy::router(Arc::clone(&proxy))).await?;
        Ok(Self { server, proxy })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Replaces all switches; counts start anew, that of requests at one time too.
    pub fn set(&self, switches: DynamoSwitches) {
        self.proxy.set_switches(switches);
    }

    /// The switches, with counts as far as they have not been used up.
    pub fn switches(&self) -> DynamoSwitches {
        self.proxy.switches()
    }

    /// The most requests that were under way at one time since the switches were set.
    pub fn most_at_once(&self) -> u64 {
        self.proxy.most_at_once()
    }

    /// How many requests were refused because another transaction held an item.
    pub fn conflicts(&self) -> u64 {
        self.proxy.conflicts()
    }

    /// Ends the proxy once running requests are answered.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_takes_no_conflict_and_counts_run_out_in_order() {
        let mut switches = DynamoSwitches { conflict: 1, lose_reply: 1, ..DynamoSwitches::default() };
        assert_eq!(switches.take("GetItem"), Some(Fault::LostReply));
        assert_eq!(switches.take("GetItem"), None);
        assert_eq!(switches.take("UpdateItem"), Some(Fault::Conflict));
        assert_eq!(switches.take("UpdateItem"), None);
    }

    #[test]
    fn faults_aimed_at_one_operation_leave_the_others_alone() {
        let only = vec!["TransactWriteItems".to_owned()];
        let mut switches = DynamoSwitches { throttle: 1, only, ..DynamoSwitches::default() };
        assert_eq!(switches.take("UpdateItem"), None);
        assert_eq!(switches.take("TransactWriteItems"), Some(Fault::Throttled));
    }
}
