//! Looking after what is stored: finished runs go, by name or by rule; copies are made.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::SignedDuration;
use stepwell_contract::{RunId, Undertaking};
use stepwell_store::{Change, Freed, Gaps, RunRecord, RunState, Survey};

use super::Operations;
use super::choosing_runs::Choice;
use crate::words::{
    BackedUp, CheckedStore, EngineError, Keep, RemoveRuns, RemovedRun, RemovedRuns, RunError,
    RunStatus, StoreProblem, WhatIsLeft,
};

impl Operations {
    pub(super) async fn remove_runs(
        &self,
        request: RemoveRuns,
    ) -> Result<RemovedRuns, EngineError> {
        let survey = self.house.store.survey().await?;
        if let (Some(_), Some(problem)) = (request.keep.bytes, survey.unreadable()) {
            let problem = problem.to_string();
            return Err(RunError::SizesUnknown { problem }.into());
        }
        let mut choice = Choice::of(&survey);
        for run in request.runs {
            choice.take(self.removable(run, &survey).await?);
        }
        let mut left = None;
        if request.keep.is_any() {
            let (finished, unfinished) = self.all_runs().await?;
            let (going, staying) = self.by_age_and_number(request.keep, finished);
            for run in going {
                choice.take_if_it_may(run);
            }
            if let Some(bytes) = request.keep.bytes {
                choice.take_until(bytes, staying);
                left = Some(self.left(&choice, bytes, &unfinished).await?);
            }
        }
        let (going, kept, freed) = choice.settled();
        if !request.only_say {
            for record in &going {
                self.remove(record.id).await?;
            }
        }
        Ok(RemovedRuns {
            runs: going.iter().map(as_removed).collect(),
            kept,
            blobs: freed.blobs,
            bytes: freed.bytes,
            left,
        })
    }

    /// Removes the runs that the configuration doesn't keep; says how many.
    pub(super) async fn tidy_up(&self) -> Result<usize, EngineError> {
        let retention = self.house.configuration.retention;
        let keep = Keep {
            days: retention.days,
            runs: retention.runs,
            bytes: None,
        };
        if !keep.is_any() {
            return Ok(0);
        }
        let (finished, _) = self.all_runs().await?;
        let (mut going, _) = self.by_age_and_number(keep, finished);
        if !going.is_empty() {
            let stood_on = self.house.store.stood_on().await?;
            going.retain(|run| !stood_on.contains_key(&run.id));
        }
        for run in &going {
            self.remove(run.id).await?;
        }
        Ok(going.len())
    }

    pub(super) async fn free_unneeded(&self) -> Result<Option<Freed>, EngineError> {
        Ok(self.house.store.sweep().await?)
    }

    pub(super) async fn check_store(&self) -> Result<CheckedStore, EngineError> {
        let problems = self.house.store.check_records().await?;
        let problems = problems.iter().map(|error| StoreProblem {
            problem: error.to_string(),
            remedy: error.remedy(),
        });
        Ok(CheckedStore {
            problems: problems.collect(),
        })
    }

    pub(super) async fn back_up(&self, folder: &Path) -> Result<BackedUp, EngineError> {
        self.reach.require(folder).await?;
        let made = self.house.store.back_up(folder).await?;
        let unreadable = made.unreadable.iter();
        Ok(BackedUp {
            bytes: made.bytes,
            unreadable: unreadable.map(ToString::to_string).collect(),
        })
    }

    /// A run that a person names, if it may go.
    async fn removable(&self, run: RunId, survey: &Survey) -> Result<RunRecord, EngineError> {
        let record = match self.house.idle_run(run).await {
            Err(EngineError::Run(RunError::IsCell { run, comparison })) => {
                return Err(RunError::GoesWithComparison { run, comparison }.into());
            }
            idle => idle?,
        };
        if !is_finished(&record) {
            return Err(RunError::Unfinished { run }.into());
        }
        match survey.named_by(run) {
            Some(by) => Err(RunError::StoodOn {
                run,
                by: by.clone(),
            }
            .into()),
            None => Ok(record),
        }
    }

    /// The finished runs that nobody is at work on, newest first, and the others.
    async fn all_runs(&self) -> Result<(Vec<RunRecord>, BTreeSet<RunId>), EngineError> {
        let runs = self.house.store.runs(None, None, Gaps::LeaveOut).await?;
        let is_done = |run: &RunRecord| is_finished(run) && !self.house.is_active(run.id);
        let (finished, others): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_done);
        let others = others.into_iter().map(|run| run.id);
        Ok((finished, others.collect()))
    }

    /// Those of the finished runs, newest first, that the rules of age and number don't keep, and the others.
    fn by_age_and_number(
        &self,
        keep: Keep,
        finished: Vec<RunRecord>,
    ) -> (Vec<RunRecord>, Vec<RunRecord>) {
        let oldest = keep.days.map(|days| {
            let days = SignedDuration::from_hours(24 * i64::from(days));
            self.house.now().saturating_sub(days)
        });
        let is_old = |run: &RunRecord| {
            let ended = run.ended_at.unwrap_or(run.updated_at);
            oldest
                .as_ref()
                .is_some_and(|oldest| oldest.as_ref().is_ok_and(|oldest| ended < *oldest))
        };
        let most = keep.runs.map_or(usize::MAX, |runs| runs as usize);
        let (mut staying, mut going) = (Vec::new(), Vec::new());
        for run in finished {
            let goes = is_old(&run) || staying.len() >= most;
            if goes { &mut going } else { &mut staying }.push(run);
        }
        (going, staying)
    }

    /// What is left of all, and what it is of.
    async fn left(
        &self,
        choice: &Choice<'_>,
        wanted: u64,
        unfinished: &BTreeSet<RunId>,
    ) -> Result<WhatIsLeft, EngineError> {
        let mut of_comparisons = BTreeSet::new();
        for comparison in self
            .house
            .store
            .comparisons(None, None, Gaps::LeaveOut)
            .await?
        {
            of_comparisons.insert(Undertaking::from(comparison.id).log());
        }
        let cells = self.house.store.all_cells().await?;
        of_comparisons.extend(cells.iter().map(|cell| cell.execution.run));
        Ok(choice.left(wanted, unfinished, &of_comparisons))
    }

    async fn remove(&self, run: RunId) -> Result<(), EngineError> {
        // Nobody takes it up meanwhile.
        let _active = self.house.take(run)?;
        if !is_finished(&self.house.own_run(run).await?) {
            return Err(RunError::Unfinished { run }.into());
        }
        let change = Change::RemoveRun(run);
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }
}

fn is_finished(run: &RunRecord) -> bool {
    match run.state {
        RunState::Success | RunState::Failure | RunState::Cancelled => true,
        RunState::Started | RunState::Waiting => false,
    }
}

fn as_removed(run: &RunRecord) -> RemovedRun {
    RemovedRun {
        run: run.id,
        workflow: run.workflow.clone(),
        status: match run.state {
            RunState::Success => RunStatus::Success,
            RunState::Failure => RunStatus::Failure,
            RunState::Cancelled => RunStatus::Cancelled,
            RunState::Started => RunStatus::Started,
            RunState::Waiting => RunStatus::Waiting,
        },
        created_at: run.created_at,
    }
}
