//! What the edge expects of any key-value store.

use std::time::Duration;

use bytes::Bytes;
use edge_core::KvStore;

use crate::fake::Fake;

/// The contract, for any store that is empty.
async fn keeps_its_contract(store: &impl KvStore) {
    let keep = Duration::from_mins(1);
    assert_eq!(store.get("a").await.unwrap(), None);
    store.delete("a").await.expect("deleting what is absent is no error");
    let binary = Bytes::from_static(b"\x00\xff\n{}");
    store.put("a", binary.clone(), keep).await.unwrap();
    store.put("catalog/1/products?category=a-b&page=2", Bytes::new(), keep).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(binary));
    assert_eq!(store.get("catalog/1/products?category=a-b&page=2").await.unwrap(), Some(Bytes::new()));
    store.put("a", Bytes::from_static(b"2"), keep).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(Bytes::from_static(b"2")), "the last value counts");
    store.delete("a").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), None);
}

#[test]
fn the_store_of_these_tests_keeps_the_contract() {
    futures_executor::block_on(keeps_its_contract(&Fake::new()));
}
