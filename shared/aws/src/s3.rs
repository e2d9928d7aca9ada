//! S3: one bucket, whose objects are read and written whole.
//!
//! Keys are such that no URL and no signature encodes anything of them.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, header};

use crate::{
    client::{AwsClient, AwsEnvironment, ObjectPlace, Payload},
    error::AwsError,
    retry::Repeat,
};

/// An object as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it holds.
    pub body: Bytes,
    /// Names this state of it, with its quotes.
    pub etag: String,
}

/// On what an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteCondition<'a> {
    /// In any case.
    Always,
    /// If there is none of that key.
    Absent,
    /// If it is still in the state of this tag.
    Unchanged(&'a str),
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there.
    Done,
    /// The condition does not hold; nothing was written. After a lost answer this may be about one's own write: read.
    Refused,
}

/// The objects of a bucket.
#[derive(Debug, Clone)]
pub struct S3<E> {
    client: AwsClient<E>,
    bucket: String,
}

impl<E: AwsEnvironment> S3<E> {
    /// The objects of this bucket.
    pub fn new(client: AwsClient<E>, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }

    /// The object of that key (S3 API reference, `GetObject`). None if there is none.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn get_object(&self, key: &str) -> Result<Option<Object>, AwsError> {
        match self.send(Method::GET, key, Vec::new(), Bytes::new(), Repeat::Safe).await {
            Ok(answer) => {
                let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default();
                Ok(Some(Object { etag: etag.to_owned(), body: answer.into_body() }))
            }
            Err(AwsError::Other { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes an object (S3 API reference, `PutObject`, with its conditional headers).
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn put_object(
        &self,
        key: &str,
        content_type: &'static str,
        body: Bytes,
        condition: WriteCondition<'_>,
    ) -> Result<Written, AwsError> {
        let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        match condition {
            WriteCondition::Always => {}
            WriteCondition::Absent => headers.push((header::IF_NONE_MATCH, HeaderValue::from_static("*"))),
            WriteCondition::Unchanged(etag) => headers.push((header::IF_MATCH, value(etag)?)),
        }
        match self.send(Method::PUT, key, headers, body, Repeat::Safe).await {
            Ok(_) => Ok(Written::Done),
            // 409: another write of the key is under way; 404: what should be unchanged is gone.
            Err(AwsError::Other { status: 404 | 409 | 412, .. }) if condition != WriteCondition::Always => {
                Ok(Written::Refused)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes an object, whether there is one or not (S3 API reference, `DeleteObject`).
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn delete_object(&self, key: &str) -> Result<(), AwsError> {
        self.send(Method::DELETE, key, Vec::new(), Bytes::new(), Repeat::Safe).await.map(drop)
    }

    async fn send(
        &self,
        method: Method,
        key: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
        repeat: Repeat,
    ) -> Result<Response<Bytes>, AwsError> {
        if !is_plain(key) {
            return Err(AwsError::Validation { message: format!("not a key of ours: {key:?}") });
        }
        let object = Some(ObjectPlace { bucket: &self.bucket, key });
        self.client.call_object(&Payload { service: "s3", method, object, headers, body }, repeat).await
    }
}

/// Letters, digits and `-_./`, without a segment that a URL would resolve.
fn is_plain(key: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    (1..=512).contains(&key.len())
        && key.bytes().all(is_known)
        && key.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn value(text: &str) -> Result<HeaderValue, AwsError> {
    HeaderValue::try_from(text).map_err(|error| AwsError::Validation { message: error.to_string() })
}

#[cfg(test)]
mod tests;
