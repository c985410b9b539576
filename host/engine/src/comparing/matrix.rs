//! From a request to a comparison that can be carried out: its variants, its cases, its cells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::ComparisonState;
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, Digest, Name, Position, PromptDeclaration, RunEstimate};
use stepwell_store::{
    Change, ComparisonRecord, PinnedModel, PromptRecord, RunRecord, VariantRecord,
};

use super::Comparing;
use super::base::Base;
use super::cases::cases_of;
use super::cells::{KeptCase, identity_of};
use super::judging::Judges;
use crate::driving::{asks_above, confirmed, declare_prompt};
use crate::state::{House, PreparedRun, SharedLooks, pinned_alone};
use crate::words::{ComparisonError, EngineError, Event, RunError, StartComparison, ToStart};

/// More cells than anybody can look at are more likely a mistake.
const MOST_CELLS: usize = 10_000;

/// A comparison as it would be written down.
pub(super) struct Matrix {
    pub(super) record: ComparisonRecord,
    pub(super) cases: Vec<KeptCase>,
    pub(super) prepared: Arc<PreparedRun>,
    /// The step's place in the plan.
    pub(super) index: usize,
    pub(super) judges: Judges,
    /// What has to be in the store with it.
    pub(super) changes: Vec<Change>,
}

impl Comparing {
    /// Makes a comparison: checks everything, pins what it uses, and writes it down. [`Comparing::drive_comparison`]
    /// carries it out.
    pub(crate) async fn start_comparison(
        &self,
        request: StartComparison,
    ) -> Result<ComparisonId, EngineError> {
        let mut matrix = self.matrix(&request).await?;
        let doubts = match asks_above(&self.house) {
            true => {
                let estimated = self.estimated(&matrix).await?;
                confirmed(ToStart::Comparison, &estimated, request.confirmed)?
            }
            false => None,
        };
        let id = matrix.record.id;
        let doubts = doubts.map(|doubts| self.house.event(id, None, &doubts));
        matrix.changes.extend(doubts);
        self.write_down(matrix).await
    }

    /// What a comparison would probably take, without making it.
    pub(crate) async fn estimate_comparison(
        &self,
        request: StartComparison,
    ) -> Result<RunEstimate, EngineError> {
        let matrix = self.matrix(&request).await?;
        self.estimated(&matrix).await
    }

    async fn matrix(&self, request: &StartComparison) -> Result<Matrix, EngineError> {
        let base = self.base_of(request).await?;
        let versions = self.versions_of(&base, request).await?;
        self.matrix_of(base, request, &versions, 1).await
    }

    /// Writes a comparison down.
    pub(super) async fn write_down(&self, matrix: Matrix) -> Result<ComparisonId, EngineError> {
        let id = matrix.record.id;
        let changes = self.written_down(matrix);
        self.house.store.commit(changes).await?;
        Ok(id)
    }

    /// What writes a comparison down.
    pub(super) fn written_down(&self, matrix: Matrix) -> Vec<Change> {
        let Matrix {
            record,
            mut changes,
            ..
        } = matrix;
        let started = Event::ComparisonStarted {
            cells: count(record.cells.len()),
        };
        changes.push(self.house.event(record.id, None, &started));
        changes.push(Change::Comparison(Box::new(record)));
        changes
    }

    /// The matrix of these versions, with the models and cases of a request. Its repeats count from `first` on.
    pub(super) async fn matrix_of(
        &self,
        base: Base,
        request: &StartComparison,
        versions: &[VariantRecord],
        first: u32,
    ) -> Result<Matrix, EngineError> {
        let variants = crossed(versions, &self.models_of(&base, request)?);
        let cases = cases_of(&base, request, &*self.house.texts).await?;
        let repeats = request.repeats.max(1);
        check_size(cases.len(), variants.len(), repeats)?;
        let (judges, of_judges) = self.pinned_judges(&base, &cases).await?;
        if request.batch {
            let judges = judges
                .values()
                .flat_map(|judge| judge.template.models.values());
            let own = variants.iter().filter_map(|variant| variant.model.as_ref());
            self.takes_batches(own.chain(judges))?;
        }
        let id = ComparisonId(self.house.store.next_id());
        let step = base.step();
        let repeated = first..first.saturating_add(repeats);
        let cells = cases.iter().flat_map(|case| {
            let variants = variants.iter();
            variants.flat_map(|variant| {
                let repeated = repeated.clone();
                repeated.map(|repeat| identity_of(id, &base.template, step, case, variant, repeat))
            })
        });
        let cells = cells.collect();
        let now = self.house.now();
        let kept_cases = Bytes::from(serde_json::to_vec(&cases).unwrap_or_default());
        let record = ComparisonRecord {
            id,
            step: step.path.clone(),
            at: vec![Position::default(); step.path.depth()],
            prompt: prompt_of(versions),
            template: Box::new(base.template.clone()),
            judges: templates_of(&judges),
            baseline: baseline_of(request, versions, &variants)?,
            variants,
            cases: Digest::of(&kept_cases),
            case_ids: cases.iter().map(|case| case.case.id.clone()).collect(),
            repeats,
            budget: request.budget,
            concurrency: request.concurrency.max(1),
            batch: request.batch,
            cells,
            promote_for: request.promote.then(|| request.by.clone()),
            promoted: None,
            improvement: None,
            state: ComparisonState::Started,
            problem: None,
            created_at: now,
            updated_at: now,
            ended_at: None,
            other: serde_json::Map::new(),
        };
        let mut changes = base.changes;
        changes.extend(of_judges);
        changes.extend(SharedLooks::begun_with(id, &record.step, base.looks));
        changes.extend(files_of_cases(request));
        changes.push(Change::Blob(kept_cases));
        Ok(Matrix {
            record,
            cases,
            prepared: base.prepared,
            index: base.index,
            judges,
            changes,
        })
    }

    /// The versions that differ; a single none where the step uses no prompt.
    async fn versions_of(
        &self,
        base: &Base,
        request: &StartComparison,
    ) -> Result<Vec<VariantRecord>, EngineError> {
        let Some((declared, name)) = varied(base, request)? else {
            return match request.versions.is_empty() {
                true => Ok(vec![VariantRecord::default()]),
                false => Err(ComparisonError::NoPrompt {
                    step: base.step().path.clone(),
                }
                .into()),
            };
        };
        let record = declare_prompt(&self.house, &name, declared, &base.description).await?;
        let mut numbers = request.versions.clone();
        if numbers.is_empty() {
            numbers = record.versions.iter().map(|kept| kept.number).collect();
        }
        let mut known = BTreeSet::new();
        numbers.retain(|number| known.insert(*number));
        let mut versions = Vec::with_capacity(numbers.len());
        for number in numbers {
            let version = version_of(&self.house, &record, number, &declared.variables);
            versions.push(version.await?);
        }
        Ok(versions)
    }

    /// Refuses to send the calls of a model in batches whose provider takes none, as far as is known.
    fn takes_batches<'m>(
        &self,
        models: impl Iterator<Item = &'m PinnedModel>,
    ) -> Result<(), EngineError> {
        for pinned in models {
            let model = self.house.models.resolve(Some(&pinned.name));
            if !self
                .house
                .models
                .takes_batches(&model.map_err(EngineError::Model)?)
            {
                return Err(ComparisonError::NoBatches {
                    model: pinned.name.clone(),
                    provider: pinned.provider.clone(),
                }
                .into());
            }
        }
        Ok(())
    }

    fn models_of(
        &self,
        base: &Base,
        request: &StartComparison,
    ) -> Result<Vec<Option<PinnedModel>>, EngineError> {
        let own = base.template.models.get(&base.step().path).cloned();
        if request.models.is_empty() {
            return Ok(vec![own]);
        }
        // A model that is named twice would be held against itself.
        let mut seen = BTreeSet::new();
        let named = request.models.iter().filter(|name| seen.insert(*name));
        let models = named.map(|name| {
            let model = self.house.models.resolve(Some(name));
            let model = model.map_err(EngineError::Model)?;
            let usable = self.house.models.check(&model);
            usable.map_err(EngineError::Model)?;
            // A cell is about one model.
            Ok(Some(pinned_alone(model)))
        });
        models.collect()
    }
}

/// Each version with each model.
fn crossed(versions: &[VariantRecord], models: &[Option<PinnedModel>]) -> Vec<VariantRecord> {
    let of_model = |model: &Option<PinnedModel>| {
        let model = model.clone();
        versions.iter().cloned().map(move |version| VariantRecord {
            model: model.clone(),
            ..version
        })
    };
    models.iter().flat_map(of_model).collect()
}

fn check_size(cases: usize, variants: usize, repeats: u32) -> Result<(), ComparisonError> {
    let cells = cases * variants * repeats as usize;
    if cells <= MOST_CELLS {
        return Ok(());
    }
    Err(ComparisonError::TooManyCells {
        cases,
        variants,
        repeats,
        cells,
        most: MOST_CELLS,
    })
}

/// The prompt that versions are of.
fn prompt_of(versions: &[VariantRecord]) -> Option<String> {
    let pin = versions.first()?.prompt.as_ref()?;
    Some(pin.name.clone())
}

/// What the run of each judge begins as.
fn templates_of(judges: &Judges) -> BTreeMap<String, RunRecord> {
    let judges = judges.iter();
    judges
        .map(|(name, judge)| (name.clone(), judge.template.clone()))
        .collect()
}

/// The texts of the files that cases bring along.
fn files_of_cases(request: &StartComparison) -> impl Iterator<Item = Change> {
    let files = request.cases.iter().filter_map(|case| case.files.as_ref());
    let texts = files.flat_map(BTreeMap::values);
    texts.map(|text| Change::Blob(Bytes::from(text.clone())))
}

/// The prompt that is varied, with the name under which its versions are kept; none where the step uses none.
pub(super) fn varied<'b>(
    base: &'b Base,
    request: &StartComparison,
) -> Result<Option<(&'b PromptDeclaration, Name)>, EngineError> {
    let step = base.step();
    let stored = |declared: &str| {
        let pinned = base.template.prompts.get(&step.path);
        pinned
            .and_then(|prompts| prompts.get(declared))
            .map_or_else(|| declared.to_owned(), |pinned| pinned.name.clone())
    };
    let prompts = base.description.prompts.iter();
    let prompts: Vec<_> = prompts
        .map(|declared| (declared, stored(&declared.name)))
        .collect();
    let known = || {
        let names = prompts.iter().map(|(declared, _)| declared.name.clone());
        names.collect()
    };
    let (declared, stored) = match (&request.prompt, prompts.as_slice()) {
        (Some(given), _) => prompts
            .iter()
            .find(|(declared, stored)| declared.name == *given || stored == given)
            .ok_or_else(|| RunError::UnknownPrompt {
                step: step.path.clone(),
                prompt: given.clone(),
                known: known(),
            })?,
        (None, [only]) => only,
        (None, []) => return Ok(None),
        (None, _) => {
            return Err(ComparisonError::SeveralPrompts {
                step: step.path.clone(),
                known: known(),
            }
            .into());
        }
    };
    Ok(Name::new(stored).ok().map(|name| (*declared, name)))
}

pub(super) async fn version_of(
    house: &House,
    record: &PromptRecord,
    number: u32,
    variables: &[stepwell_contract::Field],
) -> Result<VariantRecord, EngineError> {
    let version = record.kept(number)?;
    let template = record.template(number)?;
    if let Some(reason) = house.misfit(template, variables).await? {
        return Err(ComparisonError::VersionMisfit {
            prompt: record.name.to_string(),
            number,
            reason,
        }
        .into());
    }
    Ok(VariantRecord {
        prompt: Some(version.pinned(&record.name)),
        note: version.note.clone(),
        version_created_at: Some(version.created_at),
        ..VariantRecord::default()
    })
}

/// The variant that the others are held against.
fn baseline_of(
    request: &StartComparison,
    versions: &[VariantRecord],
    variants: &[VariantRecord],
) -> Result<u32, EngineError> {
    let Some(wanted) = request.baseline else {
        // The oldest is what was there before the others.
        return Ok(0);
    };
    let number = |variant: &VariantRecord| variant.prompt.as_ref().map(|pin| pin.number);
    let mut numbers = variants.iter().map(number);
    let place = numbers.position(|number| number == Some(wanted));
    let place = place.ok_or_else(|| {
        let compared = versions.iter().filter_map(number);
        ComparisonError::BaselineNotCompared {
            number: wanted,
            compared: compared.map(|number| format!("v{number}")).collect(),
        }
    })?;
    Ok(count(place))
}
