//! Carries a comparison out: its cells, many at once, until each has an outcome, the whole is stopped, or a cap is reached.

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use stepwell_comparison::{ComparisonOutcome, ComparisonStatus};
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, ComparisonState, Problem, RunId};
use stepwell_llm::Ledger;
use stepwell_store::{CallRecord, CellRecord, Change, ComparisonRecord, Gaps, RunState, Scope};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Comparing;
use super::cells::{KeptCase, new_cell, sharing};
use super::judging::Judges;
use super::outcomes::of_cell;
use crate::driving::{drive_cell, prepare_pinned_by, told_to_stop};
use crate::state::{Active, OfComparison, PreparedRun, SharedFiles, SharedLooks, ledger};
use crate::words::{ComparisonError, EngineError, Event, ResumeComparison, RunStatus};

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
    /// Takes a comparison further with what a person changes in it, if anything.
    pub(crate) async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let active = self.taken_up(id)?;
        let mut record = self.comparison_record(id).await?;
        if let Some(budget) = request.budget {
            record.budget = budget;
        }
        if let Some(concurrency) = request.concurrency {
            record.concurrency = concurrency.max(1);
        }
        if request.promote {
            record.promote_for = Some(request.by);
            record.promoted = None;
        }
        if request.budget.is_some() || request.concurrency.is_some() || request.promote {
            let change = Change::Comparison(Box::new(record));
            self.house.store.commit(vec![change]).await?;
        }
        self.carry_on(active, id, stop).await
    }

    /// Carries a comparison out: what is there already is not run again (rule E27). Once every cell has an outcome, the
    /// better version is made current if somebody wishes it.
    pub(crate) async fn drive_comparison(
        &self,
        id: ComparisonId,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        self.carry_on(self.taken_up(id)?, id, stop).await
    }

    /// Marks a comparison as this process's.
    pub(super) fn taken_up(&self, id: ComparisonId) -> Result<Active, ComparisonError> {
        let active = self.house.activate(id);
        active.ok_or(ComparisonError::UnderWay { comparison: id })
    }

    async fn carry_on(
        &self,
        _active: Active,
        id: ComparisonId,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        self.house.store.take_in_answers().await?;
        let mut record = self.comparison_record(id).await?;
        let cases = self.kept_cases(&record).await?;
        let files = Arc::new(SharedFiles::default());
        let of_now = files.definition(&record.template).await;
        let prepared = prepare_pinned_by(&self.house, &record.template, of_now).await?;
        let nowhere = tempfile::tempdir().map_err(|error| ComparisonError::NoTemporaryFolder {
            reason: error.to_string(),
        })?;
        let shared = OfComparison {
            looks: SharedLooks::open(&*self.house.store, id, &record.step).await?,
            ledger: self.comparison_ledger(&record, &cases).await?,
            nowhere: nowhere.path().to_owned(),
            files,
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
        match self.carry_cells(&all, todo, stop).await? {
            Left::Break(()) => Ok(ComparisonOutcome {
                comparison: id,
                status: ComparisonStatus::Interrupted,
                problem: None,
            }),
            Left::Continue(refused) => self.conclude(&all, refused).await,
        }
    }

    /// Carries cells out, as many at once as there may be, until none is left, a cap refuses one, or the whole is stopped.
    async fn carry_cells(
        &self,
        all: &Arc<Carried>,
        mut todo: VecDeque<Todo>,
        mut stop: Option<watch::Receiver<bool>>,
    ) -> Result<Left, EngineError> {
        let mut under_way: JoinSet<Result<Option<Problem>, EngineError>> = JoinSet::new();
        let mut refused: Option<Problem> = None;
        let mut failed: Option<EngineError> = None;
        let left = loop {
            while under_way.len() < all.record.concurrency as usize
                && refused.is_none()
                && failed.is_none()
                && let Some(next) = self.next_of(&all.record, &mut todo, under_way.is_empty())
            {
                under_way.spawn(self.clone().carry_cell(Arc::clone(all), next));
            }
            let ended = tokio::select! {
                ended = under_way.join_next() => ended,
                () = told_to_stop(&mut stop) => break Ok(Left::Break(())),
            };
            let problem = match ended {
                None => match failed {
                    Some(error) => break Err(error),
                    None => break Ok(Left::Continue(refused)),
                },
                Some(Ok(Ok(problem))) => problem,
                // What the others have sent is paid for: it has its room, and is kept.
                Some(Ok(Err(error))) => {
                    failed.get_or_insert(error);
                    continue;
                }
                Some(Err(error)) => {
                    let reason = error.to_string();
                    break Err(EngineError::Bug { reason });
                }
            };
            if all.shared.ledger.has_refused() {
                refused = problem.or(refused);
            }
        };
        under_way.shutdown().await;
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
    async fn carry_cell(
        self,
        all: Arc<Carried>,
        todo: Todo,
    ) -> Result<Option<Problem>, EngineError> {
        let record = &all.record;
        let (case, variant) = (&all.cases[todo.case], &record.variants[todo.variant]);
        let started = Event::CellStarted {
            case: case.case.id.clone(),
            variant: count(todo.variant),
            repeat: count(todo.repeat) + 1,
        };
        let place = todo.place(record);
        // Another comparison may have it under way, or have had it: what it has paid for is this one's, too.
        let _turn = self.house.turns.of(&record.cells[place]).await;
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
            let end = drive_cell(&self.house, &cell.execution, all.shared.clone()).await?;
            success = end.status == RunStatus::Success;
            problem = end
                .problem
                .map(|problem| of_cell(problem, record.id, end.run));
        }
        let sharing = || sharing(record, &all.cases, place);
        if success {
            let (judges, shared) = (&all.judges, &all.shared);
            let judged = self.judge(judges, record, sharing(), &cell, shared);
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
                return Ok(Some(of_cell(problem, record.id, cell.execution.run)));
            }
        }
        Ok(None)
    }

    /// What the whole may cost, with what its cells have spent already.
    async fn comparison_ledger(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Arc<Ledger>, EngineError> {
        let mut calls = Vec::new();
        if record.budget != stepwell_contract::Budget::default() {
            let cells = self.house.store.cells(&record.cells).await?;
            let verdicts = self.verdict_cells(record, cases).await?;
            let all = cells.into_iter().flatten().chain(verdicts);
            calls = self.paid_calls(record.id, all, Gaps::Refuse).await?;
        }
        Ok(ledger(
            "budget of the comparison",
            "--max-",
            record.budget,
            &calls,
        ))
    }

    /// The calls that some cells made for a comparison. What another one paid for costs this one nothing.
    pub(super) async fn paid_calls(
        &self,
        comparison: ComparisonId,
        cells: impl IntoIterator<Item = CellRecord>,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        let own = cells
            .into_iter()
            .filter(|cell| cell.comparison == comparison);
        let runs: BTreeSet<RunId> = own.map(|cell| cell.execution.run).collect();
        let mut calls = Vec::new();
        for run in runs {
            let scope = Scope::of_run(run, gaps);
            calls.extend(self.house.store.calls(scope).await?);
        }
        Ok(calls)
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
