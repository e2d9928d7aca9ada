//! The issuer over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::{IssuerError, Shared, TokenRequest};
use crate::net::json_response;

const MAX_BODY_BYTES: usize = 16 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(get_key_set))
        .route("/.well-known/openid-configuration", get(get_configuration))
        .route("/token", post(create_token))
        .route("/rotate", post(rotate_keys))
        .route("/oauth2/userInfo", get(get_user_info))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

async fn get_key_set(State(shared): State<Arc<Shared>>) -> Response<Body> {
    json_response(StatusCode::OK, &shared.jwks())
}

/// The discovery document, as far as Cognito answers it.
async fn get_configuration(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let here = &shared.own_url;
    let body = json!({
        "issuer": shared.issuer,
        "jwks_uri": format!("{here}/.well-known/jwks.json"),
        "token_endpoint": format!("{here}/token"),
        "userinfo_endpoint": format!("{here}/oauth2/userInfo"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    });
    json_response(StatusCode::OK, &body)
}

async fn create_token(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let request: TokenRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match shared.mint(&request) {
        Ok(token) => json_response(
            StatusCode::OK,
            &json!({ "access_token": token, "token_type": "Bearer", "expires_in": request.ttl_seconds }),
        ),
        Err(error) => error_response(&error),
    }
}

async fn rotate_keys(State(shared): State<Arc<Shared>>) -> Response<Body> {
    match shared.rotate().await {
        Ok(kid) => json_response(StatusCode::OK, &json!({ "kid": kid })),
        Err(error) => error_response(&error),
    }
}

/// Who the bearer of a token is (OIDC Core 1.0, section 5.3, as Cognito serves it).
async fn get_user_info(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response<Body> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(sub) = token.and_then(|token| shared.subject(token)) else {
        let mut response = refusal(StatusCode::UNAUTHORIZED, "Access token is expired, disabled, or deleted");
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    };
    let mut body = json!({ "sub": sub, "username": sub });
    if let Some(email) = shared.email(&sub) {
        body["email"] = json!(email);
        // Cognito writes it as text.
        body["email_verified"] = json!("true");
    }
    json_response(StatusCode::OK, &body)
}

fn error_response(error: &IssuerError) -> Response<Body> {
    let status = match error {
        IssuerError::InvalidRequest(_) => StatusCode::BAD_REQUEST,
        IssuerError::Io(_) | IssuerError::State(_) | IssuerError::Signing(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    refusal(status, &error.to_string())
}

/// The error body of RFC 6749 §5.2.
fn refusal(status: StatusCode, description: &str) -> Response<Body> {
    let code = if status.is_server_error() { "server_error" } else { "invalid_request" };
    let body: Value = json!({ "error": code, "error_description": description });
    json_response(status, &body)
}
