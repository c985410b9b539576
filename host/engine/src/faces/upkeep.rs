//! Looking after what is stored: finished runs go, by name or by rule; copies are made.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::SignedDuration;
use stepwell_contract::RunId;
use stepwell_store::{Change, Freed, RunRecord, RunState, StoreError, Survey};

use super::Operations;
use crate::words::{
    BackedUp, EngineError, Keep, KeptRun, RemoveRuns, RemovedRun, RemovedRuns, RunError, RunStatus,
};

impl Operations {
    pub(super) async fn remove_runs(
        &self,
        request: RemoveRuns,
    ) -> Result<RemovedRuns, EngineError> {
        let survey = self.house.store.survey().await?;
        let mut going = Vec::new();
        for run in request.runs {
            going.push(self.removable(run, &survey).await?);
        }
        let mut kept = Vec::new();
        if request.keep.is_any() {
            let finished = self.finished().await?;
            let chosen = self.by_rules(request.keep, finished, &survey);
            for record in chosen {
                match survey.named_by(record.id) {
                    Some(by) => kept.push(KeptRun {
                        run: record.id,
                        because_of: by.to_owned(),
                    }),
                    None => going.push(record),
                }
            }
        }
        going.sort_by_key(|record| record.id);
        going.dedup_by_key(|record| record.id);
        let freed = freed_by(&survey, &going);
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
        let finished = self.finished().await?;
        let mut going = self.by_rules(keep, finished, &Survey::default());
        if !going.is_empty() {
            let stood_on = self.house.store.stood_on().await?;
            going.retain(|run| !stood_on.contains_key(&run.id));
        }
        for run in &going {
            self.remove(run.id).await?;
        }
        Ok(going.len())
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
        let record = self.house.idle_run(run).await?;
        if !is_finished(&record) {
            return Err(RunError::Unfinished { run }.into());
        }
        match survey.named_by(run) {
            Some(by) => Err(RunError::StoodOn {
                run,
                by: by.to_owned(),
            }
            .into()),
            None => Ok(record),
        }
    }

    /// The finished runs that nobody is at work on, newest first.
    async fn finished(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs = self.house.store.runs(None, None).await?;
        runs.retain(|run| is_finished(run) && !self.house.is_active(run.id));
        Ok(runs)
    }

    /// Those of the finished runs, newest first, that the rules don't keep.
    fn by_rules(&self, keep: Keep, finished: Vec<RunRecord>, survey: &Survey) -> Vec<RunRecord> {
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
        if let Some(bytes) = keep.bytes {
            let mut chosen: BTreeSet<RunId> = going.iter().map(|run| run.id).collect();
            while survey.bytes() - survey.free_without(&chosen).bytes > bytes
                && let Some(oldest) = staying.pop()
            {
                if survey.named_by(oldest.id).is_none() {
                    chosen.insert(oldest.id);
                }
                going.push(oldest);
            }
        }
        going
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

/// What these runs alone take.
fn freed_by(survey: &Survey, runs: &[RunRecord]) -> Freed {
    let runs: BTreeSet<RunId> = runs.iter().map(|run| run.id).collect();
    let (with, without) = (
        survey.free_without(&BTreeSet::new()),
        survey.free_without(&runs),
    );
    Freed {
        blobs: without.blobs - with.blobs,
        bytes: without.bytes - with.bytes,
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
