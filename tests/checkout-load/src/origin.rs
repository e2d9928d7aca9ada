//! The origin in a process of its own: the router that the functions serve, over the real adapters, behind its signature check.

use std::time::Duration;

use axum::{Json, Router, middleware, routing::get};
use clap::Args;
use commerce_auth::TokenPolicy;
use commerce_aws::{AwsClient, CallerKeys, Credentials};
use commerce_domain::PricingRules;
use origin_core::{Assembled, Parts, invoices::Papers};
use origin_dynamo::{CARTS_TABLE, DynamoCarts, DynamoStock, INVENTORY_TABLE};
use origin_gateways::{
    CaptureMethod, CarrierApi, JwksVerifier, ReqwestClient, Secret, Stripe, StripeConfig, System, SystemClock,
    SystemEntropy, SystemTimer, UserInfo,
};
use origin_http::{CallerPolicy, Settings, router};
use origin_postgres::{Database, DatabaseSettings};
use test_support::{EventBus, HttpServer};
use tokio::io::AsyncReadExt as _;

use crate::{
    failure::Failure,
    steps::{StepHooks, Steps, timed},
};

/// The region that everything local pretends to be in.
pub(crate) const REGION: &str = "us-east-1";
/// Says what the steps of orders have taken since the start.
pub(crate) const STEPS_PATH: &str = "/bench/steps";
/// Connections to PostgreSQL, as in the local stack.
const CONNECTIONS: usize = 16;
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Nobody is asked there: placing an order needs neither the issuer nor the provider.
const NOBODY: &str = "http://127.0.0.1:9";

/// The variable with the database's URL: whoever may list processes reads their arguments.
pub(crate) const DATABASE_URL: &str = "DATABASE_URL";

/// What the origin stands on, beside the database.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The URL of DynamoDB.
    #[arg(long)]
    dynamodb: String,
}

/// The edge's key pair, here and in the generator. Good for nothing outside a benchmark.
pub(crate) fn edge_keys() -> Credentials {
    Credentials::new("AKIABENCH", "bench-secret")
}

/// Serves until standard input ends, after one line with the URL on standard output.
#[expect(clippy::print_stdout, reason = "whoever started it waits for the line")]
pub(crate) async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let steps = Steps::default();
    let answered = steps.clone();
    let measured = origin(arguments)?.layer(middleware::from_fn_with_state(steps, timed));
    let router = Router::new().route(STEPS_PATH, get(async move || Json(answered.sums()))).fallback_service(measured);
    let server = HttpServer::start(0, router).await?;
    println!("{}", server.url());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    server.stop().await;
    Ok(())
}

fn origin(arguments: &Arguments) -> Result<Router, Failure> {
    let settings = DatabaseSettings {
        max_connections: CONNECTIONS,
        check_before_use: false,
        statement_timeout: Duration::from_secs(30),
        ..DatabaseSettings::new(std::env::var(DATABASE_URL)?)
    };
    let client = aws_client(&arguments.dynamodb)?;
    let gateway = StripeConfig {
        base_url: NOBODY.to_owned(),
        secret_key: Secret::new("bench"),
        return_url: NOBODY.to_owned(),
        capture: CaptureMethod::Automatic,
        webhook_secrets: Vec::new(),
    };
    let policy = TokenPolicy { issuer: NOBODY.to_owned(), client_ids: None };
    let backend = Assembled::new(Parts {
        clock: SystemClock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database: Database::new(&settings)?,
        stock: DynamoStock::new(client.clone(), INVENTORY_TABLE),
        carts: DynamoCarts::new(client, CARTS_TABLE),
        gateway: Stripe::new(gateway)?,
        carrier: None::<CarrierApi>,
        tokens: JwksVerifier::new(ReqwestClient::new(CALL_TIMEOUT)?, SystemClock, NOBODY.to_owned(), policy),
        profiles: UserInfo::new(None)?,
        // In this process: what SNS takes for itself is not a part of the figures.
        events: Some(EventBus::new(test_support::SystemClock::shared())),
        hooks: StepHooks,
        pricing: PricingRules::default(),
        papers: Papers::default(),
    });
    let caller = CallerPolicy::Signed { keys: CallerKeys::new(edge_keys()), region: REGION.to_owned() };
    Ok(router(backend, Settings { caller, only: None }))
}

/// A client of the DynamoDB at `endpoint`.
pub(crate) fn aws_client(endpoint: &str) -> Result<AwsClient<System>, Failure> {
    let http = ReqwestClient::new(CALL_TIMEOUT)?;
    Ok(AwsClient::new(System::new(http), edge_keys(), REGION, Some(endpoint.parse()?)))
}
