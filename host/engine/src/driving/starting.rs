//! What a run begins as: its record, its inputs, its workspace, and what has to be in the store before.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use stepwell_contract::{Digest, ExecutionKey, RunId};
use stepwell_store::{Change, RunRecord, RunState};

use crate::state::{HeldAnswers, House, OpenForm, PreparedRun, Reach, form_of, gate_of};
use crate::words::InputsOf;
use crate::words::RunError;
use crate::words::{DefinitionSource, EngineError, GivenAnswer};
use crate::workspace::Workspace;

impl House {
    /// What a run refers to and outlives the files that it was started with (rule E22). Of the plugins nothing stays in memory but
    /// what isn't kept yet.
    pub(crate) async fn kept_by_runs(
        &self,
        prepared: &mut PreparedRun,
        definition: &DefinitionSource,
    ) -> Result<Vec<Change>, EngineError> {
        let mut changes = vec![Change::Blob(Bytes::from(definition.text.clone()))];
        for (digest, component) in std::mem::take(&mut prepared.components) {
            if !self.store.has_blob(&digest).await? {
                changes.push(Change::Blob(Bytes::from_owner(component)));
            }
        }
        Ok(changes)
    }

    /// A run, with its paths as they are here.
    pub(crate) async fn run_record(&self, run: RunId) -> Result<RunRecord, EngineError> {
        let no_such = || RunError::NoSuchRun {
            given: run.to_string(),
        };
        let record = self.store.run(run).await?.ok_or_else(no_such)?;
        Ok(self.adopted(record).await)
    }

    /// A run that nobody is at work on.
    pub(crate) async fn idle_run(&self, run: RunId) -> Result<RunRecord, EngineError> {
        if self.is_active(run) {
            return Err(RunError::UnderWay { run }.into());
        }
        self.own_run(run).await
    }

    /// A run that is no cell of a comparison.
    pub(crate) async fn own_run(&self, run: RunId) -> Result<RunRecord, EngineError> {
        let record = self.run_record(run).await?;
        if let Some(scratch) = &record.scratch {
            return Err(RunError::IsCell {
                run,
                comparison: scratch.comparison,
            }
            .into());
        }
        Ok(record)
    }

    pub(crate) async fn workspace_of(
        &self,
        reach: &Reach,
        prepared: &PreparedRun,
        definition: &DefinitionSource,
        given: Option<&str>,
    ) -> Result<String, EngineError> {
        let from_definition = prepared.plan.workspace.as_ref().map(|workspace| {
            let folder = definition
                .file
                .as_ref()
                .and_then(|file| Path::new(file).parent());
            folder.unwrap_or(&self.project).join(workspace)
        });
        let chosen = match (given, from_definition) {
            (Some(given), _) => self.project.join(given),
            (None, Some(of_definition)) => of_definition,
            (None, None) => self.project.clone(),
        };
        let absolute = std::path::absolute(&chosen).unwrap_or(chosen);
        reach.require(&absolute).await?;
        absolute.to_str().map(str::to_owned).ok_or_else(|| {
            RunError::WorkspaceName {
                path: absolute.clone(),
            }
            .into()
        })
    }

    /// A run of what is prepared, without inputs and prompts.
    pub(crate) fn new_record(
        &self,
        prepared: &PreparedRun,
        definition: &DefinitionSource,
        workspace: String,
    ) -> RunRecord {
        let now = self.now();
        RunRecord {
            id: RunId(self.store.next_id()),
            workflow: prepared.plan.name.to_string(),
            definition: Digest::of(&definition.text),
            definition_file: definition.file.clone(),
            workspace,
            inputs: BTreeMap::new(),
            label: None,
            about: None,
            state: RunState::Started,
            waiting_for: None,
            problem: None,
            created_at: now,
            updated_at: now,
            ended_at: None,
            plugins: prepared.plugins.clone(),
            prompts: BTreeMap::new(),
            models: prepared.models.clone(),
            takes: BTreeMap::new(),
            takes_from: BTreeMap::new(),
            stale_from: BTreeMap::new(),
            takes_at: BTreeMap::new(),
            stale_at: BTreeMap::new(),
            stale: std::collections::BTreeSet::new(),
            rounds_fail: true,
            more_rounds: BTreeMap::new(),
            rounds_used_up: std::collections::BTreeSet::new(),
            plugins_agreed: std::collections::BTreeSet::new(),
            until: None,
            given: std::collections::BTreeSet::new(),
            answers: Vec::new(),
            answered_by: BTreeMap::new(),
            answers_used: Vec::new(),
            answers_to_forms: Vec::new(),
            declined: Vec::new(),
            no_questions: false,
            scratch: None,
            estimate: None,
            home: self.home(),
            branch: None,
            settings: serde_json::Map::new(),
            other: serde_json::Map::new(),
        }
    }
}

/// Gives a run answers: each to the form that is open and asks for it, or else to what isn't asked yet, under its key, with its step's path
/// before it where one is named.
///
/// # Errors
/// A step is named that there isn't, or it can't be told which form an answer is to; the record is as it was then.
pub(crate) fn give_answers(
    record: &mut RunRecord,
    prepared: &PreparedRun,
    open: &[OpenForm],
    answers: &[GivenAnswer],
) -> Result<(), EngineError> {
    for step in answers.iter().filter_map(|answer| answer.step.as_ref()) {
        prepared.require_step(step)?;
    }
    let is_gate = |key: &ExecutionKey| {
        let step = prepared.plan.index_of(&key.path);
        step.is_some_and(|step| gate_of(&prepared.descriptions, step).is_some())
    };
    let meant = HeldAnswers::of(record).without_said_over_again(answers);
    let (mut bound, mut others) = (BTreeMap::new(), Vec::new());
    for answer in meant {
        let form = form_of(answer, record, open, is_gate)?;
        // A second answer under one key is to what is asked next.
        let place = form.map(|form| (form.id, answer.key.as_str()));
        match place.filter(|place| !bound.contains_key(place)) {
            Some(place) => {
                bound.insert(place, answer);
            }
            None => others.push(answer),
        }
    }
    let mut held = HeldAnswers::of(record);
    held.keep_open(open);
    for ((form, _), answer) in bound {
        held.hold_for(form, answer);
    }
    held.hold(&others);
    Ok(())
}

/// The largest file that is an input of its own accord: what a person gives may have as much.
const LARGEST_INPUT: u64 = 16 << 20;

/// The texts of the files that inputs come from where a run gives none, as far as these files are there.
pub(crate) async fn inputs_of_files(
    prepared: &PreparedRun,
    given: &BTreeMap<String, String>,
    workspace: &Workspace,
) -> Result<BTreeMap<String, String>, EngineError> {
    let mut texts = BTreeMap::new();
    for (name, input) in &prepared.plan.inputs {
        let Some(path) = input
            .file
            .as_ref()
            .filter(|_| !given.contains_key(name.as_str()))
        else {
            continue;
        };
        let unreadable = |reason: String| RunError::InputFile {
            input: name.to_string(),
            path: path.clone(),
            reason,
        };
        let read = match workspace.normalise(path) {
            Ok(path) => workspace.read(&path, LARGEST_INPUT).await,
            Err(error) => Err(error),
        };
        let read = read.map_err(|error| unreadable(error.message))?;
        let Some((_, bytes)) = read else { continue };
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| unreadable("it is no text in UTF-8".into()))?;
        texts.insert(name.to_string(), text);
    }
    Ok(texts)
}

/// Holds the given inputs against those that the definition declares, and fills in what their files hold and the defaults.
pub(crate) fn check_inputs(
    prepared: &PreparedRun,
    given: &BTreeMap<String, String>,
    of_files: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, EngineError> {
    let declared = &prepared.plan.inputs;
    let names: Vec<&str> = declared.keys().map(AsRef::as_ref).collect();
    if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(RunError::UnknownInput {
            of: InputsOf::Workflow(prepared.plan.name.to_string()),
            input: unknown.clone(),
            known: names.iter().map(|name| (*name).to_owned()).collect(),
        }
        .into());
    }
    let mut inputs = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, input) in declared {
        let said = given
            .get(name.as_str())
            .or_else(|| of_files.get(name.as_str()));
        match said.or(input.default.as_ref()) {
            Some(value) => {
                inputs.insert(name.to_string(), value.clone());
            }
            None => missing.push((name.to_string(), input.description.clone())),
        }
    }
    if missing.is_empty() {
        return Ok(inputs);
    }
    Err(RunError::MissingInputs {
        workflow: prepared.plan.name.to_string(),
        missing,
    }
    .into())
}
