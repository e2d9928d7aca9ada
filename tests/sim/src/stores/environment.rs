//! The outside world of the DynamoDB adapters.

use std::time::Duration;

use bytes::Bytes;
use commerce_aws::{HttpClient, Timer, TransportError};
use commerce_domain::{Clock, Entropy};
use http::{Request, Response};
use jiff::Timestamp;
use origin_gateways::ReqwestClient;
use test_support::SeededEntropy;

use crate::world::World;

/// No call waits that long: what does has got stuck, whatever its own limit would be.
const STUCK: Duration = Duration::from_mins(1);

/// What the DynamoDB adapters stand on. Their own limits do not hold: a slow machine must not change a run.
#[derive(Debug, Clone)]
pub(crate) struct SimEnvironment {
    pub(crate) http: ReqwestClient,
    pub(crate) world: World,
    pub(crate) entropy: SeededEntropy,
}

impl HttpClient for SimEnvironment {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.http.send(request).await
    }
}

impl Timer for SimEnvironment {
    async fn sleep(&self, _: Duration) {
        tokio::time::sleep(STUCK).await;
    }
}

impl Clock for SimEnvironment {
    fn now(&self) -> Timestamp {
        self.world.now()
    }
}

impl Entropy for SimEnvironment {
    fn fill(&self, buffer: &mut [u8]) {
        self.entropy.fill(buffer);
    }
}
