//! Judging steps: an ordinary step that is given an outcome and says what it thinks of it.
//!
//! A judge is carried out like any cell, in a run of its own, once for each outcome. It is given those of these inputs that
//! it declares: `criteria`, `inputs`, `documents`, `document`, `files` and `answer`. It writes a document `verdict`: JSON
//! as [`JudgeVerdict`] says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use stepwell_comparison::{Examined, JudgeVerdict};

use stepwell_contract::{Description, Digest, Position, Problem, Text, Uses};
use stepwell_definition::{Case, Check, Judge, Rule};
use stepwell_store::{CellRecord, Change, ComparisonRecord, RunRecord, RunState, VariantRecord};

use super::Comparing;
use super::base::Base;
use super::cells::{KeptCase, by_case, new_cell};
use super::outcomes::of_cell;
use crate::driving::prepare_pinned;
use crate::state::{AtWork, OfComparison, PreparedRun};
use crate::words::ComparisonError;
use crate::words::{CompareIn, EngineError, StartComparison};

/// The judges of a comparison, by [`name_of`].
pub(super) type Judges = BTreeMap<String, JudgeStep>;

/// A judge that is ready to speak.
pub(super) struct JudgeStep {
    pub(super) prepared: Arc<PreparedRun>,
    /// What a run of it begins as.
    pub(super) template: RunRecord,
}

/// The judge of a check, if it is left to one.
pub(super) fn judge_of(check: &Check) -> Option<&Judge> {
    match &check.rule {
        Rule::Judge(judge) => Some(judge),
        _ => None,
    }
}

/// Whether a case names a judge that is kept under this name.
pub(super) fn is_judged_by(case: &KeptCase, name: &str) -> bool {
    judges_of(case).any(|judge| name_of(judge) == name)
}

/// The judges that a case names.
fn judges_of(case: &KeptCase) -> impl Iterator<Item = &Judge> {
    case.case.checks.iter().filter_map(judge_of)
}

/// What a comparison keeps a judge under: the same plugin with another model is another judge.
fn name_of(judge: &Judge) -> String {
    match &judge.model {
        Some(model) => format!("{} · {model}", judge.uses),
        None => judge.uses.clone(),
    }
}

/// A check in words; of a judge with the model that it asks, whether the check names it or not.
pub(super) fn in_words(check: &Check, record: &ComparisonRecord) -> String {
    let mut check = check.clone();
    if let Rule::Judge(judge) = &mut check.rule
        && let Some(template) = record.judges.get(&name_of(judge))
    {
        let pinned = template.models.values().next();
        judge.model = pinned.map(|model| model.name.clone());
    }
    check.to_string()
}

/// What a judge's verdict on a cell is found by; none where the comparison doesn't know the judge.
pub(super) fn verdict_identity(
    record: &ComparisonRecord,
    cell: &Digest,
    judge: &Judge,
) -> Option<Digest> {
    let template = record.judges.get(&name_of(judge))?;
    Some(identity_of(cell, judge, template))
}

/// Another plugin, prompt version or model is another judge.
fn identity_of(cell: &Digest, judge: &Judge, template: &RunRecord) -> Digest {
    let plugins: Vec<_> = template
        .plugins
        .values()
        .map(|plugin| plugin.digest)
        .collect();
    let identity = json!({
        "cell": cell,
        "judge": plugins,
        "prompts": template.prompts,
        "models": template.models,
        "criteria": judge.criteria,
    });
    Digest::of(identity.to_string())
}

impl Comparing {
    /// Pins the judges that the cases name, each with what a run of it begins as; and what has to be in the store before.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] for one that can't be loaded, [`EngineError::Model`] for a model that there isn't,
    /// `ComparisonError` for one that doesn't write a `verdict`, or the store's.
    pub(super) async fn pinned_judges(
        &self,
        base: &Base,
        cases: &[KeptCase],
    ) -> Result<(Judges, Vec<Change>), EngineError> {
        let (mut judges, mut changes) = (Judges::new(), Vec::new());
        let definition = base.template.definition_file.as_deref();
        let folder = definition.and_then(|file| Path::new(file).parent());
        for judge in cases.iter().flat_map(judges_of) {
            let name = name_of(judge);
            if judges.contains_key(&name) {
                continue;
            }
            // A built-in step needs none, and that of a run's definition may lie where nothing else may be named.
            let by_file = Uses::of(&judge.uses).is_file();
            let within = CompareIn::Plugin {
                folder: folder
                    .filter(|_| by_file)
                    .map(|folder| folder.display().to_string()),
                settings: BTreeMap::new(),
                grant_workspace: None,
            };
            let request = StartComparison {
                models: judge.model.iter().cloned().collect(),
                ..StartComparison::new(&judge.uses, within)
            };
            let base = self.base_of(&request).await?;
            let writes = &base.description.documents;
            if !writes.iter().any(|document| document.name == "verdict") {
                return Err(ComparisonError::NoJudge {
                    uses: judge.uses.clone(),
                }
                .into());
            }
            changes.extend(base.changes);
            let (prepared, template) = (base.prepared, base.template);
            judges.insert(name, JudgeStep { prepared, template });
        }
        Ok((judges, changes))
    }

    /// Makes the judges of a comparison ready, as they were when it began.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] for one that can't be loaded any more, or the store's.
    pub(super) async fn judges(&self, record: &ComparisonRecord) -> Result<Judges, EngineError> {
        let mut judges = Judges::new();
        for (name, template) in &record.judges {
            let prepared = prepare_pinned(&self.house, template).await?;
            let template = template.clone();
            judges.insert(name.clone(), JudgeStep { prepared, template });
        }
        Ok(judges)
    }

    /// Lets every judge speak that one of these cases names, and that has not spoken of this cell yet. Gives back what kept
    /// one from it that lies outside of it, such as a cap.
    pub(super) async fn judge(
        &self,
        judges: &Judges,
        record: &ComparisonRecord,
        sharing: impl Iterator<Item = &KeptCase>,
        cell: &CellRecord,
        (shared, at_work): (&OfComparison, &AtWork),
    ) -> Result<Option<Problem>, EngineError> {
        let mut kept_from = None;
        let named = sharing.flat_map(|case| judges_of(case).map(move |judge| (case, judge)));
        for (case, judge) in named.collect::<Vec<_>>() {
            let Some(step) = judges.get(&name_of(judge)) else {
                continue;
            };
            let verdict = match self.verdict_cell(record, cell, judge).await? {
                Some(kept) if self.is_done(&kept).await? => continue,
                Some(kept) => kept,
                None => match self.new_verdict(record, case, cell, judge, step).await? {
                    Some(verdict) => verdict,
                    None => continue,
                },
            };
            let end = self.driven(&verdict.execution, shared, at_work).await?;
            let problem = end.problem.filter(|problem| !problem.code.is_outcome());
            kept_from = kept_from.or(problem.map(|problem| of_cell(problem, record, end.run)));
        }
        Ok(kept_from)
    }

    /// The cell in which a judge is to speak of another one; none where its plugin does nothing.
    async fn new_verdict(
        &self,
        record: &ComparisonRecord,
        case: &KeptCase,
        cell: &CellRecord,
        judge: &Judge,
        JudgeStep { prepared, template }: &JudgeStep,
    ) -> Result<Option<CellRecord>, EngineError> {
        let (Some(step), Some(Some(description))) =
            (prepared.plan.steps.first(), prepared.descriptions.first())
        else {
            return Ok(None);
        };
        let outcome = self.outcome_of(record, cell).await?;
        let case = KeptCase {
            inputs: inputs_for(description, judge, case, &outcome),
            files: Some(BTreeMap::new()),
            at: vec![Position::default()],
            items: vec![None],
            documents_of: None,
            case: Case {
                id: case.case.id.clone(),
                ..Case::default()
            },
        };
        let (verdict, changes) = new_cell(
            record.id,
            template,
            step,
            &case,
            &VariantRecord::default(),
            identity_of(&cell.identity, judge, template),
            &self.house,
        );
        self.house.store.commit(changes).await?;
        Ok(Some(verdict))
    }

    /// Whether every judge that one of these cases names has spoken of a cell.
    pub(super) async fn is_judged(
        &self,
        record: &ComparisonRecord,
        sharing: impl Iterator<Item = &KeptCase>,
        cell: &CellRecord,
    ) -> Result<bool, EngineError> {
        for judge in sharing.flat_map(judges_of) {
            match self.verdict_cell(record, cell, judge).await? {
                Some(verdict) if self.is_done(&verdict).await? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The cell in which a judge spoke of another one.
    pub(super) async fn verdict_cell(
        &self,
        record: &ComparisonRecord,
        cell: &CellRecord,
        judge: &Judge,
    ) -> Result<Option<CellRecord>, EngineError> {
        let Some(identity) = verdict_identity(record, &cell.identity, judge) else {
            return Ok(None);
        };
        Ok(self.house.store.cells(&[identity]).await?.pop().flatten())
    }

    /// The cells in which judges spoke of those of a comparison.
    pub(super) async fn verdict_cells(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Vec<CellRecord>, EngineError> {
        let mut identities = BTreeSet::new();
        for (cells, case) in by_case(record, cases) {
            for judge in judges_of(case) {
                let of_judge = cells
                    .iter()
                    .filter_map(|cell| verdict_identity(record, cell, judge));
                identities.extend(of_judge);
            }
        }
        let identities: Vec<Digest> = identities.into_iter().collect();
        let cells = self.house.store.cells(&identities).await?;
        Ok(cells.into_iter().flatten().collect())
    }

    /// What judges say of a cell.
    pub(super) async fn verdicts(
        &self,
        record: &ComparisonRecord,
        judges: impl Iterator<Item = &Judge>,
        cell: &CellRecord,
    ) -> Result<Vec<(Judge, Result<JudgeVerdict, String>)>, EngineError> {
        let mut verdicts = Vec::new();
        for judge in judges {
            let Some(verdict) = self.verdict_cell(record, cell, judge).await? else {
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
        let text = self.house.text(&digest).await?;
        let verdict: Result<JudgeVerdict, _> = serde_json::from_str(&text);
        Ok(verdict.map_err(|error| format!("the judge's verdict can't be read: {error}")))
    }
}

/// The inputs that a judge declares, of those that there are.
fn inputs_for(
    description: &Description,
    judge: &Judge,
    case: &KeptCase,
    outcome: &Examined,
) -> Vec<Text> {
    let inputs: BTreeMap<&str, &str> = case
        .inputs
        .iter()
        .map(|input| (input.name.as_str(), input.value.as_str()))
        .collect();
    let first = outcome.first_document.as_ref();
    let document = first.and_then(|name| outcome.documents.get(name));
    let declared = description.inputs.iter();
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
