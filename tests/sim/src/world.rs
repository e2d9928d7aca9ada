//! What all tasks of a run share: the time, the numbers, and who waits for what.
//!
//! A task that wants to call a port announces the call and waits for its turn; nobody has a turn while another call is in
//! flight. So each call is made alone, and a run follows from its seed although the stores are real ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use commerce_aws::Timer;
use commerce_domain::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::{
    fate::{Fate, Step},
    report::Tally,
    rng::Rng,
};

/// Something that runs to its end, or dies on the way.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Names a task.
pub(crate) type TaskId = u64;

/// How long a shopper waits for an answer: what the edge does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// What a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Somebody who sends requests.
    Shopper,
    /// A request inside the origin, which dies with its process.
    Request,
    /// A webhook inside the origin, which dies with its process.
    Webhook,
    /// A sweep, a relay or a consumer, which dies with its process.
    Sweep,
}

/// A task that has not begun.
pub(crate) struct NewTask {
    pub(crate) id: TaskId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) job: Job,
}

/// What a task waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// Its turn to call a port.
    Call(Step),
    /// A time.
    Until(Timestamp),
    /// The end of that task, or the end of its own patience.
    Answer { of: TaskId, until: Timestamp },
}

impl Wait {
    /// The time at which it is over by itself.
    pub(crate) fn until(self) -> Option<Timestamp> {
        match self {
            Self::Call(_) => None,
            Self::Until(until) | Self::Answer { until, .. } => Some(until),
        }
    }
}

/// A call that arrives later than anybody waits for it.
pub(crate) struct LateCall {
    pub(crate) step: Step,
    /// Not before that.
    pub(crate) due: Timestamp,
    pub(crate) job: Job,
}

#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) task: TaskId,
    pub(crate) wait: Wait,
    waker: Waker,
}

pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) rng: Rng,
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    granted: BTreeMap<u64, Fate>,
    pub(crate) running: TaskId,
    pub(crate) in_flight: u32,
    pub(crate) late: Vec<LateCall>,
    pub(crate) new_tasks: Vec<NewTask>,
    pub(crate) trace: Vec<String>,
    pub(crate) tally: Tally,
    /// Requests that are over and that a fault has hit.
    pub(crate) hits: BTreeSet<TaskId>,
    next: u64,
}

/// What all tasks share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(crate) fn new(seed: u64, now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            rng: Rng::new(seed),
            waiting: BTreeMap::new(),
            granted: BTreeMap::new(),
            running: 0,
            in_flight: 0,
            late: Vec::new(),
            new_tasks: Vec::new(),
            trace: Vec::new(),
            tally: Tally::default(),
            hits: BTreeSet::new(),
            next: 1,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws from the numbers of the run.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.state().rng)
    }

    pub(crate) fn advance(&self, time: Duration) {
        let mut state = self.state();
        state.now = later(state.now, time);
    }

    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        let mut state = self.state();
        let at = state.now;
        state.trace.push(format!("{} {}", at.strftime("%H:%M:%S.%3f"), line()));
    }

    /// Begins a task beside the running one.
    pub(crate) fn begin(&self, name: String, role: Role, job: impl Future<Output = ()> + Send + 'static) -> TaskId {
        let mut state = self.state();
        let id = state.next();
        state.new_tasks.push(NewTask { id, name, role, job: Box::pin(job) });
        id
    }

    /// The running task's turn to make a call, and what becomes of that.
    pub(crate) fn turn(&self, step: Step) -> Turn {
        self.wait(Wait::Call(step))
    }

    /// Waits until that task is over, or nobody waits so long.
    pub(crate) fn answered(&self, of: TaskId) -> Turn {
        let until = later(self.now(), PATIENCE);
        self.wait(Wait::Answer { of, until })
    }

    fn wait(&self, wait: Wait) -> Turn {
        Turn { world: self.clone(), wait, id: None }
    }

    /// Lets a waiting task go on.
    pub(crate) fn grant(&self, id: u64, fate: Fate) {
        let mut state = self.state();
        let waiting = state.waiting.remove(&id);
        state.granted.insert(id, fate);
        drop(state);
        // Where a task waits for several things at once, it looks only at those of which it is told.
        if let Some(waiting) = waiting {
            waiting.waker.wake();
        }
    }

    /// A call that is made now, alone.
    pub(crate) async fn alone<F: Future>(&self, call: F) -> F::Output {
        let _flight = Flight::begin(self);
        call.await
    }

    /// A call that is made later: before it is repeated, after that, or when all is over.
    pub(crate) fn later(&self, step: Step, call: impl Future<Output = ()> + Send + 'static) {
        let longest = self.draw(|rng| rng.pick(&[1, 10, 40, 900, 7200]));
        self.later_within(step, longest, call);
    }

    /// A call that is made at most so many seconds later.
    pub(crate) fn later_within(&self, step: Step, longest: u64, call: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.state();
        let wait = Duration::from_millis(1000 * state.rng.between(longest / 10, longest));
        let due = later(state.now, wait);
        state.late.push(LateCall { step, due, job: Box::pin(call) });
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(SignedDuration::try_from(by).unwrap_or_default()).unwrap_or(Timestamp::MAX)
}

struct Flight(World);

impl Flight {
    fn begin(world: &World) -> Self {
        world.state().in_flight += 1;
        Self(world.clone())
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

/// Waits for the scheduler.
pub(crate) struct Turn {
    world: World,
    wait: Wait,
    id: Option<u64>,
}

impl Future for Turn {
    type Output = Fate;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fate> {
        let mut state = self.world.state();
        if let Some(id) = self.id {
            if let Some(waiting) = state.waiting.get_mut(&id) {
                waiting.waker.clone_from(context.waker());
            }
            return state.granted.remove(&id).map_or(Poll::Pending, Poll::Ready);
        }
        let (id, task) = (state.next(), state.running);
        state.waiting.insert(id, Waiting { task, wait: self.wait, waker: context.waker().clone() });
        drop(state);
        self.id = Some(id);
        Poll::Pending
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut state = self.world.state();
        state.waiting.remove(&id);
        state.granted.remove(&id);
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.state().now
    }
}

impl Timer for World {
    async fn sleep(&self, duration: Duration) {
        let until = later(self.now(), duration);
        self.wait(Wait::Until(until)).await;
    }
}
