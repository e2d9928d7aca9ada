//! Reads the stream of the counters' table. In AWS, an event source calls a function with it.

use std::time::Duration;

use commerce_aws::{AwsClient, AwsEnvironment};
use origin_core::{Backend, StoreError, inventory::watch_stock};
use origin_dynamo::{INVENTORY_TABLE, StockStream};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// How often it is read.
const EVERY: Duration = Duration::from_secs(1);

/// Watches until it is dropped.
pub(crate) struct Watcher(JoinHandle<()>);

impl Watcher {
    pub(crate) fn start<B, E>(backend: B, client: AwsClient<E>) -> Self
    where
        B: Backend,
        E: AwsEnvironment + 'static,
    {
        Self(tokio::spawn(async move {
            // A table from before it had a stream keeps none.
            match StockStream::open(client, INVENTORY_TABLE).await {
                Ok(stream) => watch(&backend, stream).await,
                Err(error) => tracing::warn!(%error, "nobody watches for low stock"),
            }
        }))
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.0.abort();
        // Aborted, which is what was wanted.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch<B: Backend, E: AwsEnvironment>(backend: &B, mut stream: StockStream<E>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = take_in(backend, &mut stream).await {
            tracing::warn!(%error, "changes of stock are read again");
        }
    }
}

async fn take_in<B: Backend, E: AwsEnvironment>(backend: &B, stream: &mut StockStream<E>) -> Result<(), StoreError> {
    watch_stock(backend, &stream.read().await?).await?;
    stream.done();
    Ok(())
}
