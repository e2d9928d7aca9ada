//! Reads the stream of the counters' table. In AWS, an event source calls a function with it.

use std::time::Duration;

use commerce_aws::{AwsClient, AwsEnvironment};
use origin_core::{Backend, StoreError, inventory::watch_stock};
use origin_dynamo::{INVENTORY_TABLE, StockStream};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// How often it is read.
const EVERY: Duration = Duration::from_secs(1);

/// How long a start waits for what the stream has already.
const CATCH_UP: Duration = Duration::from_secs(10);

/// Watches until it is dropped.
pub(crate) struct Watcher(JoinHandle<()>);

impl Watcher {
    /// Takes in what there is, and goes on doing so.
    pub(crate) async fn start<B, E>(backend: B, client: AwsClient<E>) -> Self
    where
        B: Backend,
        E: AwsEnvironment + 'static,
    {
        let mut stream = StockStream::open(client, INVENTORY_TABLE).await;
        match &mut stream {
            Ok(stream) => {
                // What takes longer is seen soon.
                let _ = tokio::time::timeout(CATCH_UP, catch_up(&backend, stream)).await;
            }
            // A table from before it had a stream keeps none.
            Err(error) => tracing::warn!(%error, "nobody watches the counters"),
        }
        Self(tokio::spawn(async move {
            if let Ok(stream) = stream {
                watch(&backend, stream).await;
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
        catch_up(backend, &mut stream).await;
    }
}

/// Takes in what has been written since.
async fn catch_up<B: Backend, E: AwsEnvironment>(backend: &B, stream: &mut StockStream<E>) {
    loop {
        match take_in(backend, stream).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "changes of stock are read again");
                return;
            }
        }
    }
}

/// Whether there was something.
async fn take_in<B: Backend, E: AwsEnvironment>(backend: &B, stream: &mut StockStream<E>) -> Result<bool, StoreError> {
    let changes = stream.read().await?;
    watch_stock(backend, &changes).await?;
    stream.done();
    Ok(!changes.is_empty())
}
