//! The origin behind a function URL.

use std::process::ExitCode;

use commerce_api::ServedBy;
use lambda_http::tower::ServiceBuilder;
use origin_core::invoices::Print;
use origin_http::{Settings, router};

use crate::{
    Config,
    caller::with_caller,
    config::caller,
    run::{RunError, run, variable},
    wiring::backend,
};

/// Serves the origin to the Lambda runtime, until that ends. Prints nothing.
pub async fn serve() -> ExitCode {
    run(start(None, None)).await
}

/// Serves what is printed, and nothing else, to the Lambda runtime, until that ends.
pub async fn serve_printed(print: Print) -> ExitCode {
    run(start(Some(ServedBy::Printer), Some(print))).await
}

async fn start(only: Option<ServedBy>, print: Option<Print>) -> Result<(), RunError> {
    let config = Config::from_environment()?;
    let settings = Settings { caller: caller(variable, &config.aws.region)?, only };
    let router = router(backend(config, print)?, settings);
    let service = ServiceBuilder::new().map_request(with_caller).service(router);
    lambda_http::run(service).await.map_err(RunError::Runtime)
}
