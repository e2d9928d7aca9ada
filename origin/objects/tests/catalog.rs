//! The catalog's bucket, at the local object store.

#[cfg(test)]
mod catalog {
    use std::time::Duration;

    use commerce_aws::{AwsClient, Credentials, S3};
    use commerce_catalog::{Categories, FORMAT, HEAD_KEY, Head, SegmentId, build_group, segment_key};
    use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
    use jiff::Timestamp;
    use origin_core::publish::{LastHead, PublishTo};
    use origin_gateways::{ReqwestClient, System, SystemClock, SystemEntropy};
    use origin_objects::CatalogBucket;
    use test_support::ObjectStore;

    const REGION: &str = "eu-central-1";
    const BUCKET: &str = "shop-catalog";

    async fn store() -> ObjectStore {
        let clock = test_support::SystemClock::shared();
        ObjectStore::start(0, Credentials::new("key", "secret"), REGION, clock).await.unwrap()
    }

    fn bucket(store: &ObjectStore, secret: &str) -> CatalogBucket<System> {
        let system = System::new(ReqwestClient::new(Duration::from_secs(10)).unwrap());
        let endpoint = Some(format!("{}/", store.url()).parse().unwrap());
        CatalogBucket::new(S3::new(AwsClient::new(system, Credentials::new("key", secret), REGION, endpoint), BUCKET))
    }

    fn head(sequence: u64) -> Head {
        let categories = Categories::default().write().id();
        Head { format: FORMAT, sequence, written_at: Timestamp::UNIX_EPOCH, categories, groups: Vec::new() }
    }

    fn product() -> Product {
        let variant = Variant {
            id: VariantId::generate(&SystemClock, &SystemEntropy),
            sku: None,
            options: Vec::new(),
            price: Money::zero(Currency::USD),
            weight_grams: None,
            backorder_limit: 0,
            stock: 0,
        };
        Product {
            id: ProductId::generate(&SystemClock, &SystemEntropy),
            name: "Lamp".to_owned(),
            description: String::new(),
            brand: None,
            category: "lamps".parse().unwrap(),
            tags: Vec::new(),
            images: Vec::new(),
            specifications: [].into(),
            variants: vec![variant],
            rating: 0.into(),
            review_count: 0,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn a_head_takes_the_place_of_the_last_one_only() {
        let store = store().await;
        let bucket = bucket(&store, "secret");
        let none = bucket.last_head().await.unwrap();
        assert_eq!(none, LastHead::default());
        assert!(bucket.put_head(&head(1), &none).await.unwrap());
        assert!(!bucket.put_head(&head(2), &none).await.unwrap(), "somebody was first");
        let first = bucket.last_head().await.unwrap();
        assert_eq!(first.head, Some(head(1)));
        assert!(bucket.put_head(&head(2), &first).await.unwrap());
        assert!(!bucket.put_head(&head(3), &first).await.unwrap(), "overtaken");
        assert!(bucket.put_head(&head(2), &first).await.unwrap(), "its own write, of which it had no answer");
        assert_eq!(bucket.last_head().await.unwrap().head, Some(head(2)));
    }

    #[tokio::test]
    async fn a_head_of_another_format_is_replaced() {
        let store = store().await;
        let bucket = bucket(&store, "secret");
        bucket.put_head(&head(1), &LastHead::default()).await.unwrap();
        assert!(store.damage(BUCKET, HEAD_KEY, "{\"format\":200}".into()));
        let last = bucket.last_head().await.unwrap();
        assert_eq!((last.head.is_none(), last.mark.is_some()), (true, true));
        assert!(bucket.put_head(&head(1), &last).await.unwrap());
    }

    #[tokio::test]
    async fn a_segment_comes_back_by_its_name_unless_it_was_damaged() {
        let store = store().await;
        let bucket = bucket(&store, "secret");
        let built = build_group(&[product()]).unwrap();
        for segment in &built.segments {
            assert_eq!(bucket.segment(segment.id()).await.unwrap(), None);
            bucket.put_segment(segment).await.unwrap();
            bucket.put_segment(segment).await.unwrap();
            assert_eq!(bucket.segment(segment.id()).await.unwrap().as_ref(), Some(segment.bytes()));
        }
        assert_eq!(store.count(), built.segments.len());
        let id: SegmentId = built.entry.listing;
        assert!(store.damage(BUCKET, &segment_key(id), "x".into()));
        assert_eq!(bucket.segment(id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn who_signs_wrongly_gets_and_writes_nothing() {
        let store = store().await;
        let stranger = bucket(&store, "guessed");
        assert!(stranger.last_head().await.is_err());
        assert!(stranger.put_head(&head(1), &LastHead::default()).await.is_err());
        assert_eq!(store.count(), 0);
    }
}
