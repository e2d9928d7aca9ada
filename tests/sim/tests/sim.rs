//! The simulation itself: it can be repeated, it finds what is planted, and it finds nothing else.

use std::sync::{Mutex, PoisonError};

use sim::{Bug, Found, find_bugs, replay, search};

#[test]
fn a_seed_is_run_again_to_the_letter_in_other_stores() {
    for seed in [3, 17] {
        let (first, second) = (replay(seed, None).unwrap(), replay(seed, None).unwrap());
        assert!(first.trace.len() > 50, "seed {seed} does nearly nothing");
        assert_eq!(first.trace, second.trace, "seed {seed}");
    }
}

#[test]
fn a_seed_that_shows_a_bug_after_others_shows_it_alone() {
    let found = Mutex::new(Vec::new());
    let note = |of: &Found| {
        assert!(of.is_found(), "{of:?}");
        let run = of.run.as_ref().expect("the bug should be found");
        found.lock().unwrap_or_else(PoisonError::into_inner).push((of.bug, run.seed, run.violations.clone()));
    };
    find_bugs(&[Bug::DedupeRowOutside, Bug::CheckThenWrite], 200, &note).unwrap();
    let found = found.into_inner().unwrap();
    assert_eq!(found.len(), 2);
    for (bug, seed, violations) in found {
        assert_eq!(replay(seed, Some(bug)).unwrap().violations, violations, "{bug}, seed {seed}");
    }
}

#[test]
fn nothing_that_must_not_happen_happens_in_the_first_seeds() {
    let (tally, failed) = search(0..30, &|_| {}).unwrap();
    assert!(failed.is_none(), "{:?}", failed.map(|run| (run.seed, run.violations)));
    assert_eq!(tally.runs, 30);
    let [placed, paid, ended] = tally.orders;
    assert!(placed > 30 && paid > 10 && ended > 10, "{tally}");
    assert!(tally.hit * 4 > tally.requests, "faults hit too few requests\n{tally}");
}
