//! Whether the edge runs, and whether it can do its work.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{Problem, ProblemCode, Route};
use http::{HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    claim,
    config::{self, ConfigError, EdgeConfig},
    origin,
    platform::Platform,
    reply,
};

/// A check that waits longer than this for the origin says that it is not ready.
const ORIGIN_LIMIT: Duration = Duration::from_secs(2);
/// For how long the origin's answer stands, in milliseconds: anybody may ask, and must not reach the origin each time.
const KEEP_MILLIS: i64 = 5_000;
/// How long a check may be under way.
const CLAIM: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /healthz`: the code runs.
pub(crate) fn healthz() -> Result<Response<Bytes>, Problem> {
    health("ok")
}

/// `GET /readyz`: the settings are complete, and the origin accepted our signature, now or a few seconds ago.
pub(crate) async fn readyz<P: Platform>(
    platform: &P,
    config: Result<&EdgeConfig, ConfigError>,
    request_id: &str,
    now: Timestamp,
) -> Result<Response<Bytes>, Problem> {
    let config = config.map_err(|error| not_ready(&error))?;
    config::credentials(platform).await.map_err(|error| not_ready(&error))?;
    let known = platform.memory().readiness().clone();
    let known = known.filter(|(at, _)| (0..KEEP_MILLIS).contains(&(now.as_millisecond() - at)));
    let accepted = match known {
        Some((_, accepted)) => accepted,
        None if claim::take_here(platform, "readyz", now, CLAIM) => {
            let accepted = ask_origin(platform, config, request_id).await;
            *platform.memory().readiness() = Some((platform.now().as_millisecond(), accepted.clone()));
            accepted
        }
        None => Err(Problem::unavailable(1, "the origin is being asked for another request")),
    };
    accepted?;
    health("ready")
}

/// Asks the origin under a path that it answers signed requests alone. Its `/healthz` would not do: that one is for everybody.
async fn ask_origin<P: Platform>(platform: &P, config: &EdgeConfig, request_id: &str) -> Result<(), Problem> {
    let request =
        origin::request(&config.origin_url, Method::GET, Route::Readyz.pattern(), request_id).body(Bytes::new());
    let request = request.map_err(Problem::internal)?;
    let answer = origin::send(platform, config, request, ORIGIN_LIMIT).await.map_err(|failure| failure.problem)?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Problem::unavailable(5, format!("the origin's readiness: answered {}", answer.status())))
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
        ConfigError::Invalid(_) | ConfigError::Rules(..) => "is not valid",
        ConfigError::Unreadable(..) => "could not be read",
    }
}

fn health(status: &'static str) -> Result<Response<Bytes>, Problem> {
    let mut response = reply::json(StatusCode::OK, &Health { status })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
