//! From a request to a comparison that can be carried out: its variants, its cases, its cells.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::ComparisonState;
use stepwell_contract::{ComparisonId, Digest, Name, Position, TemplateError, Text, TextService};
use stepwell_definition::Case;
use stepwell_store::{
    Change, ComparisonRecord, PinnedModel, PinnedPrompt, PromptRecord, StoreError, VariantRecord,
};
use uuid::Uuid;

use super::Comparing;
use super::base::{Base, FoundCase};
use super::cells::{KeptCase, identity_of};
use crate::driving::declare_prompt;
use crate::state::{House, SharedLooks};
use crate::words::ComparisonError;
use crate::words::{EngineError, Event, StartComparison};

/// More cells than anybody can look at are more likely a mistake.
const MOST_CELLS: usize = 10_000;

impl Comparing {
    /// Makes a comparison: checks everything, pins what it uses, and writes it down. [`Comparing::drive_comparison`]
    /// carries it out.
    pub(crate) async fn start_comparison(
        &self,
        request: StartComparison,
    ) -> Result<ComparisonId, EngineError> {
        let base = self.base_of(&request).await?;
        let versions = self.versions_of(&base, &request).await?;
        let models = self.models_of(&base, &request)?;
        let variants = variants_of(&versions, &models);
        let cases = cases_of(&base, &request, &*self.house.texts).await?;
        let repeats = request.repeats.max(1);
        let cells = cases.len() * variants.len() * repeats as usize;
        if cells > MOST_CELLS {
            return Err(ComparisonError::TooManyCells {
                cases: cases.len(),
                variants: variants.len(),
                repeats,
                cells,
                most: MOST_CELLS,
            }
            .into());
        }
        let (judges, of_judges) = self.pinned_judges(&base, &cases).await?;
        let id = ComparisonId(Uuid::now_v7());
        let step = base.step();
        let mut identities = Vec::with_capacity(cells);
        for case in &cases {
            for variant in &variants {
                for repeat in 1..=repeats {
                    let identity = identity_of(id, &base.template, step, case, variant, repeat);
                    identities.push(identity);
                }
            }
        }
        let now = self.house.now();
        let kept_cases = Bytes::from(serde_json::to_vec(&cases).unwrap_or_default());
        let record = ComparisonRecord {
            id,
            step: step.path.clone(),
            at: vec![Position::default(); step.path.depth()],
            prompt: versions
                .iter()
                .flatten()
                .next()
                .map(|(pin, _, _)| pin.name.clone()),
            template: Box::new(base.template.clone()),
            judges,
            baseline: baseline_of(&request, &versions, &variants)?,
            variants,
            cases: Digest::of(&kept_cases),
            case_ids: cases.iter().map(|case| case.case.id.clone()).collect(),
            repeats,
            budget: request.budget,
            concurrency: request.concurrency.max(1),
            cells: identities,
            promote_for: request.promote.then(|| request.by.clone()),
            promoted: None,
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
        let files = request.cases.iter().filter_map(|case| case.files.as_ref());
        let texts = files.flat_map(BTreeMap::values);
        changes.extend(texts.map(|text| Change::Blob(Bytes::from(text.clone()))));
        changes.push(Change::Blob(kept_cases));
        let started = Event::ComparisonStarted {
            cells: cells as u32,
        };
        changes.push(self.house.event(id, None, &started));
        changes.push(Change::Comparison(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(id)
    }

    /// The versions that differ; a single none where the step uses no prompt.
    async fn versions_of(
        &self,
        base: &Base,
        request: &StartComparison,
    ) -> Result<Vec<Option<Version>>, EngineError> {
        let step = base.step();
        let stored = |declared: &str| {
            let pinned = base.template.prompts.get(&step.path);
            pinned
                .and_then(|prompts| prompts.get(declared))
                .map_or_else(|| declared.to_owned(), |pinned| pinned.name.clone())
        };
        let names: Vec<(&str, String)> = base
            .description
            .prompts
            .iter()
            .map(|prompt| (prompt.name.as_str(), stored(&prompt.name)))
            .collect();
        let known = || {
            names
                .iter()
                .map(|(declared, _)| (*declared).to_owned())
                .collect()
        };
        let declared = match (&request.prompt, names.as_slice()) {
            (Some(given), _) => names
                .iter()
                .find(|(declared, stored)| declared == given || stored == given)
                .ok_or_else(|| ComparisonError::UnknownPrompt {
                    step: step.path.clone(),
                    prompt: given.clone(),
                    known: known(),
                })?,
            (None, [only]) => only,
            (None, []) if request.versions.is_empty() => return Ok(vec![None]),
            (None, []) => {
                return Err(ComparisonError::NoPrompt {
                    step: step.path.clone(),
                }
                .into());
            }
            (None, _) => {
                return Err(ComparisonError::SeveralPrompts {
                    step: step.path.clone(),
                    known: known(),
                }
                .into());
            }
        };
        let declaration = base
            .description
            .prompts
            .iter()
            .find(|prompt| prompt.name == declared.0);
        let (Some(declaration), Ok(name)) = (declaration, Name::new(declared.1.clone())) else {
            return Ok(vec![None]);
        };
        let record = declare_prompt(&self.house, &name, declaration, &base.description).await?;
        let mut numbers = request.versions.clone();
        if numbers.is_empty() {
            numbers = record.versions.iter().map(|kept| kept.number).collect();
        }
        let mut known = BTreeSet::new();
        numbers.retain(|number| known.insert(*number));
        let mut versions = Vec::with_capacity(numbers.len());
        for number in numbers {
            let version = version_of(&self.house, &record, number, &declaration.variables);
            versions.push(Some(version.await?));
        }
        Ok(versions)
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
            self.house
                .models
                .check(&model)
                .map_err(EngineError::Model)?;
            Ok(Some(PinnedModel {
                name: model.name,
                provider: model.provider,
                model: model.provider_model,
                other: Default::default(),
            }))
        });
        models.collect()
    }
}

type Version = (PinnedPrompt, String, Timestamp);

async fn version_of(
    house: &House,
    record: &PromptRecord,
    number: u32,
    variables: &[stepwell_contract::Field],
) -> Result<Version, EngineError> {
    let Some(version) = record.version(number) else {
        let kept = record.versions.iter().map(|kept| kept.number).collect();
        let name = record.name.clone();
        return Err(StoreError::NoSuchVersion { name, number, kept }.into());
    };
    if let Some(reason) = house.misfit(&version.content, variables).await? {
        return Err(ComparisonError::VersionMisfit {
            prompt: record.name.to_string(),
            number,
            reason,
        }
        .into());
    }
    let pin = PinnedPrompt {
        name: record.name.to_string(),
        number,
        digest: version.digest,
        other: Default::default(),
    };
    Ok((pin, version.note.clone(), version.created_at))
}

fn variants_of(versions: &[Option<Version>], models: &[Option<PinnedModel>]) -> Vec<VariantRecord> {
    let mut variants = Vec::new();
    for model in models {
        for version in versions {
            variants.push(VariantRecord {
                prompt: version.as_ref().map(|(pin, _, _)| pin.clone()),
                model: model.clone(),
                note: version
                    .as_ref()
                    .map(|(_, note, _)| note.clone())
                    .unwrap_or_default(),
                version_created_at: version.as_ref().map(|(_, _, created)| *created),
                other: Default::default(),
            });
        }
    }
    variants
}

/// The variant that the others are held against.
fn baseline_of(
    request: &StartComparison,
    versions: &[Option<Version>],
    variants: &[VariantRecord],
) -> Result<u32, EngineError> {
    let Some(wanted) = request.baseline else {
        // The oldest is what was there before the others.
        return Ok(0);
    };
    let is_wanted = |variant: &VariantRecord| {
        variant
            .prompt
            .as_ref()
            .is_some_and(|pin| pin.number == wanted)
    };
    let place = variants.iter().position(is_wanted).ok_or_else(|| {
        let compared: Vec<String> = versions
            .iter()
            .flatten()
            .map(|(pin, _, _)| format!("v{}", pin.number))
            .collect();
        ComparisonError::BaselineNotCompared {
            number: wanted,
            compared,
        }
    })?;
    Ok(u32::try_from(place).unwrap_or_default())
}

/// The cases, complete: those that were given, over the inputs of the run where there is one.
async fn cases_of(
    base: &Base,
    request: &StartComparison,
    texts: &dyn TextService,
) -> Result<Vec<KeptCase>, EngineError> {
    let mut given = request.cases.clone();
    let from_run = given.is_empty() && !base.found.is_empty();
    if from_run {
        given = base.found.iter().map(case_of_execution).collect();
    }
    if given.is_empty() {
        given.push(Case {
            id: "1".into(),
            ..Case::default()
        });
    }
    let mut ids = BTreeSet::new();
    let mut cases = Vec::with_capacity(given.len());
    for (place, mut case) in given.into_iter().enumerate() {
        if !ids.insert(case.id.clone()) {
            return Err(ComparisonError::SameCase { case: case.id }.into());
        }
        case.checks.extend(request.checks.iter().cloned());
        case.check(texts)
            .await?
            .map_err(|mistake| ComparisonError::BadCase {
                case: case.id.clone(),
                mistake,
                hint: None,
            })?;
        let documents = base.description.documents.iter();
        let declared: Vec<&str> = documents.map(|document| document.name.as_str()).collect();
        case.check_documents(&declared)
            .map_err(|(mistake, hint)| ComparisonError::BadCase {
                case: case.id.clone(),
                mistake,
                hint: Some(hint),
            })?;
        let found = base.found.get(if from_run { place } else { 0 });
        let inputs = inputs_of(
            base,
            &case,
            found.map(|found| found.inputs.as_slice()),
            texts,
        )
        .await?;
        let depth = base.step().path.depth();
        let files = case.files.as_ref().map(|files| {
            let digests = files
                .iter()
                .map(|(path, text)| (path.clone(), Digest::of(text)));
            digests.collect::<BTreeMap<String, Digest>>()
        });
        cases.push(KeptCase {
            inputs,
            files,
            at: found.map_or_else(
                || vec![Position::default(); depth],
                |found| found.at.clone(),
            ),
            items: found.map_or_else(|| vec![None; depth], |found| found.items.clone()),
            documents_of: base.documents_of,
            case,
        });
    }
    Ok(cases)
}

fn case_of_execution(found: &FoundCase) -> Case {
    let items: Vec<String> = found
        .at
        .iter()
        .filter_map(|position| position.item)
        .map(|item| format!("[{item}]"))
        .collect();
    let id = if items.is_empty() {
        "run".to_owned()
    } else {
        items.concat()
    };
    let inputs = found
        .inputs
        .iter()
        .map(|input| (input.name.clone(), input.value.clone()));
    Case {
        id,
        inputs: inputs.collect(),
        ..Case::default()
    }
}

/// The inputs of the step in a case: those of the case, then those of the run, then what the definition says as it is.
async fn inputs_of(
    base: &Base,
    case: &Case,
    of_run: Option<&[Text]>,
    texts: &dyn TextService,
) -> Result<Vec<Text>, EngineError> {
    let fields = &base.description.inputs;
    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    if let Some(unknown) = case
        .inputs
        .keys()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(ComparisonError::UnknownInput {
            case: case.id.clone(),
            step: base.step().path.clone(),
            input: unknown.clone(),
            known: known.iter().map(|name| (*name).to_owned()).collect(),
        }
        .into());
    }
    let mut inputs = Vec::new();
    let mut missing = Vec::new();
    for field in fields {
        let of_run = of_run
            .unwrap_or_default()
            .iter()
            .find(|input| input.name == field.name);
        let given = case.inputs.get(&field.name).cloned();
        let mut value = given.or_else(|| of_run.map(|input| input.value.clone()));
        if value.is_none() {
            value = constant(base, &field.name, texts).await?;
        }
        match value {
            Some(value) => inputs.push(Text::new(field.name.as_str(), value)),
            None if field.required => missing.push(field.name.clone()),
            None => {}
        }
    }
    if missing.is_empty() {
        return Ok(inputs);
    }
    Err(ComparisonError::MissingInputs {
        case: case.id.clone(),
        missing,
    }
    .into())
}

/// What the definition says of an input, where that refers to nothing.
async fn constant(
    base: &Base,
    name: &str,
    texts: &dyn TextService,
) -> Result<Option<String>, EngineError> {
    let mut inputs = base.step().inputs.iter();
    let Some((_, template)) = inputs.find(|(input, _)| input.as_str() == name) else {
        return Ok(None);
    };
    if !template.references().is_empty() {
        return Ok(None);
    }
    match template.render(&|_| None, texts).await {
        Err(TemplateError::Failed(failed)) => Err(failed.into()),
        filled => Ok(filled.ok()),
    }
}
