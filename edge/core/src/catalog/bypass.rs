//! Administrators read what they have just written: past the cache and past what is published, from the origin.

use bytes::Bytes;
use commerce_api::{Problem, headers::CACHE_STATUS};
use commerce_auth::says_admin;
use http::{HeaderValue, Response, StatusCode, header};

use crate::{
    auth,
    cache_status::CacheStatus,
    catalog::{
        ORIGIN_LIMIT, conditional,
        fetch::{Fetch, passed_on},
        resource::Resource,
    },
    platform::Platform,
    request::Call,
};

/// Whether an administrator asks. The route asks for no token: one that is not good says nothing here, and a shopper's costs nothing.
pub(super) async fn is_wanted<P: Platform>(call: &Call<'_, P>) -> bool {
    let Ok(token) = auth::bearer_token(call.headers()) else { return false };
    says_admin(token)
        && auth::verify(call.platform, call.config, token, call.now)
            .await
            .is_ok_and(|verified| verified.principal.is_admin())
}

/// The origin's answer at this moment, which nobody may keep.
///
/// # Errors
/// 502 or 503 where the origin has none.
pub(super) async fn ask_origin<P: Platform>(
    call: &Call<'_, P>,
    resource: &Resource,
) -> Result<Response<Bytes>, Problem> {
    let Call { platform, config, request_id, .. } = *call;
    let fetch = Fetch { platform, config, request_id, resource, limit: ORIGIN_LIMIT, store: false };
    let answer = fetch.ask().await.map_err(|failure| failure.problem)?;
    let mut response = if answer.status() == StatusCode::OK {
        let body = answer.into_body();
        let mut response = conditional::respond(call.headers(), conditional::etag(&resource.target, &body), body);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        response
    } else {
        passed_on(answer)
    };
    response.headers_mut().insert(CACHE_STATUS, CacheStatus::Bypass.header());
    Ok(response)
}
