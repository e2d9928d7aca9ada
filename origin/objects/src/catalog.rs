//! The published catalog in a bucket: one object for each segment, and the head.

use bytes::Bytes;
use commerce_aws::{
    AwsEnvironment, AwsError, S3,
    s3::{WriteCondition, Written},
};
use commerce_catalog::{HEAD_KEY, Head, STOCK_HEAD_KEY, Segment, SegmentError, SegmentId, StockHead, segment_key};
use origin_core::{
    StoreError,
    publish::{LastHead, PublishTo},
};

/// A bucket that the catalog is published to, and that edges read.
#[derive(Debug, Clone)]
pub struct CatalogBucket<E> {
    objects: S3<E>,
}

impl<E: AwsEnvironment> CatalogBucket<E> {
    /// The catalog in these objects.
    pub fn new(objects: S3<E>) -> Self {
        Self { objects }
    }

    /// The object under that key, as `read` reads it.
    async fn last<H>(&self, key: &str, read: fn(&[u8]) -> Result<H, SegmentError>) -> Result<LastHead<H>, StoreError> {
        let found = self.objects.get_object(key).await.map_err(store_error)?;
        Ok(found.map_or_else(LastHead::default, |object| LastHead {
            head: read(&object.body).ok(),
            mark: Some(object.etag),
        }))
    }

    /// Writes a head in the place of the one with that mark.
    async fn replace(&self, key: &str, head: Bytes, mark: Option<&str>) -> Result<bool, StoreError> {
        let condition = mark.map_or(WriteCondition::Absent, WriteCondition::Unchanged);
        let put = self.objects.put_object(key, "application/json", head.clone(), condition);
        if put.await.map_err(store_error)? == Written::Done {
            return Ok(true);
        }
        // The condition may have failed by our own write, whose answer was lost.
        let found = self.objects.get_object(key).await.map_err(store_error)?;
        Ok(found.is_some_and(|object| object.body == head))
    }
}

impl<E: AwsEnvironment + Send + Sync> PublishTo for CatalogBucket<E> {
    async fn last_head(&self) -> Result<LastHead<Head>, StoreError> {
        self.last(HEAD_KEY, Head::read).await
    }

    async fn last_stock(&self) -> Result<LastHead<StockHead>, StoreError> {
        self.last(STOCK_HEAD_KEY, StockHead::read).await
    }

    async fn segment(&self, id: SegmentId) -> Result<Option<Bytes>, StoreError> {
        let found = self.objects.get_object(&segment_key(id)).await.map_err(store_error)?;
        // One that was damaged is as good as none: it is written again.
        Ok(found.and_then(|object| Segment::verified(id, object.body).ok()).map(|segment| segment.bytes().clone()))
    }

    async fn put_segment(&self, segment: &Segment) -> Result<(), StoreError> {
        let key = segment_key(segment.id());
        let bytes = segment.bytes().clone();
        let put = self.objects.put_object(&key, "application/octet-stream", bytes, WriteCondition::Always);
        put.await.map(drop).map_err(store_error)
    }

    async fn put_head(&self, head: &Head, last: &LastHead<Head>) -> Result<bool, StoreError> {
        self.replace(HEAD_KEY, head.write().into(), last.mark.as_deref()).await
    }

    async fn put_stock(&self, head: &StockHead, last: &LastHead<StockHead>) -> Result<bool, StoreError> {
        self.replace(STOCK_HEAD_KEY, head.write().into(), last.mark.as_deref()).await
    }
}

/// Load, lost replies and failures of the other side may pass; the rest is a fault of ours or of the set-up.
fn store_error(error: AwsError) -> StoreError {
    let may_pass = error.is_contention()
        || error.outcome_is_unknown()
        || matches!(error, AwsError::Transport(_) | AwsError::ClockSkew { .. } | AwsError::ExpiredCredentials);
    if may_pass { StoreError::unavailable(error) } else { StoreError::broken(error) }
}
