//! What the streams of the tables bring: variants that run low, and carts that have changed.

use std::process::ExitCode;

use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use origin_core::{Backend, StoreError, carts::tell_of_carts, inventory::watch_stock};
use origin_dynamo::StreamRecords;

use crate::{
    Config,
    run::{RunError, run},
    wiring::backend,
};

/// Takes in the records of the streams of stock and carts, until the Lambda runtime ends. A batch that fails is brought again.
pub async fn watch() -> ExitCode {
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let backend = &backend(Config::from_environment()?)?;
    let watching = service_fn(|event: LambdaEvent<StreamRecords>| async move {
        take_in(backend, event.payload).await.map_err(lambda_http::Error::from)
    });
    lambda_runtime::run(watching).await.map_err(RunError::Runtime)
}

async fn take_in<B: Backend>(backend: &B, records: StreamRecords) -> Result<(), StoreError> {
    let carts = records.cart_changes()?;
    let stock = records.stock_changes()?;
    watch_stock(backend, &stock).await?;
    match backend.events() {
        Some(bus) => tell_of_carts(bus, &carts).await,
        None => Ok(()),
    }
}
