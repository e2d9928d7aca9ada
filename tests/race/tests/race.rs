//! The suite itself: its races are real, and it sees what is broken.

use race::{Kind, Lab, broken, races};
use test_support::SystemClock;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_kind_has_races_in_which_both_sides_are_inside_and_nothing_is_broken() {
    let raced = races(2, &|_, _| {}).await.unwrap();
    assert_eq!(raced.broken, [""; 0]);
    for kind in Kind::ALL {
        assert_eq!(raced.counts[&kind].0, 2, "{kind}");
    }
}

#[tokio::test]
async fn empty_stores_are_in_order() {
    let lab = Lab::open(SystemClock::shared()).await.unwrap();
    assert_eq!(broken(&lab).await.unwrap(), [""; 0]);
}
