//! The contract of key-value stores, over the store of these tests. The runtimes' own stores pass it end to end.

use edge_core::kv_contract::check;

use crate::fake::Fake;

#[test]
fn the_store_of_these_tests_keeps_the_contract() {
    let fake = Fake::new();
    assert_eq!(futures_executor::block_on(check(&fake)), Ok(()));
    assert!(fake.kv_keys().is_empty(), "nothing is left behind");
}

#[test]
fn a_store_that_does_not_is_told_which_clause_it_breaks() {
    let fake = Fake::new();
    fake.kv_set("contract/a", "left over".into());
    let broken = futures_executor::block_on(check(&fake)).unwrap_err();
    assert_eq!(broken, "what was never stored is absent: contract/a holds 9 bytes, not nothing");
    fake.kv_is_down();
    assert!(futures_executor::block_on(check(&fake)).unwrap_err().ends_with("key-value store: down"));
}
