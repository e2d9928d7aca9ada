//! What a store promises.

use super::*;

fn labels() -> BTreeSet<String> {
    BTreeSet::from(["default".to_owned(), "sessions/../x".to_owned()])
}

#[test]
fn a_store_keeps_values_within_its_bounds() {
    let stores = KeyValueStores::new(&labels());
    assert_eq!(stores.get("default", "a").unwrap(), None);
    stores.set("default", "a", "one").unwrap();
    stores.set("default", "b", Bytes::new()).unwrap();
    stores.set("default", "a", "two").unwrap();
    assert_eq!(stores.get("default", "a").unwrap().as_deref(), Some(b"two".as_slice()), "the last value stands");
    assert_eq!(stores.get("default", "b").unwrap().as_deref(), Some(b"".as_slice()), "empty is a value");
    assert!(stores.store("default").unwrap().exists("b"));
    assert_eq!(stores.keys("default").unwrap(), ["a", "b"]);
    assert_eq!(stores.get("sessions/../x", "a").unwrap(), None, "stores are apart");

    stores.delete("default", "a").unwrap();
    stores.delete("default", "a").unwrap();
    assert_eq!(stores.get("default", "a").unwrap(), None);

    assert_eq!(stores.get("other", "a"), Err(KvError::NoSuchStore("other".to_owned())));
    assert_eq!(stores.set("default", "", "x"), Err(KvError::KeyLength));
    assert_eq!(stores.set("default", &"k".repeat(MAX_KEY_BYTES + 1), "x"), Err(KvError::KeyLength));
    assert_eq!(stores.set("default", "big", vec![0; MAX_VALUE_BYTES + 1]), Err(KvError::ValueTooLarge));
    stores.set("default", &"k".repeat(MAX_KEY_BYTES), vec![0; MAX_VALUE_BYTES]).unwrap();

    stores.clear("default").unwrap();
    assert!(stores.keys("default").unwrap().is_empty());
    assert_eq!(stores.store("default").unwrap().read().bytes, 0, "an empty store weighs nothing");
}

#[test]
fn a_full_store_refuses_new_keys_and_still_replaces_old_ones() {
    let stores = KeyValueStores::new(&labels());
    let value = Bytes::from(vec![0; MAX_VALUE_BYTES - MAX_KEY_BYTES]);
    let key = |number: usize| format!("{number:0MAX_KEY_BYTES$}");
    let most = MAX_STORE_BYTES / MAX_VALUE_BYTES;
    for number in 0..most {
        stores.set("default", &key(number), value.clone()).unwrap();
    }
    assert_eq!(stores.set("default", "one more", "x"), Err(KvError::Full));
    stores.set("default", &key(0), "small").unwrap();
    stores.set("default", "one more", "x").unwrap();
}
