//! Whether the edge runs, and whether it can do its work.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::problem::{Problem, ProblemCode};
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;

use crate::{
    config::{self, ConfigError, EdgeConfig},
    origin,
    platform::Platform,
    reply,
};

/// A check that waits longer than this for the origin says that it is not ready.
const ORIGIN_LIMIT: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /healthz`: the code runs.
pub(crate) fn healthz() -> Result<Response<Bytes>, Problem> {
    health("ok")
}

/// `GET /readyz`: the settings are complete, and the origin accepts our signature.
pub(crate) async fn readyz<P: Platform>(
    platform: &P,
    config: Result<&EdgeConfig, ConfigError>,
    request_id: &str,
) -> Result<Response<Bytes>, Problem> {
    let config = config.map_err(|error| not_ready(&error))?;
    config::credentials(platform).await.map_err(|error| not_ready(&error))?;
    let request = origin::request(config, Method::GET, "/healthz", request_id).body(Bytes::new());
    let request = request.map_err(Problem::internal)?;
    origin::send(platform, config, request, ORIGIN_LIMIT).await.map_err(|failure| failure.problem)?;
    health("ready")
}

/// What every route but the health checks answers while a setting is missing. Which one it is, `/readyz` tells.
pub(crate) fn not_configured(error: &ConfigError) -> Problem {
    Problem::new(ProblemCode::Unavailable, "The shop is not configured yet; /readyz says what is missing")
        .with_cause(error)
}

/// Names the setting and never its value.
fn not_ready(error: &ConfigError) -> Problem {
    Problem::new(ProblemCode::Unavailable, "The shop is not configured").with_field(error.setting(), reason(error))
}

fn reason(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::Missing(_) => "is not set",
        ConfigError::Invalid(_) => "is not valid",
    }
}

fn health(status: &'static str) -> Result<Response<Bytes>, Problem> {
    let mut response = reply::json(StatusCode::OK, &Health { status })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
