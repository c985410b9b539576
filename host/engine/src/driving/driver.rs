//! Drives a run: starts what is ready, takes what ended, until nothing more can be done now (rules E16, E23 to E25).

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_contract::RunId;
use stepwell_contract::{Problem, ProblemCode, Remedy, WaitingFor};
use stepwell_store::{Change, ExecutionRecord, ExecutionState, RunState, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::opening::open;
use super::options::DriveOptions;
use super::rounds::judge_rounds;
use crate::execution::{ExecutionEnd, carry_out};
use crate::state::{Active, CellState, House, RunContext, Unit, ValueError, lock, outcomes_of};
use crate::words::{EngineError, Event, RunStatus};

/// Where a run is when it can't be driven further now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriveEnd {
    pub(crate) status: RunStatus,
    pub(crate) waiting_for: Option<WaitingFor>,
    pub(crate) problem: Option<Problem>,
}

/// What the units of a drive came to.
#[derive(Default)]
struct Tally {
    /// The first failure of a step that isn't optional.
    failed: Option<Problem>,
    /// The first outcome that could not be published: nothing more starts.
    unpublished: Option<Problem>,
    waiting: bool,
    in_doubt: Option<String>,
    store: Option<String>,
    /// A bug of ours: a step's task panicked.
    bug: Option<String>,
    stopped: bool,
}

/// A run that was taken up: nobody else can drive it, and what was asked with it is durable.
pub(crate) struct Opened {
    /// Declared first, so that it is dropped first: an answer finds the context, or nobody at work.
    active: Active,
    run: Arc<RunContext>,
    wanted: BTreeSet<usize>,
    options: DriveOptions,
}

impl Tally {
    /// Whether the drive ends whatever may still come.
    fn is_cut_short(&self) -> bool {
        self.stopped || self.store.is_some() || self.bug.is_some()
    }
}

/// Opens a run that this process has marked as its own, and makes durable what is amended in it.
pub(crate) async fn take_up(
    house: &Arc<House>,
    id: RunId,
    active: Active,
    mut options: DriveOptions,
) -> Result<Opened, EngineError> {
    let amended = options.amended.take();
    let (run, wanted) = open(house, id, &options, amended).await?;
    active.opened(&run);
    Ok(Opened {
        active,
        run,
        wanted,
        options,
    })
}

/// Drives a run until it ends or only a person can take it further.
pub(crate) async fn carry_on(
    opened: Opened,
    stop: Option<watch::Receiver<bool>>,
) -> Result<DriveEnd, EngineError> {
    let Opened {
        active,
        run,
        wanted,
        options,
    } = opened;
    let mut letters = run.letters.watch();
    let mut tally = Tally::default();
    let driven = drive_on(&run, &wanted, stop, &mut letters, &mut tally).await;
    // However it ended: nobody takes the run up while it still writes.
    run.workspace.settled().await;
    driven?;
    let end = close(&run, &wanted, tally, &options).await;
    drop(active);
    end
}

/// Publishes what an earlier process left, and works until nothing more can be done now. Nothing is under way after it.
async fn drive_on(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    stop: Option<watch::Receiver<bool>>,
    letters: &mut watch::Receiver<u64>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    publish_leftovers(run, tally).await?;
    if tally.unpublished.is_some() {
        return Ok(());
    }
    loop {
        work(run, wanted, stop.clone(), letters, tally).await?;
        if tally.is_cut_short() || no_more_letters(run, letters).await {
            return Ok(());
        }
    }
}

/// Takes no more answers, unless some came that nobody has looked at.
async fn no_more_letters(run: &RunContext, letters: &watch::Receiver<u64>) -> bool {
    let _record = run.record.lock().await;
    if letters.has_changed().unwrap_or(false) {
        return false;
    }
    run.letters.close();
    true
}

/// Goes on where publishing was stopped, by a crash or by a problem (rules E14 and E16).
async fn publish_leftovers(run: &Arc<RunContext>, tally: &mut Tally) -> Result<(), StoreError> {
    let mut published = run.published.write().await;
    let mut left = outcomes_of(run.house.store.executions(run.id).await?);
    left.retain(|execution| execution.files.iter().any(|file| !file.published));
    for execution in left {
        if let Some(problem) = run.publish(&mut published, execution).await? {
            tally.unpublished = Some(problem);
            return Ok(());
        }
    }
    Ok(())
}

/// Starts what is ready and takes what ended, until nothing is under way and nothing is ready.
async fn work(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    mut stop: Option<watch::Receiver<bool>>,
    letters: &mut watch::Receiver<u64>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let mut under_way: JoinSet<(Unit, ExecutionEnd)> = JoinSet::new();
    loop {
        if letters.has_changed().unwrap_or(false) {
            letters.mark_unchanged();
            lock(&run.board).wake();
            tally.waiting = false;
        }
        if tally.unpublished.is_none() && tally.store.is_none() {
            let started = start_what_is_ready(run, wanted, tally, &mut under_way).await;
            if let Err(error) = started {
                under_way.shutdown().await;
                return Err(error);
            }
        }
        let ended = tokio::select! {
            ended = under_way.join_next() => ended,
            Ok(()) = letters.changed() => {
                letters.mark_changed();
                continue;
            }
            () = told_to_stop(&mut stop) => {
                under_way.shutdown().await;
                tally.stopped = true;
                return Ok(());
            }
        };
        match ended {
            None => return Ok(()),
            Some(Ok((unit, end))) => take(run, unit, end, tally),
            Some(Err(error)) => tally.bug = Some(error.to_string()),
        }
        if tally.store.is_some() || tally.bug.is_some() {
            // Without the store nothing may go on: what is under way could pay for answers that nobody keeps.
            under_way.shutdown().await;
            return Ok(());
        }
    }
}

async fn start_what_is_ready(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
    under_way: &mut JoinSet<(Unit, ExecutionEnd)>,
) -> Result<(), EngineError> {
    read_lists(run, wanted, tally).await?;
    while judge_rounds(run, wanted).await? {
        read_lists(run, wanted, tally).await?;
    }
    let ready = lock(&run.board).ready(&run.plan, wanted);
    for unit in ready {
        lock(&run.board).set(unit.clone(), CellState::Running);
        let run = Arc::clone(run);
        under_way.spawn(async move {
            let end = start_or_skip(run, unit.clone()).await;
            (unit, end)
        });
    }
    Ok(())
}

/// Waits until the flag is raised; where there is none, or nobody is left to raise it, for good.
pub(crate) async fn told_to_stop(stop: &mut Option<watch::Receiver<bool>>) {
    match stop {
        Some(stop) => {
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}

/// Carries a unit out, or leaves it out where its plugin is missing and the step is optional.
async fn start_or_skip(run: Arc<RunContext>, unit: Unit) -> ExecutionEnd {
    if run.plugin(unit.step).is_some() {
        return carry_out(run, unit).await;
    }
    let path = &run.step(unit.step).path;
    let reason = format!("its plugin could not be loaded, and step `{path}` is optional");
    let record = bare_record(&run, &unit, ExecutionState::Skipped, None);
    let event = run.event(Some(&record.key), Event::StepSkipped { reason });
    match run
        .house
        .store
        .commit(vec![Change::Execution(Box::new(record)), event])
        .await
    {
        Ok(_) => ExecutionEnd::Success,
        Err(error) => ExecutionEnd::Store(error.to_string()),
    }
}

fn bare_record(
    run: &RunContext,
    unit: &Unit,
    state: ExecutionState,
    problem: Option<Problem>,
) -> ExecutionRecord {
    let now = run.house.now();
    let mut record = ExecutionRecord::new(run.key_of(unit), run.items_at(unit), state, now);
    record.ended_at = Some(now);
    record.problem = problem;
    record
}

/// Reads the lists of `for_each` steps that can be read by now.
async fn read_lists(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    loop {
        let lists = lock(&run.board).lists_to_read(&run.plan, wanted);
        if lists.is_empty() {
            return Ok(());
        }
        for (step, parent_at) in lists {
            match run.read_list(step, &parent_at).await {
                Ok(items) => {
                    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
                    lock(&run.items).insert((step, parent_at.clone()), items);
                    lock(&run.board).set_items(step, parent_at, count);
                }
                Err(ValueError::Store(error)) => return Err(error.into()),
                Err(ValueError::Texts(failed)) => return Err(failed.into()),
                Err(ValueError::Problem(message)) => {
                    let unit = lock(&run.board).list_unit(step, &parent_at);
                    let problem = Problem::new(ProblemCode::InvalidInput, message)
                        .with(Remedy::CorrectList)
                        .of(&run.step(step).path);
                    let record =
                        bare_record(run, &unit, ExecutionState::Failure, Some(problem.clone()));
                    let event = run.event(
                        Some(&record.key),
                        Event::StepFailed {
                            problem: problem.clone(),
                        },
                    );
                    run.house
                        .store
                        .commit(vec![Change::Execution(Box::new(record)), event])
                        .await?;
                    take(run, unit, ExecutionEnd::Failed(problem), tally);
                }
            }
        }
    }
}

/// Writes down how a unit ended.
fn take(run: &RunContext, unit: Unit, end: ExecutionEnd, tally: &mut Tally) {
    let optional = run.step(unit.step).optional;
    let state = match end {
        ExecutionEnd::Success => CellState::Success,
        ExecutionEnd::Failed(problem) => {
            if !optional {
                tally.failed.get_or_insert(problem);
            }
            CellState::Failure
        }
        ExecutionEnd::Unpublished(problem) => {
            tally.unpublished.get_or_insert(problem);
            CellState::Success
        }
        ExecutionEnd::Waiting => {
            tally.waiting = true;
            CellState::Waiting
        }
        ExecutionEnd::InDoubt(reason) => {
            tally.in_doubt.get_or_insert(reason);
            CellState::Waiting
        }
        ExecutionEnd::Stopped => {
            tally.stopped = true;
            CellState::Waiting
        }
        ExecutionEnd::Store(reason) => {
            tally.store.get_or_insert(reason);
            CellState::Waiting
        }
    };
    lock(&run.board).set(unit, state);
}

/// Says where the run is now, in the store and to the caller.
async fn close(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: Tally,
    options: &DriveOptions,
) -> Result<DriveEnd, EngineError> {
    if let Some(reason) = tally.store {
        return Err(EngineError::StoreFailed { reason });
    }
    if let Some(reason) = tally.bug {
        return Err(EngineError::Bug { reason });
    }
    if tally.stopped && !asleep(run).await? {
        return Ok(DriveEnd {
            status: RunStatus::Interrupted,
            waiting_for: None,
            problem: None,
        });
    }
    let everything: BTreeSet<usize> = (0..run.plan.steps.len()).collect();
    let (all_done, rest_done) = {
        let board = lock(&run.board);
        (
            board.all_done(&run.plan, wanted),
            board.all_done(&run.plan, &everything) && !board.holds_rounds(),
        )
    };
    let stale = !run.record.lock().await.stale.is_empty();
    let failed = match tally.unpublished.or(tally.failed) {
        None if options.only.is_some() && !all_done => None,
        None if options.only.is_some() => failed_before(run, wanted).await?,
        problem => problem,
    };
    let (status, waiting_for) = if failed.is_some() {
        (RunStatus::Failure, None)
    } else if tally.waiting || tally.stopped {
        (RunStatus::Waiting, Some(WaitingFor::Answers))
    } else if tally.in_doubt.is_some() {
        (RunStatus::Waiting, Some(WaitingFor::InDoubt))
    } else if stale {
        (RunStatus::Waiting, Some(WaitingFor::Stale))
    } else if rest_done {
        (RunStatus::Success, None)
    } else {
        (RunStatus::Waiting, Some(WaitingFor::Until))
    };
    let end = DriveEnd {
        status,
        waiting_for,
        problem: failed,
    };
    let event = Event::RunEnded {
        status,
        waiting_for: end.waiting_for.clone(),
        problem: end.problem.clone(),
    };
    let event = run.event(None, event);
    let (waiting_for, problem) = (end.waiting_for.clone(), end.problem.clone());
    run.update(vec![event], |record| {
        record.state = match status {
            RunStatus::Success => RunState::Success,
            RunStatus::Failure => RunState::Failure,
            _ => RunState::Waiting,
        };
        record.ended_at =
            matches!(status, RunStatus::Success | RunStatus::Failure).then(|| run.house.now());
        record.waiting_for = waiting_for;
        record.problem = problem;
        if status == RunStatus::Success {
            record.until = None;
        }
    })
    .await?;
    Ok(end)
}

/// A step that wasn't carried out this time and had failed before.
async fn failed_before(
    run: &RunContext,
    wanted: &BTreeSet<usize>,
) -> Result<Option<Problem>, StoreError> {
    let executions = run.house.store.executions(run.id).await?;
    Ok(executions.into_iter().find_map(|execution| {
        let step = run.index_of(&execution.key.path)?;
        let counts =
            run.pins.counts(&execution.key) && !wanted.contains(&step) && !run.step(step).optional;
        execution
            .problem
            .filter(|_| counts && execution.state == ExecutionState::Failure)
    }))
}

/// Whether everything that was under way when the run was stopped only waits for answers (rule E24).
async fn asleep(run: &RunContext) -> Result<bool, StoreError> {
    let executions = run.house.store.executions(run.id).await?;
    let open = executions.into_iter().filter(|execution| {
        run.pins.counts(&execution.key)
            && matches!(
                execution.state,
                ExecutionState::Running | ExecutionState::Waiting
            )
    });
    let open: Vec<_> = open.collect();
    if open.is_empty() || open.iter().any(|execution| execution.form.is_none()) {
        return Ok(false);
    }
    let sleeping = open.into_iter().map(|mut execution| {
        execution.state = ExecutionState::Waiting;
        Change::Execution(Box::new(execution))
    });
    run.house.store.commit(sleeping.collect()).await?;
    Ok(true)
}
