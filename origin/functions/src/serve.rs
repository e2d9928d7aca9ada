//! The origin behind a function URL.

use std::process::ExitCode;

use lambda_http::tower::ServiceBuilder;
use origin_core::Backend;
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
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let config = Config::from_environment()?;
    let settings = Settings { caller: caller(variable, &config.aws.region)?, only: None };
    serve_on(backend(config)?, settings).await
}

/// Serves the router over that backend to the Lambda runtime, until that ends.
pub(crate) async fn serve_on<B: Backend>(backend: B, settings: Settings) -> Result<(), RunError> {
    let service = ServiceBuilder::new().map_request(with_caller).service(router(backend, settings));
    lambda_http::run(service).await.map_err(RunError::Runtime)
}
