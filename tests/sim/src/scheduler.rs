//! Who goes on next, and what becomes of the call that they wait to make.

use std::{collections::BTreeMap, future::poll_fn, task::Poll, time::Duration};

use commerce_domain::Clock as _;

use crate::{
    fate::{Fate, Kind, Step},
    rng::Rng,
    world::{Job, LateCall, NewTask, Role, TaskId, Wait, Waiting, World},
};

/// How soon a late call is made once it can be, beside the pace of tasks.
const DELIVERY: u64 = 10;
/// A run that takes more steps does not come to its end.
const MOST_STEPS: u32 = 20_000;

/// Sweeps, relays and consumers at once.
const MOST_SWEEPING: usize = 3;

/// How a run goes: each has its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mood {
    /// Calls that go wrong, in a thousand.
    faults: u64,
    /// Processes that die before a call, in a thousand calls.
    crashes: u64,
    /// Steps after which half a minute passes, and those after which a hold's time passes. One process stands still for longer.
    stalls: u64,
    leaps: u64,
    /// Steps at which a sweep begins, and those at which a relay or a consumer does.
    sweeps: u64,
    relays: u64,
}

/// What begins beside the shoppers.
pub(crate) trait Chores: Send + Sync {
    /// Begins what others have caused.
    fn follow(&self);

    /// Begins a sweep.
    fn sweep(&self);

    /// Begins a relay or a consumer.
    fn relay(&self);
}

impl Mood {
    /// Nothing goes wrong, and nobody sweeps by chance.
    pub(crate) const CALM: Self = Self { faults: 0, crashes: 0, stalls: 0, leaps: 0, sweeps: 0, relays: 0 };

    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            faults: rng.pick(&[20, 50, 100, 200]),
            crashes: rng.pick(&[0, 5, 10, 30]),
            stalls: rng.pick(&[0, 5, 10, 30]),
            leaps: rng.pick(&[0, 2, 8, 16]),
            sweeps: rng.pick(&[0, 5, 20]),
            relays: rng.pick(&[0, 10, 30]),
        }
    }
}

struct Task {
    name: String,
    role: Role,
    job: Job,
    /// How often it gets a turn beside others.
    pace: u64,
    /// Whether something went wrong for it.
    hit: bool,
    /// The step until which it stands still, though it could go on.
    still_until: u32,
}

/// Why a run has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stuck {
    #[error("{0} waits for nothing that the scheduler knows of")]
    Task(String),
    #[error("the run does not end")]
    Endless,
}

/// What happens next.
enum Next {
    Go(u64, Waiting),
    Deliver(usize),
}

/// Lets the tasks of a run go on, one at a time.
pub(crate) struct Scheduler {
    world: World,
    tasks: BTreeMap<TaskId, Task>,
    mood: Mood,
    steps: u32,
    chores: Box<dyn Chores>,
}

impl Scheduler {
    pub(crate) fn new(world: World, chores: Box<dyn Chores>) -> Self {
        Self { world, tasks: BTreeMap::new(), mood: Mood::CALM, steps: 0, chores }
    }

    pub(crate) fn set_mood(&mut self, mood: Mood) {
        self.mood = mood;
    }

    /// One step. Whether anything is left to do; calls that are late do not count.
    pub(crate) async fn step(&mut self) -> Result<bool, Stuck> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Stuck::Endless);
        }
        self.chores.follow();
        if self.world.draw(|rng| rng.chance(self.mood.sweeps)) && self.sweeping() < MOST_SWEEPING {
            self.chores.sweep();
        }
        if self.world.draw(|rng| rng.chance(self.mood.relays)) && self.sweeping() < MOST_SWEEPING {
            self.chores.relay();
        }
        self.adopt().await?;
        let Some(next) = self.next() else { return Ok(false) };
        match next {
            Next::Go(id, waiting) => self.go(id, &waiting).await?,
            Next::Deliver(place) => self.deliver(place).await,
        }
        self.pass_time();
        Ok(true)
    }

    /// Delivers one of the calls that are late. Whether there was one.
    pub(crate) async fn deliver_one(&mut self) -> bool {
        let count = self.world.state().late.len();
        if count > 0 {
            let place = self.world.draw(|rng| rng.below(count as u64));
            self.deliver(usize::try_from(place).unwrap_or_default()).await;
        }
        count > 0
    }

    fn sweeping(&self) -> usize {
        self.tasks.values().filter(|task| task.role == Role::Sweep).count()
    }

    /// New tasks run up to the first thing that they wait for.
    async fn adopt(&mut self) -> Result<(), Stuck> {
        loop {
            let new = std::mem::take(&mut self.world.state().new_tasks);
            if new.is_empty() {
                return Ok(());
            }
            for NewTask { id, name, role, job } in new {
                let pace = self.world.draw(|rng| rng.pick(&[1, 1, 10, 20, 20]));
                if role != Role::Shopper {
                    self.world.note(|| format!("{name}: begins"));
                }
                self.tasks.insert(id, Task { name, role, job, pace, hit: false, still_until: 0 });
                self.run(id).await?;
            }
        }
    }

    /// What can happen now, one of it drawn; after a while of nothing, if that is what everybody waits for. Who stands still goes on
    /// when nobody else can.
    fn next(&mut self) -> Option<Next> {
        loop {
            let mut can: Vec<(Next, u64)> = Vec::new();
            let mut still: Vec<(Next, u64)> = Vec::new();
            let now = {
                let state = self.world.state();
                let due = state.late.iter().enumerate().filter(|(_, late)| late.due <= state.now);
                can.extend(due.map(|(place, _)| (Next::Deliver(place), DELIVERY)));
                for (id, waiting) in &state.waiting {
                    if self.is_ready(waiting, state.now) {
                        let task = self.tasks.get(&waiting.task);
                        let stands_still = task.is_some_and(|task| task.still_until > self.steps);
                        let list = if stands_still { &mut still } else { &mut can };
                        list.push((Next::Go(*id, waiting.clone()), task.map_or(1, |task| task.pace)));
                    }
                }
                state.now
            };
            if can.is_empty() {
                can = still;
            }
            if !can.is_empty() {
                let all = can.iter().map(|(_, weight)| weight).sum();
                let mut drawn = self.world.draw(|rng| rng.below(all));
                for (next, weight) in can {
                    if drawn < weight {
                        return Some(next);
                    }
                    drawn -= weight;
                }
            }
            let until = self.world.state().waiting.values().filter_map(|waiting| waiting.wait.until()).min()?;
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            self.world.advance(wait);
        }
    }

    fn is_ready(&self, waiting: &Waiting, now: jiff::Timestamp) -> bool {
        match waiting.wait {
            Wait::Call(_) => true,
            Wait::Until(until) => until <= now,
            Wait::Answer { of, until } => !self.tasks.contains_key(&of) || until <= now,
        }
    }

    async fn go(&mut self, id: u64, waiting: &Waiting) -> Result<(), Stuck> {
        let mut fate = Fate::Done;
        if let Wait::Call(step) = waiting.wait {
            fate = self.fate(step, waiting.task);
            self.tell(waiting.task, step, fate);
            if fate == Fate::Crash {
                self.end(waiting.task);
                return Ok(());
            }
        }
        self.world.grant(id, fate);
        self.run(waiting.task).await
    }

    fn fate(&mut self, step: Step, task: TaskId) -> Fate {
        let Mood { faults, crashes, .. } = self.mood;
        let mortal = self.tasks.get(&task).is_some_and(|task| task.role != Role::Shopper);
        let fate = self.world.draw(|rng| {
            if step.kind == Kind::Outside {
                Fate::Done
            } else if mortal && rng.chance(crashes) {
                Fate::Crash
            } else if rng.chance(faults) {
                rng.pick(step.kind.faults())
            } else {
                Fate::Done
            }
        });
        if fate != Fate::Done
            && let Some(task) = self.tasks.get_mut(&task)
        {
            task.hit = true;
        }
        fate
    }

    fn tell(&self, task: TaskId, step: Step, fate: Fate) {
        if self.mood.faults > 0 {
            self.world.state().tally.count(step, fate);
        }
        let name = self.tasks.get(&task).map_or("?", |task| task.name.as_str());
        self.world.note(|| match fate {
            Fate::Done => format!("{name}: {}", step.name),
            fate => format!("{name}: {}: {}", step.name, fate.name()),
        });
    }

    /// Polls a task until it waits for the scheduler, or is over.
    async fn run(&mut self, id: TaskId) -> Result<(), Stuck> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let world = self.world.clone();
        world.state().running = id;
        let over = poll_fn(|context| match task.job.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if world.state().in_flight == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        });
        if over.await {
            self.end(id);
            return Ok(());
        }
        if world.state().waiting.values().any(|waiting| waiting.task == id) {
            return Ok(());
        }
        Err(Stuck::Task(task.name.clone()))
    }

    fn end(&mut self, id: TaskId) {
        let Some(task) = self.tasks.remove(&id) else { return };
        let mut state = self.world.state();
        match task.role {
            Role::Request => {
                state.tally.requests += 1;
                if task.hit {
                    state.tally.hit += 1;
                    state.hits.insert(id);
                }
            }
            Role::Webhook => state.tally.webhooks += 1,
            Role::Shopper | Role::Sweep => {}
        }
    }

    async fn deliver(&mut self, place: usize) {
        let LateCall { step, job, .. } = self.world.state().late.remove(place);
        self.world.note(|| format!("{}: arrives late", step.name));
        self.world.alone(job).await;
    }

    fn pass_time(&mut self) {
        let Mood { stalls, leaps, .. } = self.mood;
        let time = self.world.draw(|rng| {
            if rng.chance(leaps) {
                rng.between(600_000, 720_000)
            } else if rng.chance(stalls) {
                rng.between(16_000, 60_000)
            } else {
                rng.between(1, 20)
            }
        });
        self.world.advance(Duration::from_millis(time));
        if time > 10_000 {
            let now = self.world.now();
            self.world.note(|| format!("-- {} s pass, until {now}", time / 1000));
            self.stand_still();
        }
    }

    /// While so much time passes, a schedule may have called the sweep; and one of those that wait for a call does not wake up at once.
    fn stand_still(&mut self) {
        if self.world.draw(|rng| rng.chance(500)) && self.sweeping() < MOST_SWEEPING {
            self.chores.sweep();
        }
        let state = self.world.state();
        let calling = state.waiting.values().filter(|waiting| matches!(waiting.wait, Wait::Call(_)));
        let calling: Vec<TaskId> = calling.map(|waiting| waiting.task).collect();
        drop(state);
        if calling.is_empty() {
            return;
        }
        let (place, steps) = self.world.draw(|rng| (rng.below(calling.len() as u64), rng.between(5, 80)));
        let chosen = usize::try_from(place).ok().and_then(|place| self.tasks.get_mut(calling.get(place)?));
        if let Some(task) = chosen
            && task.role != Role::Shopper
        {
            task.still_until = self.steps + u32::try_from(steps).unwrap_or(0);
            let name = task.name.clone();
            self.world.note(|| format!("{name}: stands still"));
        }
    }
}
