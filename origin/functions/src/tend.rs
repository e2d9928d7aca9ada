//! What a schedule runs each minute: the sweep and the relay, twice, so that nothing is overdue for more than a minute.

use std::{convert::Infallible, process::ExitCode, time::Duration};

use commerce_aws::Timer as _;
use commerce_domain::Clock as _;
use futures_util::future::join;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use origin_core::{Backend, events::relay};
use origin_http::sweep;
use serde::de::IgnoredAny;

use crate::{
    Config, ConfigError,
    config::given,
    run::{RunError, run, variable},
    wiring::backend,
};

/// How long after the first round of an invocation the second one begins.
const PAUSE: Duration = Duration::from_secs(30);

/// Sweeps and relays when the Lambda runtime says so, until that ends.
pub async fn tend() -> ExitCode {
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let pause = pause(variable)?;
    let mut config = Config::from_environment()?;
    // The relay does not wait for the sweep, whose end depends on the payment provider.
    config.database.max_connections = 2;
    let backend = &backend(config)?;
    let tending = service_fn(|_: LambdaEvent<IgnoredAny>| async move {
        tend_twice(backend, pause).await;
        Ok::<(), Infallible>(())
    });
    lambda_runtime::run(tending).await.map_err(RunError::Runtime)
}

/// `TEND_PAUSE_SECONDS`, 30 if absent: for another schedule than one of a minute.
fn pause(lookup: impl Fn(&str) -> Option<String>) -> Result<Duration, ConfigError> {
    let Some(seconds) = given(lookup)("TEND_PAUSE_SECONDS") else { return Ok(PAUSE) };
    seconds.parse().map(Duration::from_secs).map_err(|_| ConfigError::Invalid("TEND_PAUSE_SECONDS"))
}

async fn tend_twice<B: Backend>(backend: &B, pause: Duration) {
    // Boxed: one state machine of all that they call is more than the compiler lays out.
    let sweeping = twice(backend, pause, async || {
        // Nothing stops it here: what fails is counted and in the log.
        let _ = Box::pin(sweep(backend)).await;
    });
    let relaying = twice(backend, pause, async || {
        Box::pin(relay(backend)).await;
    });
    join(sweeping, relaying).await;
}

/// Does it now, and again when the pause is over, counted from now; at once where the first time took longer.
async fn twice<B: Backend>(backend: &B, pause: Duration, work: impl AsyncFn()) {
    let started = backend.clock().now();
    work().await;
    let took = Duration::try_from(backend.clock().now().duration_since(started)).unwrap_or_default();
    backend.timer().sleep(pause.saturating_sub(took)).await;
    work().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_half_a_minute_unless_told_otherwise() {
        let pause = |value: &str| pause(|_| Some(value.to_owned()));
        assert_eq!(pause(""), Ok(Duration::from_secs(30)));
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        assert_eq!(pause("soon"), Err(ConfigError::Invalid("TEND_PAUSE_SECONDS")));
    }
}
