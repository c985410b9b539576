//! Drives a run: starts what is ready, takes what ended, until nothing more can be done now (rules E16, E23 to E25).

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_contract::{ExecutionKey, RunId, SkipReason};
use stepwell_store::StoreError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::closing::close;
use super::conditions::judge_conditions;
use super::gates::{drop_asked_about, is_no, publish_released};
use super::opening::open;
use super::options::DriveOptions;
use super::rounds::judge_rounds;
use super::tally::{Tally, take};
use super::unbegun::{leave_out, read_lists};
use crate::execution::{ExecutionEnd, carry_out};
use crate::state::{
    Active, CellState, House, RunContext, Unit, lock, require_step, with_what_they_read,
};
use crate::words::{EngineError, RunOutcome};

/// A run that was taken up, and what was asked with it is durable. Until it is driven to its end, or dropped, nobody else can
/// take it up.
pub struct TakenUp {
    /// Declared first, so that it is dropped first: an answer finds the context, or nobody at work.
    active: Active,
    run: Arc<RunContext>,
    wanted: BTreeSet<usize>,
    options: DriveOptions,
}

/// Opens a run that this process has marked as its own, and makes durable what is amended in it.
pub(crate) async fn take_up(
    house: &Arc<House>,
    id: RunId,
    active: Active,
    mut options: DriveOptions,
) -> Result<TakenUp, EngineError> {
    let amended = options.amended.take();
    let (run, wanted) = open(house, id, &options, amended).await?;
    active.opened(&run.mailbox);
    Ok(TakenUp {
        active,
        run,
        wanted,
        options,
    })
}

impl TakenUp {
    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run.id
    }

    /// Drives it until it ends or only a person can take it further. When `stop` turns true everything stops: what was
    /// received and stored stays.
    ///
    /// # Errors
    /// The store's; a step that fails is no error but an outcome.
    pub async fn drive(
        self,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<RunOutcome, EngineError> {
        let Self {
            active,
            run,
            wanted,
            options,
        } = self;
        let mut mailbox = run.mailbox.watch();
        let mut tally = Tally::default();
        let driven = drive_on(&run, &wanted, &options, stop, &mut mailbox, &mut tally).await;
        // However it ended: nobody takes the run up while it still writes.
        run.workspace.settled().await;
        driven?;
        let end = close(&run, &wanted, tally, &options).await;
        drop(active);
        end
    }
}

/// Publishes what an earlier process left, and works until nothing more can be done now. Nothing is under way after it.
async fn drive_on(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    options: &DriveOptions,
    stop: Option<watch::Receiver<bool>>,
    mailbox: &mut watch::Receiver<u64>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    publish_leftovers(run, tally).await?;
    if tally.unpublished.is_some() {
        return Ok(());
    }
    if !options.these.is_empty() {
        work_on(run, &options.these, stop, tally).await?;
        if run.gates.is_empty() || tally.is_cut_short() {
            return Ok(());
        }
        see_how_far(run, &with_what_they_read(&run.plan, wanted), tally).await?;
        return Ok(publish_released(run, tally).await?);
    }
    loop {
        work(run, wanted, stop.clone(), mailbox, tally).await?;
        if tally.is_cut_short() || nothing_more_arrived(run, mailbox).await {
            return Ok(());
        }
    }
}

/// Takes no more answers, unless some came that nobody has looked at.
async fn nothing_more_arrived(run: &RunContext, mailbox: &watch::Receiver<u64>) -> bool {
    let _record = run.mailbox.record.lock().await;
    if mailbox.has_changed().unwrap_or(false) {
        return false;
    }
    run.mailbox.close();
    true
}

/// Goes on where publishing was stopped, by a crash or by a problem (rules E14 and E16).
async fn publish_leftovers(run: &Arc<RunContext>, tally: &mut Tally) -> Result<(), StoreError> {
    // Where anything is asked about, that is looked at when it is known where the run stands.
    if !run.gates.is_empty() {
        return Ok(());
    }
    let mut published = run.published.write().await;
    for execution in run.unpublished(&published).await? {
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
    mailbox: &mut watch::Receiver<u64>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let mut under_way: JoinSet<(Unit, ExecutionEnd)> = JoinSet::new();
    loop {
        if mailbox.has_changed().unwrap_or(false) {
            mailbox.mark_unchanged();
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
            Ok(()) = mailbox.changed() => {
                mailbox.mark_changed();
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
            Some(Ok((unit, end))) => {
                if is_no(run, &unit, &end) {
                    drop_asked_about(run, &unit).await?;
                }
                take(run, unit, end, tally);
            }
            Some(Err(error)) => tally.bug = Some(error.to_string()),
        }
        if tally.bug.is_some() {
            under_way.shutdown().await;
            return Ok(());
        }
        if tally.store.is_some() {
            // Without the store nothing may go on: what is under way could pay for answers that nobody keeps. But a call that
            // was sent has its room, and is kept whether the store takes it or not.
            let mut calling = run.calling.subscribe();
            let none_left = async move { drop(calling.wait_for(|calls| *calls == 0).await) };
            end_of(run, &mut under_way, &mut stop, tally, none_left).await;
            return Ok(());
        }
    }
}

/// Carries these executions out, and nothing that they would let begin.
async fn work_on(
    run: &Arc<RunContext>,
    these: &[ExecutionKey],
    mut stop: Option<watch::Receiver<bool>>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let mut under_way = JoinSet::new();
    for key in these {
        let step = require_step(&run.plan, &key.path)?;
        let at = key.at.clone();
        start(run, Unit { step, at }, &mut under_way);
    }
    end_of(
        run,
        &mut under_way,
        &mut stop,
        tally,
        std::future::pending(),
    )
    .await;
    Ok(())
}

/// Takes what ends, and starts nothing: until all of it has, this is enough, or the run is stopped. What is under way then ends
/// where it is.
async fn end_of(
    run: &RunContext,
    under_way: &mut JoinSet<(Unit, ExecutionEnd)>,
    stop: &mut Option<watch::Receiver<bool>>,
    tally: &mut Tally,
    enough: impl Future<Output = ()>,
) {
    tokio::pin!(enough);
    loop {
        tokio::select! {
            () = &mut enough => break,
            ended = under_way.join_next() => match ended {
                None => break,
                Some(Ok((unit, end))) => take(run, unit, end, tally),
                Some(Err(error)) => tally.bug = Some(error.to_string()),
            },
            () = told_to_stop(stop) => {
                tally.stopped = true;
                break;
            }
        }
    }
    under_way.shutdown().await;
}

fn start(run: &Arc<RunContext>, unit: Unit, under_way: &mut JoinSet<(Unit, ExecutionEnd)>) {
    lock(&run.board).set(unit.clone(), CellState::Running);
    let run = Arc::clone(run);
    under_way.spawn(async move {
        let end = start_or_skip(run, unit.clone()).await;
        (unit, end)
    });
}

async fn start_what_is_ready(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
    under_way: &mut JoinSet<(Unit, ExecutionEnd)>,
) -> Result<(), EngineError> {
    see_how_far(run, &with_what_they_read(&run.plan, wanted), tally).await?;
    publish_released(run, tally).await?;
    if tally.unpublished.is_some() {
        return Ok(());
    }
    let ready = lock(&run.board).ready(&run.plan, wanted);
    for unit in ready {
        start(run, unit, under_way);
    }
    Ok(())
}

/// Says of steps with conditions whether they are carried out, reads the lists that can be read by now, and says of the rounds
/// that are done whether others follow.
pub(super) async fn see_how_far(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    loop {
        judge_conditions(run, wanted, tally).await?;
        read_lists(run, wanted, tally).await?;
        // What is known now may be all that the next one waited for.
        if !lock(&run.board)
            .conditions_to_judge(&run.plan, wanted)
            .is_empty()
        {
            continue;
        }
        if !judge_rounds(run, wanted, tally).await? {
            return Ok(());
        }
    }
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
    match leave_out(&run, &unit, SkipReason::NoPlugin).await {
        Ok(None) => ExecutionEnd::Success,
        Ok(Some(problem)) => ExecutionEnd::Unpublished(problem),
        Err(error) => error.into(),
    }
}
