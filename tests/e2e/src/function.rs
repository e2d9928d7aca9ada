//! The origin as the Lambda function that is deployed, behind a function URL, over a stack's stores.

use std::{process::Stdio, sync::Arc, time::Duration};

use commerce_aws::{CallerKeys, Credentials};
use local_stack::RunningStack;
use test_support::{FunctionUrl, FunctionUrlConfig, LambdaRuntime, PayPalSettings, process::tied};
use tokio::process::Child;

use crate::edge::binary;

/// The only caller that the function answers.
pub const EDGE_ARN: &str = "arn:aws:iam::000000000000:user/edge";
/// How long the function may take until it asks for its first event; it takes milliseconds.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// A running function. Ends with it.
pub struct Function {
    /// Its Runtime API.
    pub runtime: Arc<LambdaRuntime>,
    /// Its function URL.
    pub url: FunctionUrl,
    _process: Child,
}

impl Function {
    /// Starts `origin-api` as Lambda would, and waits until it asks for events. The URL tells it that `user_arn` calls.
    pub async fn start(stack: &RunningStack, user_arn: &str) -> Self {
        let ready = stack.ready();
        let runtime = Arc::new(LambdaRuntime::start().await.expect("the Runtime API should start"));
        let mut command = tied(binary("origin-api"));
        runtime.configure(command.env_clear());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .env("DATABASE_URL", &ready.database_url)
            .env("AWS_REGION", &ready.edge_variables["aws_region"])
            .env("AWS_ACCESS_KEY_ID", &ready.aws_access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &ready.aws_secret_access_key)
            .env("DYNAMODB_ENDPOINT", &ready.dynamodb_endpoint)
            .env("TOKEN_ISSUER", &ready.edge_variables["token_issuer"])
            .env("JWKS_URL", &ready.edge_variables["jwks_url"])
            .env("USER_INFO_URL", stack.issuer().user_info_url())
            .env("STRIPE_URL", &ready.payments_url)
            .env("STRIPE_SECRET_KEY", local_stack::PAYMENTS_KEY)
            .env("STRIPE_WEBHOOK_SECRET", local_stack::WEBHOOK_SECRET)
            .env("PAYPAL_URL", &ready.paypal_url)
            .env("PAYPAL_CLIENT_ID", PayPalSettings::default().client_id)
            .env("PAYPAL_CLIENT_SECRET", PayPalSettings::default().client_secret)
            .env("PAYPAL_WEBHOOK_ID", local_stack::PAYPAL_WEBHOOK)
            .env("CARRIER_URL", &ready.carrier_url)
            .env("CARRIER_API_KEY", local_stack::CARRIER_KEY)
            .env("CARRIER_WEBHOOK_SECRET", local_stack::CARRIER_WEBHOOK_SECRET)
            .env("PAYMENT_RETURN_URL", "https://shop.example/return")
            .env("EDGE_PRINCIPAL_ARN", EDGE_ARN);
        let process = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        let process = process.expect("the function should start");
        let asked = tokio::time::timeout(START_DEADLINE, async {
            while runtime.asked() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        asked.await.expect("the function should ask for its first event");
        let keys = Credentials::new(&ready.aws_access_key_id, &ready.aws_secret_access_key);
        let config = FunctionUrlConfig {
            keys: CallerKeys::new(keys),
            region: ready.edge_variables["aws_region"].clone(),
            user_arn: user_arn.to_owned(),
        };
        let url = FunctionUrl::start(config, Arc::clone(&runtime)).await.expect("the function URL should start");
        Self { runtime, url, _process: process }
    }
}
