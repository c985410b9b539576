//! Judging steps: an ordinary step that is given an outcome and says what it thinks of it.
//!
//! A judge is carried out like any cell, in a run of its own, once for each outcome. It is given those of these inputs that
//! it declares: `criteria`, `inputs`, `documents`, `document`, `files` and `answer`. It writes a document `verdict`: JSON
//! as [`JudgeVerdict`] says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use stepwell_contract::{Digest, Position, Text};
use stepwell_definition::{Case, Judge, Rule};
use stepwell_store::{CellRecord, ComparisonRecord, RunState, VariantRecord};

use super::base::Base;
use super::cells::{KeptCase, new_cell};
use super::checks::{JudgeVerdict, Outcome};
use super::requests::{CompareIn, StartComparison};
use crate::application::{Engine, EngineError};
use crate::runs::{DriveOptions, OfComparison, drive_cell};

/// The judges of a comparison, by how their plugins are named.
pub(super) type Judges = BTreeMap<String, Base>;

/// The judges that a case names.
pub(super) fn judges_of(case: &Case) -> impl Iterator<Item = &Judge> {
    case.checks.iter().filter_map(|check| match &check.rule {
        Rule::Judge(judge) => Some(judge),
        _ => None,
    })
}

/// What a judge's verdict on a cell is found by.
fn identity_of(cell: &Digest, judge: &Judge) -> Digest {
    Digest::of(json!(["judge", cell, judge.uses, judge.criteria]).to_string())
}

impl Engine {
    /// Makes the judges ready that the cases name.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] for one that can't be loaded, [`EngineError::Invalid`] for one that doesn't write a
    /// `verdict`, or the store's.
    pub(super) async fn judges(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Judges, EngineError> {
        let mut judges = Judges::new();
        let definition = record.template.definition_file.as_deref();
        let folder = definition.and_then(|file| Path::new(file).parent());
        for judge in cases.iter().flat_map(|case| judges_of(&case.case)) {
            if judges.contains_key(&judge.uses) {
                continue;
            }
            let within = CompareIn::Plugin {
                folder: folder.map(|folder| folder.display().to_string()),
                settings: BTreeMap::new(),
                grant_workspace: None,
            };
            let mut base = self
                .base_of(&StartComparison::new(&judge.uses, within))
                .await?;
            let writes = &base.description.documents;
            if !writes.iter().any(|document| document.name == "verdict") {
                return Err(EngineError::invalid(
                    format!(
                        "`{}` is no judge: it doesn't write a document `verdict`",
                        judge.uses
                    ),
                    "name a step that does; `docs/guides/compare.md` says what a judge is given and gives",
                ));
            }
            self.house
                .store
                .commit(std::mem::take(&mut base.changes))
                .await?;
            judges.insert(judge.uses.clone(), base);
        }
        Ok(judges)
    }

    /// Lets every judge of a case speak that has not spoken of this cell yet.
    pub(super) async fn judge(
        &self,
        judges: &Judges,
        record: &ComparisonRecord,
        case: &KeptCase,
        cell: &CellRecord,
        shared: &OfComparison,
    ) -> Result<(), EngineError> {
        for judge in judges_of(&case.case) {
            let Some(base) = judges.get(&judge.uses) else {
                continue;
            };
            let identity = identity_of(&cell.identity, judge);
            let kept = self.house.store.cells(&[identity]).await?.pop().flatten();
            let verdict = match kept {
                Some(kept) if self.is_done(&kept).await? => continue,
                Some(kept) => kept,
                None => {
                    let outcome = self.outcome_of(record, cell).await?;
                    let case = KeptCase {
                        inputs: inputs_for(base, judge, case, &outcome),
                        files: Some(BTreeMap::new()),
                        at: vec![Position::default()],
                        items: vec![None],
                        documents_of: None,
                        case: Case {
                            id: case.case.id.clone(),
                            ..Case::default()
                        },
                    };
                    let variant = VariantRecord {
                        prompt: None,
                        model: None,
                        note: String::new(),
                        version_created_at: None,
                        other: Default::default(),
                    };
                    let template = &base.template;
                    let (cell, changes) =
                        new_cell(record.id, template, base.step(), &case, &variant, identity);
                    self.house.store.commit(changes).await?;
                    cell
                }
            };
            let options = DriveOptions {
                comparison: Some(shared.clone()),
                ..DriveOptions::default()
            };
            drive_cell(&self.house, &verdict.execution, options).await?;
        }
        Ok(())
    }

    /// Whether every judge of a case has spoken of a cell.
    pub(super) async fn is_judged(
        &self,
        case: &Case,
        cell: &CellRecord,
    ) -> Result<bool, EngineError> {
        for judge in judges_of(case) {
            match self.verdict_cell(cell, judge).await? {
                Some(verdict) if self.is_done(&verdict).await? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The cell in which a judge spoke of another one.
    pub(super) async fn verdict_cell(
        &self,
        cell: &CellRecord,
        judge: &Judge,
    ) -> Result<Option<CellRecord>, EngineError> {
        let identity = identity_of(&cell.identity, judge);
        Ok(self.house.store.cells(&[identity]).await?.pop().flatten())
    }

    /// What the judges of a case say of a cell.
    pub(super) async fn verdicts(
        &self,
        case: &Case,
        cell: &CellRecord,
    ) -> Result<Vec<(Judge, Result<JudgeVerdict, String>)>, EngineError> {
        let mut verdicts = Vec::new();
        for judge in judges_of(case) {
            let Some(verdict) = self.verdict_cell(cell, judge).await? else {
                continue;
            };
            let run = self.house.store.run(verdict.execution.run).await?;
            let said = match run.map(|run| (run.state, run.problem)) {
                Some((RunState::Success, _)) => self.said(&verdict).await?,
                Some((RunState::Failure, problem)) => {
                    let message = problem.map(|problem| problem.message).unwrap_or_default();
                    Err(format!("the judge failed: {message}"))
                }
                _ => continue,
            };
            verdicts.push((judge.clone(), said));
        }
        Ok(verdicts)
    }

    async fn said(
        &self,
        verdict: &CellRecord,
    ) -> Result<Result<JudgeVerdict, String>, EngineError> {
        let execution = self.house.store.execution(&verdict.execution).await?;
        let digest = execution.and_then(|execution| execution.documents.get("verdict").copied());
        let Some(digest) = digest else {
            return Ok(Err("the judge wrote no verdict".into()));
        };
        let text = self.text_of(&digest).await?;
        let verdict: Result<JudgeVerdict, _> = serde_json::from_str(&text);
        Ok(verdict.map_err(|error| format!("the judge's verdict can't be read: {error}")))
    }
}

/// The inputs that a judge declares, of those that there are.
fn inputs_for(base: &Base, judge: &Judge, case: &KeptCase, outcome: &Outcome) -> Vec<Text> {
    let inputs: BTreeMap<&str, &str> = case
        .inputs
        .iter()
        .map(|input| (input.name.as_str(), input.value.as_str()))
        .collect();
    let first = outcome.first_document.as_ref();
    let document = first.and_then(|name| outcome.documents.get(name));
    let declared = base.description.inputs.iter();
    let given = declared.filter_map(|field| {
        let value = match field.name.as_str() {
            "criteria" => judge.criteria.clone(),
            "inputs" => json!(inputs).to_string(),
            "documents" => json!(outcome.documents).to_string(),
            "document" => document.cloned().unwrap_or_default(),
            "files" => json!(outcome.files).to_string(),
            "answer" => outcome.answer.clone().unwrap_or_default(),
            _ => return None,
        };
        Some(Text::new(field.name.as_str(), value))
    });
    given.collect()
}
