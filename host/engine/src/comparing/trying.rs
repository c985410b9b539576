//! A text of a prompt that isn't saved, tried on what a step of a run was given or on a case of one's own: a comparison of that
//! text alone.
//!
//! So its calls are sent, counted, kept and shown as any other's, what the step writes goes nowhere, and the same trial is not
//! paid twice. Nothing here adds a version, or changes the run.

use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, Remedy};
use stepwell_store::{Change, ComparisonRecord, Gaps, PinnedPrompt, VariantRecord};
use tokio::sync::{Semaphore, watch};

use super::Comparing;
use super::base::{Base, FoundCase};
use super::cells::new_cell;
use super::matrix::{Matrix, varied};
use crate::driving::look_at_cell;
use crate::execution::First;
use crate::state::{Gathering, OfComparison, SharedFiles, SharedLooks};
use crate::words::{ComparisonError, EngineError, RunError, StartComparison, Trial, VersionError};

/// Of the comparisons, the newest among which a trial is looked for that has sent nothing yet.
const NEWEST: usize = 20;

/// What a trial would ask first.
pub(crate) struct TrialAhead {
    /// The name of the prompt that the text stands for.
    pub(crate) prompt: Option<String>,
    /// The execution that would ask.
    pub(crate) execution: ExecutionKey,
    /// What it would do first.
    pub(crate) first: First,
}

impl Comparing {
    /// Writes a trial down, or finds the one that is the same.
    pub(crate) async fn start_trial(&self, trial: Trial) -> Result<ComparisonId, EngineError> {
        let matrix = self.matrix_of_trial(&trial).await?;
        let _one = self.house.trials.lock().await;
        match self.tried_before(&matrix.record).await? {
            Some(known) => Ok(known),
            None => self.write_down(matrix).await,
        }
    }

    /// What a trial would ask first. It is for a sketch of the house: what it writes down on the way is kept nowhere.
    pub(crate) async fn look_at_trial(&self, trial: &Trial) -> Result<TrialAhead, EngineError> {
        let Matrix {
            record,
            cases,
            prepared,
            index,
            mut changes,
            ..
        } = self.matrix_of_trial(trial).await?;
        let (Some(case), Some(variant), Some(identity)) =
            (cases.first(), record.variants.first(), record.cells.first())
        else {
            return Err(EngineError::Bug {
                reason: "a trial has no cell".into(),
            });
        };
        let step = &prepared.plan.steps[index];
        let (cell, of_cell) = new_cell(
            record.id,
            &record.template,
            step,
            case,
            variant,
            *identity,
            &self.house,
        );
        changes.extend(of_cell);
        self.house.store.commit(changes).await?;
        let nowhere = tempfile::tempdir().map_err(|error| ComparisonError::NoTemporaryFolder {
            reason: error.to_string(),
        })?;
        let shared = OfComparison {
            id: record.id,
            looks: SharedLooks::open(&*self.house.store, record.id, &record.step).await?,
            ledger: self.comparison_ledger(&record, &cases).await?,
            nowhere: Arc::new(nowhere),
            files: Arc::new(SharedFiles::default()),
            gathering: Gathering::of(&self.house, record.id),
            batch: false,
            at_once: Arc::new(Semaphore::new(1)),
            stopped: watch::Sender::new(false),
        };
        let first = look_at_cell(&self.house, &cell.execution, shared).await?;
        Ok(TrialAhead {
            prompt: record.prompt,
            execution: cell.execution,
            first,
        })
    }

    /// One case, one text.
    async fn matrix_of_trial(&self, trial: &Trial) -> Result<Matrix, EngineError> {
        let request = StartComparison {
            prompt: trial.prompt.clone(),
            models: trial.model.iter().cloned().collect(),
            cases: trial.case.iter().cloned().collect(),
            concurrency: 1,
            ..StartComparison::new(trial.step.clone(), trial.within.clone())
        };
        let mut base = self.base_of(&request).await?;
        if trial.within.run().is_some() || !trial.items.is_empty() {
            base.found = vec![case_of(&mut base, trial)?];
        }
        let text = self.unsaved(&mut base, &request, &trial.text).await?;
        let time = trial.time.max(1);
        self.matrix_of(base, &request, &[text], time).await
    }

    /// The text in the place of a version.
    async fn unsaved(
        &self,
        base: &mut Base,
        request: &StartComparison,
        text: &str,
    ) -> Result<VariantRecord, EngineError> {
        let Some((declared, name)) = varied(base, request)? else {
            return Err(ComparisonError::NoPrompt {
                step: base.step().path.clone(),
            }
            .into());
        };
        let checked = self.house.check_template(text, Some(&declared.variables));
        checked.await.map_err(misfit)?;
        base.changes
            .push(Change::Blob(Bytes::from(text.to_owned())));
        Ok(unsaved_text(name.as_str(), Digest::of(text)))
    }

    /// The same trial, where there is one: that which made the cell, or one that is about to.
    async fn tried_before(
        &self,
        record: &ComparisonRecord,
    ) -> Result<Option<ComparisonId>, EngineError> {
        let store = &self.house.store;
        let made = store.cells(&record.cells).await?.pop().flatten();
        if let Some(cell) = made {
            return Ok(Some(cell.comparison));
        }
        let newest = store
            .comparisons(None, Some(NEWEST), Gaps::LeaveOut)
            .await?;
        let same = newest.iter().find(|other| other.cells == record.cells);
        Ok(same.map(|other| other.id))
    }
}

/// A text of a prompt that is no version, in the place of one.
pub(super) fn unsaved_text(prompt: &str, digest: Digest) -> VariantRecord {
    let pin = PinnedPrompt {
        name: prompt.to_owned(),
        number: 0,
        digest,
        unsaved: true,
        other: Default::default(),
    };
    VariantRecord {
        prompt: Some(pin),
        ..VariantRecord::default()
    }
}

/// The execution that a trial takes its inputs from: that of its items, or the first.
fn case_of(base: &mut Base, trial: &Trial) -> Result<FoundCase, RunError> {
    let items = |found: &FoundCase| -> Vec<u32> {
        let positions = found.at.iter();
        positions.filter_map(|position| position.item).collect()
    };
    let fits = |found: &FoundCase| trial.items.is_empty() || items(found) == trial.items;
    match base.found.iter().position(fits) {
        Some(place) => Ok(base.found.swap_remove(place)),
        None => Err(RunError::NoSuchItem {
            step: base.step().path.clone(),
            items: trial.items.clone(),
            known: base.found.iter().map(items).collect(),
        }),
    }
}

/// A text that nobody wants to save is told otherwise than one that can't be saved.
fn misfit(error: EngineError) -> EngineError {
    let (reason, remedy) = match error {
        EngineError::Version(VersionError::Template { message, remedy }) => (message, remedy),
        EngineError::Version(VersionError::Empty) => (
            "it is empty, and a model can't be asked nothing".to_owned(),
            Remedy::WriteSomething,
        ),
        other => return other,
    };
    let remedy = Box::new(remedy);
    ComparisonError::TextMisfit { reason, remedy }.into()
}
