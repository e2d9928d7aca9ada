//! The consumers of a running stack. In AWS, each is a function behind an SQS queue.

use std::time::Duration;

use origin_core::{
    consumers::Consumer,
    events::work_off,
    hooks::NoHooks,
    invoices::{Desk, Seller},
};
use origin_dynamo::DynamoPayments;
use origin_gateways::{System, SystemClock, SystemEntropy};
use origin_postgres::Database;
use test_support::{EventBus, QueueConfig};

use crate::{backend::LocalStock, task::Task};

/// How soon an event is seen.
const EVERY: Duration = Duration::from_millis(200);
/// How soon one that was not handled is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Consume until they are dropped.
pub(crate) struct Consumers(Vec<Task>);

impl Consumers {
    /// Each consumer with a queue of its own, which receives what is published from now on.
    pub(crate) fn start(
        bus: &EventBus,
        stock: &LocalStock,
        history: &DynamoPayments<System>,
        database: &Database,
        seller: &Seller,
    ) -> Self {
        let start = |consumer: Consumer| {
            let types = consumer.kinds().iter().map(|kind| (*kind).to_owned()).collect();
            let config = QueueConfig { types, ..QueueConfig::default() };
            let max_receive_count = config.max_receive_count;
            let queue = bus.subscribe(config);
            let (stock, history) = (stock.clone(), history.clone());
            let (database, seller) = (database.clone(), seller.clone());
            Task::every(EVERY, move || {
                let (queue, stock, history) = (queue.clone(), stock.clone(), history.clone());
                let (database, seller) = (database.clone(), seller.clone());
                async move {
                    let desk = Desk {
                        clock: &SystemClock,
                        entropy: &SystemEntropy,
                        database: &database,
                        hooks: &NoHooks,
                        seller: &seller,
                    };
                    loop {
                        let handle =
                            async |event| Box::pin(consumer.handle(&stock, &history, Some(&desk), &event)).await;
                        match work_off(&queue, max_receive_count, RETRY_AFTER, handle).await {
                            Ok(0) => break,
                            Ok(_) => {}
                            Err(error) => {
                                tracing::warn!(consumer = consumer.name(), %error, "events were not consumed");
                                break;
                            }
                        }
                    }
                }
            })
        };
        Self(Consumer::ALL.into_iter().map(start).collect())
    }

    /// Ends them and waits until they have ended.
    pub(crate) async fn stop(self) {
        for task in self.0 {
            task.stop().await;
        }
    }
}
