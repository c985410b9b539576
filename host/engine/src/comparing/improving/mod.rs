//! Improvements of prompts: a model proposes versions from what failed with the one before, they are tried on training cases, and
//! the best are held against the current version on validation cases that no model was shown.
//!
//! All that is sent is sent by comparisons: of the version that all begins with, of each proposal, and of the step
//! `builtin:improve`, which proposes, on one case. So budgets, kills, judges and numbers are theirs. An improvement is taken further
//! between two of them, in one commit each. What it does next follows from its record alone.

mod proposing;
mod splitting;
mod stages;
mod telling;

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::{
    Budget, ComparisonId, ComparisonState, Digest, ImprovementEnd, ImprovementId, ImprovementStage,
    Name, StepPath,
};
use stepwell_definition::Case;
use stepwell_store::{
    Change, ComparisonRecord, Gaps, ImprovementRecord, OtherFields, PinnedPrompt, VariantRecord,
};

use self::splitting::{Sides, split};
use super::Comparing;
use super::base::Base;
use super::matrix::{varied, version_of};
use crate::driving::declare_prompt;
use crate::words::{
    AdvanceImprovement, ComparisonError, EngineError, ImprovementError, ImprovementStep,
    StartComparison, StartImprovement,
};

impl Comparing {
    /// Writes an improvement down, with its first comparison.
    pub(crate) async fn start_improvement(
        &self,
        request: StartImprovement,
    ) -> Result<ImprovementId, EngineError> {
        let unchecked: Vec<String> = (request.cases.iter())
            .filter(|case| case.checks.is_empty() && request.checks.is_empty())
            .map(|case| case.id.clone())
            .collect();
        if !unchecked.is_empty() {
            return Err(ImprovementError::Unchecked { cases: unchecked }.into());
        }
        // Whatever is wrong with a case or with the step that proposes is said before anything is paid.
        let all = comparison_of(&request, request.cases.clone());
        let base = self.base_of(&all).await?;
        let baseline = self.current_version(&base, &all).await?;
        let pin = baseline.prompt.clone().ok_or_else(|| no_prompt(&base))?;
        let prompt = Name::new(pin.name.clone()).map_err(|_| no_prompt(&base))?;
        let step = base.step().path.clone();
        self.matrix_of(base, &all, std::slice::from_ref(&baseline), 1)
            .await?;
        let asking = proposing::asking_of(&request, Vec::new());
        let asking_base = self.base_of(&asking).await?;
        self.current_version(&asking_base, &asking).await?;
        let sides = split(&request.cases, request.seed)?;
        let kept = Bytes::from(serde_json::to_vec(&request).unwrap_or_default());
        let id = ImprovementId(self.house.store.next_id());
        let mut record = ImprovementRecord {
            rounds: request.rounds.max(1),
            budget: request.budget,
            concurrency: request.concurrency.max(1),
            by: request.by.clone(),
            ..new_record(
                id,
                (prompt, step, pin),
                Digest::of(&kept),
                sides,
                self.house.now(),
            )
        };
        let cases = named(&request.cases, &record.training);
        let first = comparison_of(&request, cases);
        let stage = ImprovementStage::Beginning;
        let (_, mut changes) = self
            .begin(&mut record, stage, first, &[baseline], 1)
            .await?;
        changes.push(Change::Blob(kept));
        changes.push(Change::Improvement(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(id)
    }

    /// Takes an improvement further, once its comparison has ended: what that came to is written down together with the next one.
    pub(crate) async fn advance_improvement(
        &self,
        id: ImprovementId,
        asked: AdvanceImprovement,
    ) -> Result<ImprovementStep, EngineError> {
        let _one = self.house.improvements.lock().await;
        let mut record = self.improvement_record(id).await?;
        let Some(latest) = record.latest().filter(|_| record.end.is_none()) else {
            return Ok(step_of(&record));
        };
        let under_way = self.comparison_record(latest).await?;
        let before = (record.budget, record.concurrency);
        record.budget = asked.budget.unwrap_or(record.budget);
        record.concurrency = asked.concurrency.unwrap_or(record.concurrency).max(1);
        if under_way.state != ComparisonState::Finished || self.house.is_active(latest) {
            if before != (record.budget, record.concurrency) {
                self.change_caps(&record, under_way).await?;
            }
            return Ok(step_of(&record));
        }
        // Nobody makes another version current between the look at it and the commit.
        let _edit = match record.stage {
            Some(ImprovementStage::Validating) => Some(self.house.prompt_edits.lock().await),
            _ => None,
        };
        let what = || format!("the request of improvement {id}");
        let request: StartImprovement = self.house.json(&record.request, what).await?;
        let mut changes = self.conclude_stage(&mut record, &request, latest).await?;
        record.updated_at = self.house.now();
        changes.push(Change::Improvement(Box::new(record.clone())));
        let committed = self.house.store.commit(changes).await?;
        let number = committed.prompts.first().map(|prompt| prompt.current);
        if record.promoted.is_some() && number.is_some() && record.promoted != number {
            // A step added a version in the same moment.
            record.promoted = number;
            let mended = Change::Improvement(Box::new(record.clone()));
            self.house.store.commit(vec![mended]).await?;
        }
        Ok(step_of(&record))
    }

    /// Removes an improvement. Its comparisons stay, and can be removed like others.
    pub(crate) async fn remove_improvement(&self, id: ImprovementId) -> Result<(), EngineError> {
        let _one = self.house.improvements.lock().await;
        let record = self.improvement_record(id).await?;
        if let Some(active) = record
            .latest()
            .filter(|comparison| self.house.is_active(*comparison))
        {
            return Err(ComparisonError::UnderWay { comparison: active }.into());
        }
        let change = Change::RemoveImprovement(id);
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    /// The improvements that may go on.
    pub(super) async fn unfinished_improvements(
        &self,
    ) -> Result<BTreeSet<ImprovementId>, EngineError> {
        let store = &self.house.store;
        let all = store.improvements(None, None, Gaps::LeaveOut).await?;
        let unfinished = all.iter().filter(|record| record.end.is_none());
        Ok(unfinished.map(|record| record.id).collect())
    }

    pub(super) async fn improvement_record(
        &self,
        id: ImprovementId,
    ) -> Result<ImprovementRecord, EngineError> {
        let record = self.house.store.improvement(id).await?;
        record.ok_or_else(|| {
            ImprovementError::NoSuchImprovement {
                given: id.to_string(),
            }
            .into()
        })
    }

    /// Other caps hold from the next time on that the comparison is taken up.
    async fn change_caps(
        &self,
        record: &ImprovementRecord,
        mut under_way: ComparisonRecord,
    ) -> Result<(), EngineError> {
        let mut changes = vec![Change::Improvement(Box::new(record.clone()))];
        // Who carries it out has its record.
        if !self.house.is_active(under_way.id) {
            under_way.budget = record.budget;
            under_way.concurrency = record.concurrency;
            changes.push(Change::Comparison(Box::new(under_way)));
        }
        self.house.store.commit(changes).await?;
        Ok(())
    }

    /// Begins a comparison of an improvement: gives its id, and what writes it down.
    async fn begin(
        &self,
        record: &mut ImprovementRecord,
        stage: ImprovementStage,
        request: StartComparison,
        versions: &[VariantRecord],
        first: u32,
    ) -> Result<(ComparisonId, Vec<Change>), EngineError> {
        let request = StartComparison {
            budget: record.budget,
            concurrency: record.concurrency,
            by: record.by.clone(),
            ..request
        };
        let base = self.base_of(&request).await?;
        let mut matrix = self.matrix_of(base, &request, versions, first).await?;
        matrix.record.improvement = Some(record.id);
        let id = matrix.record.id;
        record.comparisons.push(id);
        record.stage = Some(stage);
        Ok((id, self.written_down(matrix)))
    }

    /// The current version of the prompt that a request names.
    async fn current_version(
        &self,
        base: &Base,
        request: &StartComparison,
    ) -> Result<VariantRecord, EngineError> {
        let Some((declared, name)) = varied(base, request)? else {
            return Err(no_prompt(base).into());
        };
        let prompt = declare_prompt(&self.house, &name, declared, &base.description).await?;
        version_of(&self.house, &prompt, prompt.current, &declared.variables).await
    }
}

/// An improvement that hasn't begun.
fn new_record(
    id: ImprovementId,
    (prompt, step, baseline): (Name, StepPath, PinnedPrompt),
    request: Digest,
    sides: Sides,
    now: Timestamp,
) -> ImprovementRecord {
    ImprovementRecord {
        id,
        prompt,
        step,
        request,
        baseline,
        training: sides.training,
        validation: sides.validation,
        rounds: 1,
        budget: Budget::default(),
        concurrency: 1,
        by: String::new(),
        standing: None,
        proposals: Vec::new(),
        comparisons: Vec::new(),
        stage: None,
        end: None,
        promoted: None,
        created_at: now,
        updated_at: now,
        ended_at: None,
        other: OtherFields::new(),
    }
}

fn no_prompt(base: &Base) -> ComparisonError {
    ComparisonError::NoPrompt {
        step: base.step().path.clone(),
    }
}

/// The comparison of texts of the prompt on some of the cases.
fn comparison_of(request: &StartImprovement, cases: Vec<Case>) -> StartComparison {
    StartComparison {
        prompt: Some(request.prompt.to_string()),
        cases,
        checks: request.checks.clone(),
        repeats: request.repeats,
        ..StartComparison::new(request.step.clone(), request.within.clone())
    }
}

/// The cases of these ids.
fn named(cases: &[Case], ids: &[String]) -> Vec<Case> {
    let of_these = cases.iter().filter(|case| ids.contains(&case.id));
    of_these.cloned().collect()
}

/// Where an improvement is, for who takes it further.
fn step_of(record: &ImprovementRecord) -> ImprovementStep {
    let made = stepwell_contract::amounts::count(record.proposals.len());
    ImprovementStep {
        improvement: record.id,
        stage: record.stage.clone(),
        proposal: match record.stage {
            Some(ImprovementStage::Asking) => Some(made + 1),
            Some(ImprovementStage::Training) => Some(made),
            _ => None,
        },
        comparison: record.latest().filter(|_| record.end.is_none()),
        end: record.end.clone(),
    }
}

/// Writes down that an improvement has come to its end.
fn end(record: &mut ImprovementRecord, end: ImprovementEnd, at: Timestamp) {
    record.end = Some(end);
    record.stage = None;
    record.ended_at = Some(at);
}
