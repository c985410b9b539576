//! The cells of a comparison: what makes one the same as another, and the run that each is carried out in (rule E27).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stepwell_contract::{
    ComparisonId, Digest, ExecutionKey, Position, RunId, Text, WorkspaceGrant,
};
use stepwell_definition::{Case, PlannedStep};
use stepwell_store::{
    CellRecord, Change, ComparisonRecord, ExecutionRecord, ExecutionState, RunRecord, Scratch,
    VariantRecord,
};

use crate::state::House;

/// A case as a comparison keeps it: what was asked for, and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptCase {
    /// What a person asked for.
    pub(super) case: Case,
    /// The inputs of the step, complete.
    pub(super) inputs: Vec<Text>,
    /// The files that it brings, as blobs; none where it sees those of the workspace.
    pub(super) files: Option<BTreeMap<String, Digest>>,
    /// Where the step stands.
    pub(super) at: Vec<Position>,
    /// How many items each level has.
    pub(super) items: Vec<Option<u32>>,
    /// The run whose documents the step may read.
    pub(super) documents_of: Option<RunId>,
}

/// The cells of each case.
pub(super) fn by_case<'r>(
    record: &'r ComparisonRecord,
    cases: &'r [KeptCase],
) -> impl Iterator<Item = (&'r [Digest], &'r KeptCase)> {
    record.cells.chunks(record.place(1, 0, 0).max(1)).zip(cases)
}

/// The cases that share the cell at this place: they differ in their checks alone.
pub(super) fn sharing<'r>(
    record: &'r ComparisonRecord,
    cases: &'r [KeptCase],
    place: usize,
) -> impl Iterator<Item = &'r KeptCase> {
    let within = place % record.place(1, 0, 0).max(1);
    let shares = move |cells: &[Digest]| cells.get(within) == record.cells.get(place);
    by_case(record, cases).filter_map(move |(cells, case)| shares(cells).then_some(case))
}

/// What went into a cell: two with the same are one.
pub(super) fn identity_of(
    comparison: ComparisonId,
    template: &RunRecord,
    step: &PlannedStep,
    case: &KeptCase,
    variant: &VariantRecord,
    repeat: u32,
) -> Digest {
    let plugin = template.plugins.get(&step.path).map(|plugin| plugin.digest);
    // The workspace of now is part of what went in, unless the case brings its own or comes from a run, whose looks
    // it shares: another comparison may find other files.
    let sees_now = step.grants.workspace != WorkspaceGrant::None
        && case.files.is_none()
        && case.documents_of.is_none();
    let mut identity = json!({
        "plugin": plugin,
        "settings": step.settings,
        "inputs": case.inputs,
        "answers": case.case.answers,
        "files": case.files,
        "from": case.documents_of.map(|run| (run, &case.at)),
        "workspace": sees_now.then_some(comparison),
        "prompts": prompts_of(template, step, variant),
        "model": variant.model,
        "repeat": repeat,
    });
    // Without it, what was asked before steps could say it stays the same.
    if !step.inference.is_open() {
        identity["inference"] = json!(step.inference);
    }
    Digest::of(identity.to_string())
}

/// The versions of the step's prompts in a cell.
fn prompts_of(
    template: &RunRecord,
    step: &PlannedStep,
    variant: &VariantRecord,
) -> BTreeMap<String, stepwell_store::PinnedPrompt> {
    let mut prompts = template
        .prompts
        .get(&step.path)
        .cloned()
        .unwrap_or_default();
    if let Some(varied) = &variant.prompt {
        for pinned in prompts.values_mut().filter(|pin| pin.name == varied.name) {
            *pinned = varied.clone();
        }
    }
    prompts
}

/// The run of a cell, as far as its variant says what it is.
pub(super) fn run_of(
    template: &RunRecord,
    step: &PlannedStep,
    variant: &VariantRecord,
) -> RunRecord {
    let mut run = template.clone();
    run.prompts
        .insert(step.path.clone(), prompts_of(template, step, variant));
    if let Some(model) = &variant.model {
        run.models.insert(step.path.clone(), model.clone());
    }
    run
}

/// A new cell, and the changes that make it: its run, and its execution with its inputs.
pub(super) fn new_cell(
    comparison: ComparisonId,
    template: &RunRecord,
    step: &PlannedStep,
    case: &KeptCase,
    variant: &VariantRecord,
    identity: Digest,
    house: &House,
) -> (CellRecord, Vec<Change>) {
    let now = house.now();
    let mut run = run_of(template, step, variant);
    run.id = RunId(house.store.next_id());
    run.created_at = now;
    run.updated_at = now;
    run.ended_at = None;
    run.state = stepwell_store::RunState::Started;
    run.problem = None;
    run.waiting_for = None;
    run.no_questions = true;
    run.answers = case
        .case
        .answers
        .iter()
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    run.scratch = Some(Scratch {
        comparison,
        documents_of: case.documents_of,
        case: case.case.id.clone(),
        files: case.files.clone(),
        other: Default::default(),
    });
    let key = ExecutionKey {
        run: run.id,
        path: step.path.clone(),
        take: 1,
        at: case.at.clone(),
    };
    let inputs = Bytes::from(serde_json::to_vec(&case.inputs).unwrap_or_default());
    let mut execution = ExecutionRecord::new(
        key.clone(),
        case.items.clone(),
        ExecutionState::Pending,
        now,
    );
    execution.inputs = Some(Digest::of(&inputs));
    let cell = CellRecord {
        identity,
        execution: key,
        comparison,
        findings: BTreeMap::new(),
        rating: None,
        other: Default::default(),
    };
    let changes = vec![
        Change::Blob(inputs),
        Change::Run(Box::new(run)),
        Change::Execution(Box::new(execution)),
        Change::Cell(Box::new(cell.clone())),
    ];
    (cell, changes)
}
