//! What a run that is to be started would probably take: what there is to be known of it is read here, and reckoned with in
//! a crate that reads nothing.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Confirmation, Estimate, Prices, RunEstimate, StepPath, WorkspaceGrant};
use stepwell_definition::{PlannedStep, Reference};
use stepwell_estimation::{
    Asked, Items, Material, Reads, StepMaterial, When, confirmation, prompt_bytes,
};
use stepwell_store::{PinnedModel, RunRecord, StoreError};

use super::opening::needed_for;
use super::taken::{History, history, single_executions};
use crate::state::{House, PreparedRun, subtree};
use crate::words::{EngineError, GivenDocument};

/// What a run will probably take, and whether it needs a yes first. Recorded answers cost nothing, so of a replay nothing is
/// estimated.
///
/// # Errors
/// The store's.
pub(crate) async fn estimate(
    house: &House,
    prepared: &PreparedRun,
    record: &RunRecord,
    documents: &[GivenDocument],
) -> Result<RunEstimate, EngineError> {
    let mut estimated = RunEstimate {
        total: Estimate::default(),
        steps: Vec::new(),
        confirmation: Confirmation::NotNeeded,
    };
    if house.models.is_replay() {
        return Ok(estimated);
    }
    let history = history(house, prepared, record).await?;
    let material = material(house, prepared, record, documents, history).await?;
    (estimated.total, estimated.steps) = stepwell_estimation::estimate(&material);
    estimated.confirmation = confirmation(&estimated.total, house.configuration.confirm_above);
    Ok(estimated)
}

/// A step that is carried out by itself, whatever stands around it in its plan.
pub(crate) struct ByItself<'a> {
    pub(crate) prepared: &'a PreparedRun,
    /// With its model and its prompts.
    pub(crate) record: &'a RunRecord,
    /// Its place in the plan.
    pub(crate) step: usize,
    /// How many times.
    pub(crate) executions: u64,
    /// Bytes of what each of them is given.
    pub(crate) given: u64,
    /// The place among these of one whose outcome it is given, too.
    pub(crate) after: Option<usize>,
    /// Whether its calls are sent in batches, at their price.
    pub(crate) in_batches: bool,
}

/// What steps take that are carried out by themselves, one given before those that are given its outcome.
///
/// # Errors
/// The store's.
pub(crate) async fn estimate_by_itself(
    house: &House,
    steps: &[ByItself<'_>],
) -> Result<RunEstimate, StoreError> {
    let mut material = Material::default();
    for it in steps.iter().filter(|_| !house.models.is_replay()) {
        let step = &it.prepared.plan.steps[it.step];
        let elsewhere = single_executions(house, it.record, &step.path).await?;
        let has_asked = elsewhere.iter().any(|took| took.calls > 0);
        let mut reads = vec![Reads::Input(it.given)];
        reads.extend(it.after.map(Reads::Document));
        let mut asks = asked(house, it.prepared, it.record, it.step, has_asked).await?;
        if let Some(asks) = asks.as_mut().filter(|_| it.in_batches) {
            let model = asks.model.as_deref().unwrap_or_default();
            let in_batch = |prices| house.models.prices_in_batch(model, prices);
            asks.prices = asks.prices.map(in_batch);
        }
        material.steps.push(StepMaterial {
            path: step.path.clone(),
            parent: None,
            asks,
            reads,
            items: Items::Known(it.executions),
            most_rounds: 1,
            when: When::Always,
            given: None,
            earlier: Vec::new(),
            elsewhere,
        });
    }
    let (total, steps) = stepwell_estimation::estimate(&material);
    let confirmation = confirmation(&total, house.configuration.confirm_above);
    Ok(RunEstimate {
        total,
        steps,
        confirmation,
    })
}

async fn material(
    house: &House,
    prepared: &PreparedRun,
    record: &RunRecord,
    documents: &[GivenDocument],
    mut history: BTreeMap<StepPath, History>,
) -> Result<Material, StoreError> {
    let plan = &prepared.plan;
    let until = record.until.as_ref().and_then(|path| plan.index_of(path));
    let wanted: BTreeSet<usize> = match until {
        Some(step) => needed_for(prepared, step),
        None => (0..plan.steps.len()).collect(),
    };
    let mut given: BTreeMap<&StepPath, u64> = BTreeMap::new();
    for document in documents {
        *given.entry(&document.step).or_default() += document.text.len() as u64;
    }
    let replaced: BTreeSet<usize> = given
        .keys()
        .filter_map(|path| plan.index_of(path))
        .flat_map(|step| subtree(plan, step))
        .collect();
    let mut steps = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let History { earlier, elsewhere } = history.remove(&step.path).unwrap_or_default();
        let has_asked = earlier.iter().any(|took| took.calls > 0);
        let is_open = wanted.contains(&index) && !replaced.contains(&index);
        let asks = match is_open {
            true => asked(house, prepared, record, index, has_asked).await?,
            false => None,
        };
        steps.push(StepMaterial {
            path: step.path.clone(),
            parent: step.parent,
            asks,
            reads: reads(prepared, record, step),
            items: items(prepared, documents, step),
            most_rounds: step
                .repeat
                .as_ref()
                .map_or(1, |repeat| repeat.most_rounds()),
            when: when(record, step),
            given: given.get(&step.path).copied(),
            earlier,
            elsewhere,
        });
    }
    Ok(Material { steps })
}

/// What a step asks; none where it asks no model, as far as anybody knows: one without prompts may ask all the same, which
/// shows once it did.
async fn asked(
    house: &House,
    prepared: &PreparedRun,
    record: &RunRecord,
    index: usize,
    has_asked: bool,
) -> Result<Option<Asked>, StoreError> {
    let step = &prepared.plan.steps[index];
    let Some(description) = &prepared.descriptions[index] else {
        return Ok(None);
    };
    let pinned = record.models.get(&step.path);
    if pinned.is_none() && !has_asked {
        return Ok(None);
    }
    let named = pinned.map(|model| model.name.as_str());
    let model = house.models.resolve(named).ok();
    let pins = record.prompts.get(&step.path);
    let mut prompts = Vec::new();
    for declaration in &description.prompts {
        let pin = pins.and_then(|pins| pins.get(&declaration.name));
        let kept = match pin {
            Some(pin) => house.store.blob(&pin.digest).await?,
            None => None,
        };
        let kept = kept.as_deref().map(String::from_utf8_lossy);
        prompts.push(prompt_bytes(
            kept.as_deref().unwrap_or(&declaration.intrinsic),
        ));
    }
    Ok(Some(Asked {
        model: model.as_ref().map(|model| model.name.clone()),
        prices: model
            .as_ref()
            .and_then(|model| model.prices)
            .map(|price| price.prices),
        instead: pinned.map_or_else(Vec::new, |pinned| instead(house, pinned)),
        most_output: model.and_then(|model| model.max_output_tokens),
        prompts,
        retries: step.retries > 0,
        looks: step.grants.workspace != WorkspaceGrant::None,
    }))
}

/// The models that are asked instead of a pinned one, with their prices.
fn instead(house: &House, pinned: &PinnedModel) -> Vec<(String, Option<Prices>)> {
    let others = pinned.fallback.iter();
    let price = |other: &PinnedModel| house.models.price(&other.name, &other.model);
    others
        .map(|other| (other.name.clone(), price(other).map(|price| price.prices)))
        .collect()
}

/// What the inputs of a step are made of.
fn reads(prepared: &PreparedRun, record: &RunRecord, step: &PlannedStep) -> Vec<Reads> {
    let mut reads = Vec::new();
    for (_, template) in &step.inputs {
        reads.push(Reads::Written(template.own_bytes() as u64));
        let references = template.references().iter();
        reads.extend(references.filter_map(|(reference, _)| match reference {
            Reference::Input(name) => {
                let text = record.inputs.get(name.as_str())?;
                Some(Reads::Input(text.len() as u64))
            }
            Reference::Document { source, .. } => Some(Reads::Document(*source)),
            // One item is less than the list that it stands in.
            Reference::Item { step, .. } => match &prepared.plan.steps[*step].for_each {
                Some(Reference::Document { source, .. }) => Some(Reads::Document(*source)),
                _ => None,
            },
        }));
    }
    reads
}

/// For how many items a step runs. A list that a person gives can be counted.
fn items(prepared: &PreparedRun, documents: &[GivenDocument], step: &PlannedStep) -> Items {
    let Some(list) = &step.for_each else {
        return Items::NoList;
    };
    let Reference::Document {
        source, document, ..
    } = list
    else {
        return Items::Unknown;
    };
    let writer = &prepared.plan.steps[*source].path;
    let given = documents
        .iter()
        .find(|given| given.step == *writer && given.name == document.as_str());
    let list = given
        .and_then(|given| serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&given.text).ok());
    list.map_or(Items::Unknown, |list| Items::Known(list.len() as u64))
}

/// Whether a step is carried out, as far as the inputs say so.
fn when(record: &RunRecord, step: &PlannedStep) -> When {
    let Some(when) = &step.when else {
        return When::Always;
    };
    match &when.value {
        Reference::Input(name) => {
            let said = record.inputs.get(name.as_str());
            match said.is_some_and(|said| when.is_met_by(said)) {
                true => When::Always,
                false => When::Never,
            }
        }
        _ => When::Maybe,
    }
}
