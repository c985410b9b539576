//! Batches of a comparison's calls: gathered until all cells wait, sent, waited for, and fetched.
//!
//! A call that is handed over here ends its attempt of the cell, as a kill would: the cell holds no instance while it waits, and is
//! carried out afresh from its memos once its answers are there. So one mechanism serves the answer of a minute ago and that of
//! yesterday, which another process had asked for. What is waited for is bounded by the cells of a comparison, and each has a
//! record's worth of memory; the requests of a batch are in memory until it is sent, and it has at most
//! [`MOST_BATCH_BYTES`](stepwell_llm::MOST_BATCH_BYTES); of the answers that came, a few are in memory until their cells have
//! taken them.

mod carrying;
mod desk;
mod finding;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stepwell_contract::{BatchState, ComparisonId, RunId};
use stepwell_llm::{BatchAnswer, BatchRequest, PlaceInBatch};
use stepwell_store::{BatchRecord, InBatch};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use self::desk::Desk;
pub(crate) use self::finding::found;
use super::house::House;
use super::lock::lock;

/// Where some cells do what takes long, such as to wait for room in a budget, the others' calls are sent after this long without news.
const QUIET: Duration = Duration::from_secs(10);

/// How often it is looked whether it is quiet.
const GLANCE: Duration = Duration::from_secs(1);

/// So many answers are in memory at once, at most, until their cells have taken them.
const ANSWERS: usize = 64;

/// The batches of one comparison, while it is carried out. They are left to their providers when this is dropped.
#[derive(Debug)]
pub(crate) struct Gathering(Arc<Shared>);

/// What tasks and cells share.
pub(super) struct Shared {
    pub(super) house: Arc<House>,
    pub(super) comparison: ComparisonId,
    state: Mutex<State>,
    /// Room for answers.
    answers: Arc<Semaphore>,
    /// The tasks that wait for batches.
    tasks: Mutex<Vec<AbortHandle>>,
}

#[derive(Default)]
struct State {
    /// Cells that may hand a call over without anything else coming first.
    working: usize,
    /// Batches that are gathered.
    rounds: Vec<Round>,
    /// Calls that wait for their answers.
    parked: BTreeMap<PlaceInBatch, Parked>,
    /// How cells that wait are woken.
    waking: BTreeMap<RunId, Arc<Notify>>,
    /// Batches that were sent before, which cells wait for and nobody looks at yet.
    wanted: BTreeMap<u128, BatchRecord>,
    /// Batches that somebody looks at.
    under_way: BTreeSet<u128>,
    /// When something last happened; none where nothing did.
    news: Option<Instant>,
    stopped: bool,
}

/// A batch that is gathered.
struct Round {
    batch: u128,
    provider: String,
    model: String,
    /// The next place in it.
    next: u32,
    bytes: usize,
    /// Places that were given and whose requests aren't there yet.
    awaited: usize,
    requests: Vec<BatchRequest>,
    /// Nothing more goes into it: it is sent once all of its requests are there.
    closed: bool,
}

/// A call that waits.
struct Parked {
    run: RunId,
    came: Option<(Came, Option<OwnedSemaphorePermit>)>,
}

/// What came for a call.
#[derive(Debug, Clone)]
pub(crate) enum Came {
    /// An answer, or why there is none.
    Answer(BatchAnswer),
    /// Its batch was never sent, nor was it.
    Unsent,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let comparison = &self.comparison;
        f.debug_struct("Shared")
            .field("comparison", comparison)
            .finish_non_exhaustive()
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        for task in lock(&self.0.tasks).drain(..) {
            task.abort();
        }
    }
}

impl Gathering {
    pub(crate) fn of(house: &Arc<House>, comparison: ComparisonId) -> Arc<Self> {
        let shared = Arc::new(Shared {
            house: Arc::clone(house),
            comparison,
            state: Mutex::default(),
            answers: Arc::new(Semaphore::new(ANSWERS)),
            tasks: Mutex::default(),
        });
        let keeper = Arc::clone(&shared);
        shared.spawn(async move {
            loop {
                tokio::time::sleep(GLANCE).await;
                keeper.send_if_quiet();
            }
        });
        Arc::new(Self(shared))
    }

    /// Where the calls of a cell are handed over.
    pub(crate) fn desk(&self, run: RunId) -> Desk {
        Desk::of(&self.0, run)
    }

    /// A cell may hand a call over, until this is dropped.
    pub(crate) fn at_work(&self) -> AtWork {
        self.0.begin();
        AtWork(Arc::clone(&self.0))
    }

    /// Takes what came for a call, if it did.
    pub(crate) fn take(&self, place: InBatch) -> Option<Came> {
        let mut state = lock(&self.0.state);
        let place = place_of(place);
        state.parked.get(&place)?.came.as_ref()?;
        let (came, _room) = state.parked.remove(&place)?.came?;
        Some(came)
    }

    /// A call of a cell waits for the answer out of a batch that was sent before.
    pub(crate) fn wait_for(&self, run: RunId, place: InBatch, batch: BatchRecord) {
        let mut state = lock(&self.0.state);
        let place = place_of(place);
        if state.stopped || state.parked.contains_key(&place) {
            return;
        }
        state.parked.insert(place, Parked { run, came: None });
        if !state.under_way.contains(&place.batch) {
            state.wanted.insert(place.batch, batch);
        }
        state.news = Some(Instant::now());
    }

    /// Whether a call of a cell waits here.
    pub(crate) fn is_waiting(&self, run: RunId) -> bool {
        lock(&self.0.state)
            .parked
            .values()
            .any(|call| call.run == run)
    }

    /// Nothing more is sent, and nobody waits here any longer. What was sent stays with its provider.
    pub(crate) fn stop(&self) {
        let mut state = lock(&self.0.state);
        state.stopped = true;
        state.rounds.clear();
        state.parked.clear();
        state.wanted.clear();
        for waking in state.waking.values() {
            waking.notify_one();
        }
    }
}

fn place_of(place: InBatch) -> PlaceInBatch {
    PlaceInBatch {
        batch: place.batch.as_u128(),
        request: place.request,
    }
}

/// A cell that is carried out.
#[derive(Debug)]
pub(crate) struct AtWork(Arc<Shared>);

/// One that waits for others.
struct Resting<'w>(&'w AtWork);

impl AtWork {
    /// Waits for something that others do.
    pub(crate) async fn resting<T>(&self, until: impl Future<Output = T>) -> T {
        self.0.end();
        let _resting = Resting(self);
        until.await
    }

    /// Waits until the answers of a cell are there, or nothing more comes.
    pub(crate) async fn until_answered(&self, run: RunId) {
        let waking = Arc::clone(lock(&self.0.state).waking.entry(run).or_default());
        let until = async {
            while !self.0.goes_on(run) {
                waking.notified().await;
            }
        };
        self.resting(until).await;
        lock(&self.0.state).waking.remove(&run);
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.0.begin();
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Shared {
    fn begin(&self) {
        lock(&self.state).working += 1;
    }

    fn end(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        state.working = state.working.saturating_sub(1);
        if state.working == 0 {
            self.send_all(&mut state);
        }
    }

    /// Whether a cell can go on: all that it waits for is there, or there is no room for more answers.
    fn goes_on(&self, run: RunId) -> bool {
        let state = lock(&self.state);
        let mut own = state
            .parked
            .values()
            .filter(|call| call.run == run)
            .peekable();
        let is_full = self.answers.available_permits() == 0;
        match is_full {
            _ if own.peek().is_none() => true,
            true => own.any(|call| call.came.is_some()),
            false => own.all(|call| call.came.is_some()),
        }
    }

    fn send_if_quiet(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        if state.news.is_some_and(|news| news.elapsed() > QUIET) {
            self.send_all(&mut state);
        }
    }

    /// Nothing more comes for now: what was gathered is sent, and what was sent before is looked at.
    fn send_all(self: &Arc<Self>, state: &mut State) {
        state.news = None;
        for round in &mut state.rounds {
            round.closed = true;
        }
        self.send_closed(state);
        for (id, batch) in std::mem::take(&mut state.wanted) {
            if state.under_way.insert(id) {
                self.spawn(carrying::go_on(Arc::clone(self), batch));
            }
        }
    }

    fn send_closed(self: &Arc<Self>, state: &mut State) {
        let ready = |round: &mut Round| round.closed && round.awaited == 0;
        for round in state.rounds.extract_if(.., ready) {
            if round.requests.is_empty() {
                continue;
            }
            let batch = BatchRecord {
                id: Uuid::from_u128(round.batch),
                comparison: self.comparison,
                provider: round.provider,
                requests: u32::try_from(round.requests.len()).unwrap_or(u32::MAX),
                state: BatchState::Sending,
                file: None,
                at_provider: None,
                created_at: self.house.now(),
                sent_at: None,
                ended_at: None,
                other: Default::default(),
            };
            state.under_way.insert(round.batch);
            self.spawn(carrying::send(Arc::clone(self), batch, round.requests));
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(task).abort_handle();
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// The calls that wait for something of a batch.
    fn waiting_for(&self, batch: u128) -> Vec<PlaceInBatch> {
        let state = lock(&self.state);
        let waiting = state.parked.iter().filter(|(_, call)| call.came.is_none());
        let of_batch = waiting.filter(|(place, _)| place.batch == batch);
        of_batch.map(|(place, _)| *place).collect()
    }

    /// Hands on what came for a call. Nobody may want it any more, and then nothing is kept of it.
    async fn hand_on(&self, place: PlaceInBatch, came: Came) {
        let is_wanted =
            |state: &State| state.parked.get(&place).is_some_and(|it| it.came.is_none());
        if !is_wanted(&lock(&self.state)) {
            return;
        }
        if self.answers.available_permits() == 0 {
            self.wake_those_with_answers();
        }
        // The last one takes all the room that there is: then whoever has something goes on with it.
        let room = Arc::clone(&self.answers).acquire_owned().await.ok();
        let is_full = self.answers.available_permits() == 0;
        let mut state = lock(&self.state);
        let Some(call) = state.parked.get_mut(&place).filter(|it| it.came.is_none()) else {
            return;
        };
        call.came = Some((came, room));
        let run = call.run;
        let mut own = state.parked.values().filter(|call| call.run == run);
        let is_whole = own.all(|call| call.came.is_some());
        if let Some(waking) = state.waking.get(&run).filter(|_| is_whole) {
            waking.notify_one();
        }
        drop(state);
        if is_full {
            self.wake_those_with_answers();
        }
    }

    /// There is no room for more: whoever has something goes on with it.
    fn wake_those_with_answers(&self) {
        let state = lock(&self.state);
        for call in state.parked.values().filter(|call| call.came.is_some()) {
            if let Some(waking) = state.waking.get(&call.run) {
                waking.notify_one();
            }
        }
    }

    /// Nobody looks at a batch any more. Where calls wait for it still, it is looked at again.
    fn is_over(self: &Arc<Self>, batch: u128, record: &BatchRecord) {
        let mut state = lock(&self.state);
        state.under_way.remove(&batch);
        let waits =
            |(place, call): (&PlaceInBatch, &Parked)| place.batch == batch && call.came.is_none();
        if state.parked.iter().any(waits) {
            state.wanted.insert(batch, record.clone());
            state.news = Some(Instant::now());
            if state.working == 0 {
                self.send_all(&mut state);
            }
        }
    }
}
