//! One contract for both kinds of store, and what only the folder promises.

use super::*;

fn labels() -> BTreeSet<String> {
    BTreeSet::from(["default".to_owned(), "sessions/../x".to_owned()])
}

fn contract(stores: &KeyValueStores) {
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
fn memory_store_keeps_the_contract() {
    contract(&KeyValueStores::open(&labels(), None).unwrap());
}

#[test]
fn folder_store_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract(&KeyValueStores::open(&labels(), Some(folder.path())).unwrap());
}

#[test]
fn a_full_store_refuses_new_keys_and_still_replaces_old_ones() {
    let stores = KeyValueStores::open(&labels(), None).unwrap();
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

#[test]
fn values_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || KeyValueStores::open(&labels(), Some(folder.path())).unwrap();
    let first = open();
    first.set("default", "kept/with:odd characters", vec![0, 159, 146, 150]).unwrap();
    first.set("default", "deleted", "x").unwrap();
    first.set("sessions/../x", "same", "other store").unwrap();
    first.delete("default", "deleted").unwrap();
    drop(first);

    let second = open();
    assert_eq!(second.keys("default").unwrap(), ["kept/with:odd characters"]);
    let value = second.get("default", "kept/with:odd characters").unwrap();
    assert_eq!(value.as_deref(), Some([0, 159, 146, 150].as_slice()));
    assert_eq!(second.get("sessions/../x", "same").unwrap().as_deref(), Some(b"other store".as_slice()));
}

#[test]
fn an_interrupted_write_leaves_no_entry_and_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    KeyValueStores::open(&labels(), Some(folder.path())).unwrap().set("default", "a", "x").unwrap();
    let store_folder = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| std::fs::read_dir(path).unwrap().next().is_some())
        .unwrap();
    std::fs::write(store_folder.join("half.tmp"), "half").unwrap();
    let reopened = KeyValueStores::open(&labels(), Some(folder.path())).unwrap();
    assert_eq!(reopened.keys("default").unwrap(), ["a"]);
    assert!(!store_folder.join("half.tmp").exists());

    std::fs::write(store_folder.join("bad.kv"), [0, 0, 0, 9, b'x']).unwrap();
    let error = KeyValueStores::open(&labels(), Some(folder.path())).unwrap_err();
    assert!(error.to_string().contains("bad.kv: damaged"), "{error}");
}
