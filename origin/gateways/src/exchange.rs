//! What calls of every provider share: paths that are safe, and answers of bounded size.

use bytes::BytesMut;
use origin_core::payments::GatewayError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{RequestBuilder, StatusCode};

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A text that is safe as a path segment and in a form.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The answer, whatever its status.
///
/// # Errors
/// [`GatewayError::Unknown`] where there is none, or not all of it: the provider may have acted.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<(StatusCode, BytesMut), GatewayError> {
    let mut answer = request.send().await.map_err(|error| unknown(&error))?;
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unknown(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(GatewayError::Unknown("the answer is too large".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((answer.status(), body))
}

/// Never with the URL, which may hold a secret.
fn unknown(error: &reqwest::Error) -> GatewayError {
    let what = if error.is_timeout() { "no answer in time" } else { "the connection broke" };
    GatewayError::Unknown(what.to_owned())
}
