//! What came of one cell, as the store has it: its figures, its texts, and what its checks say.

use std::collections::BTreeMap;

use std::time::Duration;
use stepwell_comparison::{
    CallTimes, CellStatus, CellView, CheckResult, Examined, Work, mean, taken,
};
use stepwell_contract::amounts::{count, milliseconds};
use stepwell_contract::{Digest, GoOn, Money, Problem, Remedy, RunId};
use stepwell_store::{
    CallRecord, CellRecord, ComparisonRecord, ExecutionRecord, Gaps, RunState, Scope,
};

use super::Comparing;
use super::cells::KeptCase;
use crate::words::{EngineError, spent_of};

/// What the store knows of a cell.
pub(super) struct Found {
    pub(super) cell: CellRecord,
    pub(super) status: CellStatus,
    pub(super) problem: Option<Problem>,
    pub(super) execution: Option<ExecutionRecord>,
    pub(super) calls: Vec<CallRecord>,
}

impl Comparing {
    pub(super) async fn found(&self, cell: CellRecord, gaps: Gaps) -> Result<Found, EngineError> {
        let run = self.house.store.run(cell.execution.run).await?;
        let (state, problem) =
            run.map_or((RunState::Started, None), |run| (run.state, run.problem));
        let status = match state {
            RunState::Success => CellStatus::Success,
            RunState::Failure => CellStatus::Failure,
            _ if self.house.is_active(cell.execution.run) => CellStatus::Running,
            _ => CellStatus::Pending,
        };
        let scope = Scope::of_run(cell.execution.run, gaps);
        let mut calls = self.house.store.calls(scope).await?;
        // Which was asked first, and which last, is no matter of the clock.
        calls.sort_by_key(|call| call.sequence);
        Ok(Found {
            status,
            problem,
            execution: self.house.store.execution(&cell.execution).await?,
            calls,
            cell,
        })
    }

    pub(super) async fn cell_view(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
        place: usize,
        found: Option<&Found>,
    ) -> Result<CellView, EngineError> {
        let mut view = nothing_of(record, place);
        let Some(found) = found else { return Ok(view) };
        let run = found.cell.execution.run;
        view.run = Some(run);
        view.status = found.status;
        view.taken_over = found.cell.comparison != record.id;
        let problem = found.problem.clone();
        view.problem = problem.map(|problem| of_cell(problem, record, run));
        view.rating.clone_from(&found.cell.rating);
        let spent = spent_of(found.calls.iter());
        view.tokens = (spent.unknown_tokens == 0)
            .then(|| Some(spent.input_tokens? + spent.output_tokens?))
            .flatten();
        view.money = spent.money.filter(|_: &Money| spent.unknown_money == 0);
        view.spent = spent;
        let first = found.calls.first().and_then(|call| call.attempts.last());
        view.first_token_ms = first.and_then(|attempt| attempt.first_token_ms);
        let Some(execution) = &found.execution else {
            return Ok(view);
        };
        view.documents = execution.documents.keys().cloned().collect();
        let files = execution.files.iter();
        view.files = files.map(|file| file.path.clone()).collect();
        view.duration_ms = time_taken(execution, &found.calls).map(milliseconds);
        if let Some(case) = cases.get(view.case as usize)
            && view.has_outcome()
        {
            self.check(record, case, found, &mut view).await?;
        }
        Ok(view)
    }

    /// What the checks of a case say of a cell.
    async fn check(
        &self,
        record: &ComparisonRecord,
        case: &KeptCase,
        found: &Found,
        view: &mut CellView,
    ) -> Result<(), EngineError> {
        if case.case.checks.is_empty() {
            return Ok(());
        }
        if found.status == CellStatus::Failure {
            // Nothing came that could be checked, and that is what the variant did with this case.
            view.passed = Some(false);
            return Ok(());
        }
        view.checks = self.checked(record, &case.case.checks, found).await?;
        view.passed = all_passed(&view.checks);
        let checks = view.checks.iter();
        let scores: Vec<f64> = checks.filter_map(|check| check.found.score).collect();
        view.score = mean(&scores);
        Ok(())
    }

    /// The outcome of a cell, for its judges.
    pub(super) async fn outcome_of(
        &self,
        record: &ComparisonRecord,
        cell: &CellRecord,
    ) -> Result<Examined, EngineError> {
        let found = self.found(cell.clone(), Gaps::Refuse).await?;
        match &found.execution {
            Some(execution) => self.outcome_to_check(record, execution, &found.calls).await,
            None => Ok(Examined::default()),
        }
    }

    /// What the checks of a case look at.
    pub(super) async fn outcome_to_check(
        &self,
        record: &ComparisonRecord,
        execution: &ExecutionRecord,
        calls: &[CallRecord],
    ) -> Result<Examined, EngineError> {
        let answer = match calls.iter().rev().find(|call| call.response.is_some()) {
            Some(call) => self.house.answer_of(call).await?,
            None => None,
        };
        let mut files = BTreeMap::new();
        for file in &execution.files {
            if let Some(text) = self.text_if_any(file.after).await? {
                files.insert(file.path.clone(), text);
            }
        }
        let first_document = match record.template.plugins.get(&record.step) {
            Some(plugin) => {
                let description = self.house.described(plugin).await?;
                let first = description.documents.first();
                first.map(|document| document.name.clone())
            }
            None => None,
        };
        Ok(Examined {
            documents: self.documents_of_outcome(execution).await?,
            first_document,
            files,
            answer,
            verdicts: Vec::new(),
        })
    }

    pub(super) async fn documents_of_outcome(
        &self,
        execution: &ExecutionRecord,
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let mut documents = BTreeMap::new();
        for (name, digest) in &execution.documents {
            documents.insert(name.clone(), self.house.text(digest).await?);
        }
        Ok(documents)
    }

    pub(super) async fn text_if_any(
        &self,
        digest: Option<Digest>,
    ) -> Result<Option<String>, EngineError> {
        let bytes = self.house.blob_if_any(digest).await?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }
}

/// The cell at a place of which nothing is there yet.
fn nothing_of(record: &ComparisonRecord, place: usize) -> CellView {
    let repeats = record.repeats as usize;
    let (pair, repeat) = (place / repeats, place % repeats);
    let (case, variant) = (pair / record.variants.len(), pair % record.variants.len());
    CellView {
        case: count(case),
        variant: count(variant),
        repeat: count(repeat) + 1,
        identity: record.cells[place],
        run: None,
        status: CellStatus::Pending,
        taken_over: false,
        checks: Vec::new(),
        passed: None,
        score: None,
        spent: spent_of([].iter()),
        tokens: None,
        money: None,
        first_token_ms: None,
        duration_ms: None,
        documents: Vec::new(),
        files: Vec::new(),
        problem: None,
        rating: None,
    }
}

/// A problem of a cell. What helps a run that failed is not what helps here.
pub(super) fn of_cell(mut problem: Problem, record: &ComparisonRecord, run: RunId) -> Problem {
    let of_comparison = GoOn::Comparison(record.id);
    let whole = record.improvement.map_or(of_comparison, GoOn::Improvement);
    problem.remedy = match problem.code.is_outcome() {
        true => Some(Remedy::KeepOutcome { run }),
        false => problem.remedy.map(|remedy| remedy.within(whole)),
    };
    problem
}

/// How long an execution took that has ended, without what stood in its way. That it waited for a batch says nothing of its models.
fn time_taken(execution: &ExecutionRecord, calls: &[CallRecord]) -> Option<Duration> {
    let mut attempts = calls.iter().flat_map(|call| &call.attempts);
    if attempts.any(|attempt| attempt.batch.is_some()) {
        return None;
    }
    let attempts = execution.attempts.iter().map(|attempt| Work {
        ended_at: attempt.ended_at,
        wall: Duration::from_millis(attempt.wall_ms),
    });
    let calls = calls.iter().map(|call| CallTimes {
        made_at: call.created_at,
        ended_at: call.ended_at,
        tries: (call.attempts.iter())
            .filter_map(|tried| Some((tried.started_at, Duration::from_millis(tried.duration_ms?))))
            .collect(),
    });
    let (attempts, calls): (Vec<_>, Vec<_>) = (attempts.collect(), calls.collect());
    taken(&attempts, &calls)
}

/// Whether every check passed. One that failed decides; while a judge is to speak, nothing else does.
fn all_passed(checks: &[CheckResult]) -> Option<bool> {
    if checks.iter().any(|check| check.found.passed == Some(false)) {
        return Some(false);
    }
    checks
        .iter()
        .all(|check| check.found.passed == Some(true))
        .then_some(true)
}
