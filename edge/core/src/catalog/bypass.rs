//! Administrators read what they have just written: past the cache and past what is published, from the origin.

use bytes::Bytes;
use commerce_api::{Problem, headers::CACHE_STATUS};
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::{
    auth,
    cache_status::CacheStatus,
    catalog::{ORIGIN_LIMIT, conditional, fetch::passed_on, resource::Resource},
    origin,
    platform::Platform,
    reply,
    request::Call,
};

/// Whether an administrator asks. The route asks for no token: one that is not good says nothing here.
pub(super) async fn is_wanted<P: Platform>(call: &Call<'_, P>) -> bool {
    let Ok(token) = auth::bearer_token(call.headers()) else { return false };
    auth::verify(call.platform, call.config, token, call.now).await.is_ok_and(|verified| verified.principal.is_admin())
}

/// The origin's answer at this moment, which nobody may keep.
///
/// # Errors
/// 502 or 503 where the origin has none.
pub(super) async fn ask_origin<P: Platform>(
    call: &Call<'_, P>,
    resource: &Resource,
) -> Result<Response<Bytes>, Problem> {
    let request = origin::request(&call.config.origin_url, Method::GET, &resource.target, call.request_id);
    let request = request.body(Bytes::new()).map_err(Problem::internal)?;
    let answer =
        origin::send(call.platform, call.config, request, ORIGIN_LIMIT).await.map_err(|failure| failure.problem)?;
    let mut response = if answer.status() == StatusCode::OK {
        tagged(call, resource, answer.into_body())
    } else if answer.status().is_client_error() {
        passed_on(answer)
    } else {
        return Err(Problem::unavailable(5, format!("origin answered {}", answer.status())));
    };
    response.headers_mut().insert(CACHE_STATUS, CacheStatus::Bypass.header());
    Ok(response)
}

fn tagged<P>(call: &Call<'_, P>, resource: &Resource, body: Bytes) -> Response<Bytes> {
    let etag = conditional::etag(&resource.target, &body);
    let unchanged = conditional::matches(call.headers(), &etag);
    let mut response = reply::empty(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::ETAG, etag);
    if !unchanged {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = body;
    }
    response
}
