//! A function URL with `AWS_IAM`: who does not sign gets no further.

use std::{io, sync::Arc};

use axum::{Router, body::Body, extract::State};
use commerce_aws::{CallerKeys, SigningScope, VerifyPolicy, verify_request};
use commerce_domain::Clock;
use http::{Request, Response, StatusCode};
use serde_json::json;

use super::{InvokeError, LambdaRuntime, event};
use crate::{HttpServer, SystemClock, net::json_response};

/// Lambda's limit for the event of a synchronous invocation.
const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;

/// Whom the URL lets through.
#[derive(Debug, Clone)]
pub struct FunctionUrlConfig {
    /// The keys of the principal that may call.
    pub keys: CallerKeys,
    /// The region in the signatures' scope.
    pub region: String,
    /// The principal's ARN, as the function is told.
    pub user_arn: String,
}

/// A function URL on 127.0.0.1. Ends when it is dropped.
pub struct FunctionUrl {
    server: HttpServer,
}

struct Front {
    config: FunctionUrlConfig,
    runtime: Arc<LambdaRuntime>,
}

impl FunctionUrl {
    /// Listens on a free port and hands on to `runtime`.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn start(config: FunctionUrlConfig, runtime: Arc<LambdaRuntime>) -> io::Result<Self> {
        let router = Router::new().fallback(handle).with_state(Arc::new(Front { config, runtime }));
        Ok(Self { server: HttpServer::start(0, router).await? })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.server.url()
    }
}

async fn handle(State(front): State<Arc<Front>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let now = SystemClock.now();
    let FunctionUrlConfig { keys, region, user_arn } = &front.config;
    let policy = VerifyPolicy { keys, scope: SigningScope { region, service: "lambda" }, also_signed: &[] };
    if verify_request(&parts, &body, &policy, now).is_err() {
        return refused(StatusCode::FORBIDDEN, "Forbidden");
    }
    match front.runtime.invoke(event::of_request(&parts, &body, user_arn, now)).await {
        Ok(answer) => event::to_response(&answer),
        Err(InvokeError::Throttled) => refused(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        Err(InvokeError::Failed(_) | InvokeError::NoAnswer) => {
            refused(StatusCode::BAD_GATEWAY, "Internal Server Error")
        }
    }
}

fn refused(status: StatusCode, message: &str) -> Response<Body> {
    json_response(status, &json!({ "Message": message }))
}
