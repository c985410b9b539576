//! Carries a comparison out: its cells, many at once, until each has an outcome, the whole is stopped, or a cap is reached.

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use stepwell_comparison::{ComparisonOutcome, ComparisonStatus};
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, ComparisonState, ExecutionKey, Problem};
use stepwell_store::{CellRecord, Change, ComparisonRecord, RunState};
use tokio::sync::{Semaphore, watch};

use super::Comparing;
use super::cells::{KeptCase, new_cell, sharing};
use super::judging::Judges;
use super::outcomes::of_cell;
use super::wishing::Wishing;
use crate::driving::{drive_cell, prepare_pinned_by, told_to_stop};
use crate::state::{
    AtWork, CellEnd, CellWork, Gathering, OfComparison, PreparedRun, SharedFiles, SharedLooks,
};
use crate::words::{ComparisonError, EngineError, Event, RunOutcome, RunStatus};

/// A cell that is to be carried out: where it stands.
#[derive(Debug, Clone, Copy)]
struct Todo {
    case: usize,
    variant: usize,
    repeat: usize,
}

impl Todo {
    /// Its place among the cells of a comparison.
    fn place(self, record: &ComparisonRecord) -> usize {
        record.place(self.case, self.variant, self.repeat)
    }
}

/// A comparison that is carried out: what all its cells have.
struct Carried {
    record: ComparisonRecord,
    cases: Vec<KeptCase>,
    prepared: Arc<PreparedRun>,
    /// The step's place in the plan.
    step: usize,
    judges: Judges,
    shared: OfComparison,
}

/// How the cells were left: broken off, since somebody said so, or with what a cap refused, if it did.
type Left = ControlFlow<(), Option<Problem>>;

impl Comparing {
    /// Carries a comparison out that is marked as this process's: what is there already is not run again (rule E27). Once every
    /// cell has an outcome, the better version is made current if somebody wishes it.
    pub(super) async fn carry_on(
        &self,
        id: ComparisonId,
        wishing: Wishing,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let mut record = self.comparison_record(id).await?;
        self.house.store.take_in_answers().await?;
        let cases = self.kept_cases(&record).await?;
        let files = Arc::new(SharedFiles::default());
        let of_now = files.definition(&record.template).await;
        let prepared = prepare_pinned_by(&self.house, &record.template, of_now).await?;
        let nowhere = tempfile::tempdir().map_err(|error| ComparisonError::NoTemporaryFolder {
            reason: error.to_string(),
        })?;
        let shared = OfComparison {
            id,
            looks: SharedLooks::open(&*self.house.store, id, &record.step).await?,
            ledger: self.comparison_ledger(&record, &cases).await?,
            nowhere: Arc::new(nowhere),
            files,
            gathering: Gathering::of(&self.house, id),
            batch: record.batch,
            at_once: Arc::new(Semaphore::new(record.concurrency as usize)),
            stopped: watch::Sender::new(false),
        };
        record.state = ComparisonState::Started;
        record.problem = None;
        record.ended_at = None;
        let (todo, findings) = self.todo(&record, &cases).await?;
        if !findings.is_empty() {
            self.house.store.commit(findings).await?;
        }
        let all = Arc::new(Carried {
            step: prepared.require_step(&record.step)?,
            judges: self.judges(&record).await?,
            record,
            cases,
            prepared,
            shared,
        });
        let left = self.carry_cells(&all, todo, &mut stop.clone()).await;
        wishing.end(stop).await;
        match left? {
            Left::Break(()) => Ok(ComparisonOutcome {
                comparison: id,
                improvement: all.record.improvement,
                status: ComparisonStatus::Interrupted,
                problem: None,
            }),
            Left::Continue(refused) => self.conclude(&all, refused).await,
        }
    }

    /// Carries cells out, as many at once as there may be, until none is left, a cap refuses one, or the whole is stopped.
    /// What is under way then is left to the comparisons that want it, too.
    async fn carry_cells(
        &self,
        all: &Arc<Carried>,
        mut todo: VecDeque<Todo>,
        stop: &mut Option<watch::Receiver<bool>>,
    ) -> Result<Left, EngineError> {
        let mut under_way: FuturesUnordered<CellWork> = FuturesUnordered::new();
        let mut refused: Option<Problem> = None;
        let mut failed: Option<EngineError> = None;
        // One that waits for an answer out of a batch has no instance: all may.
        let most = match all.record.batch {
            true => usize::MAX,
            false => all.record.concurrency as usize,
        };
        let left = loop {
            // Nothing is sent before all have begun that may.
            let beginning = all.shared.gathering.at_work();
            while under_way.len() < most
                && refused.is_none()
                && failed.is_none()
                && let Some(next) = self.next_of(&all.record, &mut todo, under_way.is_empty())
            {
                let cell = all.record.cells[next.place(&all.record)];
                let at_work = all.shared.gathering.at_work();
                let work = self.clone().carry_cell(Arc::clone(all), next, at_work);
                under_way.push(CellWork::begin(cell, work));
            }
            drop(beginning);
            let ended = tokio::select! {
                ended = under_way.next() => ended,
                () = told_to_stop(stop) => break Ok(Left::Break(())),
            };
            let problem = match ended {
                None => match failed {
                    Some(error) => break Err(error),
                    None => break Ok(Left::Continue(refused)),
                },
                Some(Ok(problem)) => problem,
                Some(Err(error @ EngineError::Bug { .. })) => break Err(error),
                // What the others have sent is paid for: it has its room, and is kept.
                Some(Err(error)) => {
                    failed.get_or_insert(error);
                    continue;
                }
            };
            if all.shared.ledger.has_refused() {
                refused = problem.or(refused);
            }
        };
        all.shared.stop();
        for work in under_way {
            if let Some(unwanted) = self.house.wishes.leave(all.record.id, work) {
                unwanted.drop_it().await;
            }
        }
        left
    }

    /// The next cell: one that another comparison has under way is waited for only where there is nothing else to do.
    fn next_of(
        &self,
        record: &ComparisonRecord,
        todo: &mut VecDeque<Todo>,
        idle: bool,
    ) -> Option<Todo> {
        let is_free = |next: &Todo| !self.house.turns.is_taken(&record.cells[next.place(record)]);
        match todo.iter().position(is_free) {
            Some(free) => todo.remove(free),
            None if idle => todo.pop_front(),
            None => None,
        }
    }

    /// Writes down how a comparison ended, and makes the better version current if somebody wishes it.
    async fn conclude(
        &self,
        all: &Carried,
        refused: Option<Problem>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let outside = self.failed_of_outside(&all.record, &all.cases).await?;
        let mut record = all.record.clone();
        record.problem = refused.or(outside);
        record.state = match record.problem {
            None => ComparisonState::Finished,
            Some(_) => ComparisonState::Stopped,
        };
        // What keeps it from being promoted keeps the comparison from nothing.
        let promotion = self.promote_as_wished(&mut record).await;
        let now = self.house.now();
        record.updated_at = now;
        record.ended_at = Some(now);
        let outcome = ComparisonOutcome {
            comparison: record.id,
            improvement: record.improvement,
            status: ComparisonStatus::of(record.state, false),
            problem: record.problem.clone(),
        };
        let event = Event::ComparisonEnded {
            problem: record.problem.clone(),
        };
        let event = self.house.event(record.id, None, &event);
        let changes = vec![Change::Comparison(Box::new(record)), event];
        self.house.store.commit(changes).await?;
        promotion?;
        Ok(outcome)
    }

    /// Carries one cell out, in a run of its own, and tells why it failed, or why a judge could not speak of it.
    async fn carry_cell(self, all: Arc<Carried>, todo: Todo, at_work: AtWork) -> CellEnd {
        let record = &all.record;
        let (case, variant) = (&all.cases[todo.case], &record.variants[todo.variant]);
        let started = Event::CellStarted {
            case: case.case.id.clone(),
            variant: count(todo.variant),
            repeat: count(todo.repeat) + 1,
        };
        let place = todo.place(record);
        // Another comparison may have it under way, or have had it: what it has paid for is this one's, too.
        let mut turn = pin!(self.house.turns.of(&record.cells[place]));
        let _turn = match turn.as_mut().now_or_never() {
            Some(turn) => turn,
            None => tokio::select! {
                turn = at_work.resting(turn) => turn,
                () = all.shared.until_stopped() => return Ok(None),
            },
        };
        let kept = self.house.store.cells(&[record.cells[place]]).await?;
        let (cell, mut changes) = match kept.into_iter().next().flatten() {
            Some(cell) => (cell, Vec::new()),
            None => new_cell(
                record.id,
                &record.template,
                &all.prepared.plan.steps[all.step],
                case,
                variant,
                record.cells[place],
                &self.house,
            ),
        };
        changes.push(self.house.event(record.id, None, &started));
        self.house.store.commit(changes).await?;
        // One that is done is here for its judges alone.
        let mut success = self.is_done(&cell).await?;
        let mut problem = None;
        if !success {
            let end = self.driven(&cell.execution, &all.shared, &at_work).await?;
            if end.status == RunStatus::Interrupted && all.shared.is_stopped() {
                // Whoever has waited for it takes it further.
                return Ok(None);
            }
            success = end.status == RunStatus::Success;
            problem = end.problem.map(|problem| of_cell(problem, record, end.run));
        }
        let sharing = || sharing(record, &all.cases, place);
        if success {
            let (judges, shared) = (&all.judges, &all.shared);
            let judged = self.judge(judges, record, sharing(), &cell, (shared, &at_work));
            problem = judged.await?;
        }
        let ended = Event::CellEnded {
            case: case.case.id.clone(),
            variant: count(todo.variant),
            repeat: count(todo.repeat) + 1,
            success,
        };
        let mut changes = vec![self.house.event(record.id, None, &ended)];
        changes.extend(self.new_findings(record, sharing(), &cell).await?);
        self.house.store.commit(changes).await?;
        Ok(problem)
    }

    /// Carries the execution of a cell out, and afresh as often as it waits for answers out of batches.
    pub(super) async fn driven(
        &self,
        key: &ExecutionKey,
        shared: &OfComparison,
        at_work: &AtWork,
    ) -> Result<RunOutcome, EngineError> {
        loop {
            let turn = shared.at_once.acquire().await.ok();
            let end = drive_cell(&self.house, key, shared.clone()).await?;
            drop(turn);
            if end.status != RunStatus::Interrupted || !shared.gathering.is_waiting(key.run) {
                return Ok(end);
            }
            at_work.until_answered(key.run).await;
            if shared.is_stopped() {
                return Ok(end);
            }
        }
    }

    /// The cells that have no outcome yet, and what is to be kept of those that have one: it may come from a comparison that
    /// checked it for other things. The repeats of one case come last: the first of each tells most.
    async fn todo(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<(VecDeque<Todo>, Vec<Change>), EngineError> {
        let kept = self.house.store.cells(&record.cells).await?;
        let (mut todo, mut findings) = (VecDeque::new(), Vec::new());
        let mut known = BTreeSet::new();
        for repeat in 0..record.repeats as usize {
            for case in 0..cases.len() {
                for variant in 0..record.variants.len() {
                    let at = record.place(case, variant, repeat);
                    let sharing = || sharing(record, cases, at);
                    if !known.insert(record.cells[at]) {
                        continue;
                    }
                    if let Some(cell) = &kept[at]
                        && self.is_done(cell).await?
                        && self.is_judged(record, sharing(), cell).await?
                    {
                        findings.extend(self.new_findings(record, sharing(), cell).await?);
                        continue;
                    }
                    todo.push_back(Todo {
                        case,
                        variant,
                        repeat,
                    });
                }
            }
        }
        Ok((todo, findings))
    }

    pub(super) async fn is_done(&self, cell: &CellRecord) -> Result<bool, EngineError> {
        let run = self.house.store.run(cell.execution.run).await?;
        Ok(run.is_some_and(|run| match run.state {
            RunState::Success => true,
            RunState::Failure => run.problem.is_some_and(|problem| problem.code.is_outcome()),
            _ => false,
        }))
    }

    /// What a cell or a judge failed of that lies outside of it: a provider, a key, the network.
    async fn failed_of_outside(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Option<Problem>, EngineError> {
        let cells = self.house.store.cells(&record.cells).await?;
        let verdicts = self.verdict_cells(record, cases).await?;
        for cell in cells.into_iter().flatten().chain(verdicts) {
            let run = self.house.store.run(cell.execution.run).await?;
            let problem = run
                .filter(|run| run.state == RunState::Failure)
                .and_then(|run| run.problem);
            if let Some(problem) = problem.filter(|problem| !problem.code.is_outcome()) {
                return Ok(Some(of_cell(problem, record, cell.execution.run)));
            }
        }
        Ok(None)
    }

    /// The cases as the comparison keeps them.
    pub(super) async fn kept_cases(
        &self,
        record: &ComparisonRecord,
    ) -> Result<Vec<KeptCase>, EngineError> {
        let what = || format!("the cases of comparison {}", record.id);
        Ok(self.house.json(&record.cases, what).await?)
    }
}
