//! Published objects: in the key-value store, and behind it in the bucket, by a signed GET.

use std::time::Duration;

use bytes::Bytes;
use commerce_aws::{AwsClient, RetryPolicy, S3};
use commerce_catalog::{Segment, SegmentId, segment_key};

use crate::{
    config::{self, EdgeConfig},
    deadline::Deadline,
    kv, log,
    platform::Platform,
};

/// How long the bucket may take for an object.
const LIMIT: Duration = Duration::from_secs(2);
/// How long the store has to keep a segment that was put into it; one that is still read then is put there again.
const KEEP: Duration = Duration::from_hours(7 * 24);

/// Where published objects are read.
pub(super) struct Source<'a, P> {
    pub(super) platform: &'a P,
    pub(super) config: &'a EdgeConfig,
    pub(super) request_id: &'a str,
}

/// An object cannot be had. The text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Missing(pub(super) String);

impl Missing {
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    fn of(cause: impl ToString) -> Self {
        Self(cause.to_string())
    }
}

impl<P: Platform> Source<'_, P> {
    /// The bytes of a segment, which are those of its name. Where only the bucket has them, the store gets them behind the answer.
    ///
    /// # Errors
    /// [`Missing`] where neither has it whole.
    pub(super) async fn segment(&self, id: SegmentId) -> Result<Bytes, Missing> {
        let key = segment_key(id);
        match kv::get(self.platform, &key).await {
            Ok(Some(bytes)) => match Segment::verified(id, bytes) {
                Ok(segment) => return Ok(segment.bytes().clone()),
                Err(error) => log::warn(self.platform, self.request_id, "catalog.segment_damaged", error),
            },
            Ok(None) => {}
            Err(error) => log::warn(self.platform, self.request_id, "catalog.segment_not_read", error),
        }
        let bytes = self.object(&key).await?.ok_or_else(|| Missing(format!("{key} is not in the bucket")))?;
        let segment = Segment::verified(id, bytes).map_err(Missing::of)?;
        let (platform, bytes) = (self.platform.clone(), segment.bytes().clone());
        self.platform.spawn(async move {
            // Best effort: the next one reads it from the bucket, too.
            let _ = kv::put(&platform, &key, bytes, KEEP).await;
        });
        Ok(segment.bytes().clone())
    }

    /// An object of the bucket. None where there is none of that key, or no bucket.
    ///
    /// # Errors
    /// [`Missing`] where the bucket did not answer.
    pub(super) async fn object(&self, key: &str) -> Result<Option<Bytes>, Missing> {
        let Self { platform, config, .. } = self;
        let Some(bucket) = &config.catalog_bucket else { return Ok(None) };
        let credentials = config::credentials(*platform).await.map_err(Missing::of)?;
        let endpoint = config.objects_endpoint.as_deref().map(str::parse).transpose().map_err(Missing::of)?;
        let environment = Deadline { platform: *platform, limit: LIMIT };
        let client = AwsClient::new(environment, credentials, &config.aws_region, endpoint);
        let objects = S3::new(client.with_retry(RetryPolicy::NONE), bucket);
        let found = objects.get_object(key).await.map_err(Missing::of)?;
        Ok(found.map(|object| object.body))
    }
}
