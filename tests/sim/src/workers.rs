//! Seeds, spread over the machine's cores. Each worker has a thread and stores of its own.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    bugs::Bug,
    lab::{Lab, LabError},
    report::Tally,
    run::{Run, run},
};

/// A bug, and the first seed that shows it.
#[derive(Debug)]
pub struct Found {
    /// The bug.
    pub bug: Bug,
    /// The run that showed what it brings about; none if no seed did.
    pub run: Option<Run>,
    /// What the same seed shows without the bug: nothing, or it was not the bug that was found.
    pub without: Vec<String>,
}

impl Found {
    /// Whether it was found, and it alone.
    pub fn is_found(&self) -> bool {
        self.run.is_some() && self.without.is_empty()
    }
}

/// Runs one seed, in new stores.
///
/// # Errors
/// [`LabError`].
pub fn replay(seed: u64, bug: Option<Bug>) -> Result<Run, LabError> {
    let result = Mutex::new(None);
    on_threads(1, || {
        let run = alone(async {
            let lab = Lab::open().await?;
            run(&lab, seed, bug).await
        })?;
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
        Ok(())
    })?;
    result.into_inner().unwrap_or_else(PoisonError::into_inner).ok_or(LabError::Worker)
}

/// Runs these seeds until one of them shows what must not happen: what became of their calls, and that run.
///
/// # Errors
/// [`LabError`].
pub fn search(seeds: Range<u64>, progress: &(dyn Fn(u64) + Sync)) -> Result<(Tally, Option<Run>), LabError> {
    let (next, done) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let result = Mutex::new((Tally::default(), None));
    spread(|| {
        alone(async {
            let lab = Lab::open().await?;
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end {
                    return Ok(());
                }
                let run = run(&lab, seed, None).await?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                result.0.add(&run.tally);
                if !run.violations.is_empty() {
                    next.store(seeds.end, Ordering::Relaxed);
                    let first: &Option<Run> = &result.1;
                    if first.as_ref().is_none_or(|first| run.seed < first.seed) {
                        result.1 = Some(run);
                    }
                    // What it has left behind would show in the next run.
                    return Ok(());
                }
            }
        })
    })?;
    Ok(result.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Looks for each bug, from seed 0 to below `most`.
///
/// # Errors
/// [`LabError`].
pub fn find_bugs(bugs: &[Bug], most: u64, found: &(dyn Fn(&Found) + Sync)) -> Result<(), LabError> {
    let next = AtomicUsize::new(0);
    spread(|| {
        while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let run = alone(async {
                let mut lab = Lab::open().await?;
                for seed in 0..most {
                    let run = run(&lab, seed, Some(*bug)).await?;
                    if run.violations.iter().any(|violation| bug.is_shown_by(violation)) {
                        return Ok(Some(run));
                    }
                    // What a run has left behind that shows something else would show in the next one.
                    if !run.violations.is_empty() {
                        lab = Lab::open().await?;
                    }
                }
                Ok::<_, LabError>(None)
            })?;
            let without = match &run {
                Some(run) => alone(async { self::run(&Lab::open().await?, run.seed, None).await })?.violations,
                None => Vec::new(),
            };
            found(&Found { bug: *bug, run, without });
        }
        Ok(())
    })
}

/// Requests that have not been optimised are deep.
const STACK: usize = 16 * 1024 * 1024;

fn spread(work: impl Fn() -> Result<(), LabError> + Sync) -> Result<(), LabError> {
    on_threads(thread::available_parallelism().map_or(1, usize::from).min(4), work)
}

fn on_threads(workers: usize, work: impl Fn() -> Result<(), LabError> + Sync) -> Result<(), LabError> {
    thread::scope(|scope| {
        let begin =
            |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, &work).map_err(|_| LabError::Worker);
        let threads: Vec<_> = (0..workers).map(begin).collect();
        let ended = threads.into_iter().map(|thread| thread?.join().unwrap_or_else(|_| Err(LabError::Worker)));
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

/// One thread, on which calls are made one at a time.
fn alone<T>(work: impl Future<Output = Result<T, LabError>>) -> Result<T, LabError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| LabError::Store(error.to_string()))?;
    runtime.block_on(work)
}
