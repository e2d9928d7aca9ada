//! Publishes the catalog and stock of a running stack, into its bucket. In AWS, a schedule does.

use std::time::Duration;

use commerce_aws::{AwsClient, S3};
use commerce_domain::Clock as _;
use origin_core::publish::{publish, publish_stock};
use origin_gateways::System;
use origin_objects::CatalogBucket;
use origin_postgres::Database;
use test_support::SystemClock;

use crate::task::Task;

/// The bucket.
pub(crate) const BUCKET: &str = "shop-catalog";

/// Changes are seen within moments, because somebody is watching.
const EVERY: Duration = Duration::from_secs(1);

/// Publishes until it is dropped.
pub(crate) struct Publisher {
    database: Database,
    bucket: CatalogBucket<System>,
    catalog: Task,
    stock: Task,
}

impl Publisher {
    /// Publishes what there is, and goes on doing so.
    pub(crate) async fn start(database: &Database, client: AwsClient<System>) -> Self {
        let (database, bucket) = (database.clone(), CatalogBucket::new(S3::new(client, BUCKET)));
        let parts = (database.clone(), bucket.clone());
        publish_catalog(parts.clone()).await;
        publish_levels(parts.clone()).await;
        let catalog = Task::every(EVERY, move || publish_catalog(parts.clone()));
        let parts = (database.clone(), bucket.clone());
        let stock = Task::every(EVERY, move || publish_levels(parts.clone()));
        Self { database, bucket, catalog, stock }
    }

    /// Publishes once more, and then no more.
    pub(crate) async fn finish(&self) {
        self.catalog.abort();
        self.stock.abort();
        publish_catalog((self.database.clone(), self.bucket.clone())).await;
        publish_levels((self.database.clone(), self.bucket.clone())).await;
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.catalog.stop().await;
        self.stock.stop().await;
    }
}

async fn publish_catalog((database, bucket): (Database, CatalogBucket<System>)) {
    if let Err(error) = publish(&database, &bucket, SystemClock.now()).await {
        tracing::warn!(%error, "the catalog is published again");
    }
}

async fn publish_levels((database, bucket): (Database, CatalogBucket<System>)) {
    if let Err(error) = publish_stock(&database, &bucket, SystemClock.now()).await {
        tracing::warn!(%error, "stock is published again");
    }
}
