//! Runs: started, taken further, cancelled (rows W1, W5, W10).

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::{Digest, RunId, StepPath};
use stepwell_store::{Change, ExecutionState, RunFilter, RunRecord, RunState};
use uuid::Uuid;

use super::driving::under_way;
use super::error::LAST;
use super::given::give_documents;
use super::{DefinitionSource, Engine, EngineError, Event, GivenAnswer, RunStatus, StartRun};
use crate::runs::{Asking, PreparedRun, event_of, note_operator, prepare};
use crate::workspace::WorkspaceFolder;

impl Engine {
    /// Makes a run of a definition: checks everything, pins what it uses, and writes it down. [`Engine::drive`]
    /// carries it out.
    ///
    /// # Errors
    /// [`EngineError::Definition`] with every problem of the definition, [`EngineError::Invalid`] for what doesn't
    /// fit it, [`EngineError::Workspace`], or the store's. Nothing is written then.
    pub async fn start(&self, request: StartRun) -> Result<RunId, EngineError> {
        let prepared = prepare(
            &self.house,
            &request.definition,
            request.model.as_deref(),
            Asking::Now,
        )
        .await?;
        let inputs = check_inputs(&prepared, &request.inputs)?;
        if let Some(until) = &request.until {
            self.step_index(&prepared, until)?;
        }
        let answers = self.answers_for(&prepared, &request.answers)?;
        let workspace =
            self.workspace_of(&prepared, &request.definition, request.workspace.as_deref())?;
        WorkspaceFolder::open(Path::new(&workspace), &[])?;
        let prompts = prepared.pin_prompts(&self.house).await?;
        let mut record = RunRecord {
            inputs,
            prompts,
            until: request.until.clone(),
            answers,
            no_questions: request.no_questions,
            ..new_record(&prepared, &request.definition, workspace)
        };
        note_operator(&self.house.configuration, &mut record);
        let mut changes = self.kept_by_runs(&prepared, &request.definition).await?;
        let given = give_documents(&prepared, &mut record, &request.documents)?;
        let id = record.id;
        changes.push(event_of(
            id,
            None,
            &Event::RunStarted {
                workflow: record.workflow.clone(),
            },
        ));
        for warning in &prepared.warnings {
            let line = warning
                .span
                .as_ref()
                .map(|span| format!(":{}", span.start_line));
            let hint = warning.hint.as_ref().map(|hint| format!("; {hint}"));
            let message = format!(
                "{}{}: {}{}",
                warning.file,
                line.unwrap_or_default(),
                warning.message,
                hint.unwrap_or_default()
            );
            changes.push(event_of(id, None, &Event::Warning { message }));
        }
        for (step, pins) in &record.prompts {
            for pin in pins.values().filter(|pin| pin.number == 0) {
                let message = format!(
                    "the record of prompt `{}` can't be read: step `{step}` uses its plugin's intrinsic prompt instead",
                    pin.name
                );
                changes.push(event_of(id, None, &Event::Warning { message }));
            }
        }
        changes.push(Change::Run(Box::new(record)));
        changes.extend(given);
        self.house.store.commit(changes).await?;
        Ok(id)
    }

    /// What a run refers to and outlives the files that it was started with (rule E22).
    pub(crate) async fn kept_by_runs(
        &self,
        prepared: &PreparedRun,
        definition: &DefinitionSource,
    ) -> Result<Vec<Change>, EngineError> {
        let mut changes = vec![Change::Blob(Bytes::from(definition.text.clone()))];
        for (digest, component) in &prepared.components {
            if !self.house.store.has_blob(digest).await? {
                changes.push(Change::Blob(Bytes::copy_from_slice(component)));
            }
        }
        Ok(changes)
    }

    /// Ends a run that nobody carries on; it can't be resumed.
    ///
    /// # Errors
    /// [`EngineError::WrongState`] for a run that is done already or under way, or the store's.
    pub async fn cancel(&self, run: RunId) -> Result<(), EngineError> {
        // Nobody takes it up meanwhile.
        let Some(_active) = self.house.activate(run) else {
            return Err(under_way(run));
        };
        let mut record = self.own_run(run).await?;
        if matches!(record.state, RunState::Cancelled | RunState::Success) {
            let state = if record.state == RunState::Success {
                "is finished"
            } else {
                "was cancelled already"
            };
            let hint = "there is nothing left to cancel".into();
            return Err(EngineError::WrongState {
                run,
                state: state.into(),
                hint,
            });
        }
        let now = Timestamp::now();
        record.state = RunState::Cancelled;
        record.waiting_for = None;
        record.updated_at = now;
        record.ended_at = Some(now);
        let mut changes = Vec::new();
        for mut execution in self.house.store.executions(run).await? {
            let open = [
                ExecutionState::Pending,
                ExecutionState::Running,
                ExecutionState::Waiting,
            ];
            if open.contains(&execution.state) {
                execution.state = ExecutionState::Cancelled;
                execution.ended_at = Some(now);
                changes.push(Change::Execution(Box::new(execution)));
            }
        }
        let ended = Event::RunEnded {
            status: RunStatus::Cancelled,
            waiting_for: None,
            problem: None,
        };
        changes.push(event_of(run, None, &ended));
        changes.push(Change::Run(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(())
    }

    /// The id of a run, from `last`, a whole id, or its last (or first) characters.
    ///
    /// # Errors
    /// [`EngineError::NoSuchRun`], [`EngineError::AmbiguousRun`], or the store's.
    pub async fn find_run(&self, given: &str) -> Result<RunId, EngineError> {
        if let Ok(id) = given.parse::<RunId>()
            && self.house.store.run(id).await?.is_some()
        {
            return Ok(id);
        }
        let latest = given == LAST;
        let limit = latest.then_some(1);
        let runs = self
            .house
            .store
            .runs(RunFilter {
                limit,
                ..RunFilter::default()
            })
            .await?;
        let fits = |id: &str| latest || id.ends_with(given) || id.starts_with(given);
        let fitting: Vec<RunId> = runs
            .iter()
            .map(|run| run.id)
            .filter(|id| fits(&id.to_string()))
            .collect();
        match fitting.as_slice() {
            [only] => Ok(*only),
            [] => Err(EngineError::NoSuchRun {
                given: given.to_owned(),
            }),
            _ => Err(EngineError::AmbiguousRun {
                given: given.to_owned(),
                fitting,
            }),
        }
    }

    pub(crate) async fn run_record(&self, run: RunId) -> Result<RunRecord, EngineError> {
        self.house
            .store
            .run(run)
            .await?
            .ok_or_else(|| EngineError::NoSuchRun {
                given: run.to_string(),
            })
    }

    /// A run that nobody is at work on.
    pub(super) async fn idle_run(&self, run: RunId) -> Result<RunRecord, EngineError> {
        if self.house.is_active(run) {
            return Err(under_way(run));
        }
        self.own_run(run).await
    }

    /// A run that is no cell of a comparison.
    pub(super) async fn own_run(&self, run: RunId) -> Result<RunRecord, EngineError> {
        let record = self.run_record(run).await?;
        if let Some(scratch) = &record.scratch {
            return Err(EngineError::WrongState {
                run,
                state: format!("is a cell of comparison {}", scratch.comparison),
                hint: "a cell stays as it is; `stepwell compare` makes others".into(),
            });
        }
        Ok(record)
    }

    pub(crate) fn step_index(
        &self,
        prepared: &PreparedRun,
        path: &StepPath,
    ) -> Result<usize, EngineError> {
        let steps = &prepared.plan.steps;
        steps
            .iter()
            .position(|step| step.path == *path)
            .ok_or_else(|| EngineError::NoSuchStep {
                given: path.to_string(),
                workflow: prepared.plan.name.to_string(),
                steps: steps.iter().map(|step| step.path.to_string()).collect(),
            })
    }

    /// The answers as a run keeps them, each under its key, with its step's path before it where one is named.
    pub(super) fn answers_for(
        &self,
        prepared: &PreparedRun,
        answers: &[GivenAnswer],
    ) -> Result<Vec<(String, String)>, EngineError> {
        let kept = |answer: &GivenAnswer| {
            let GivenAnswer { step, key, text } = answer;
            let Some(step) = step else {
                return Ok((key.clone(), text.clone()));
            };
            self.step_index(prepared, step)?;
            Ok((format!("{step}/{key}"), text.clone()))
        };
        answers.iter().map(kept).collect()
    }

    pub(crate) fn workspace_of(
        &self,
        prepared: &PreparedRun,
        definition: &DefinitionSource,
        given: Option<&str>,
    ) -> Result<String, EngineError> {
        let from_definition = prepared.plan.workspace.as_ref().map(|workspace| {
            let folder = definition
                .file
                .as_ref()
                .and_then(|file| Path::new(file).parent());
            folder.unwrap_or(&self.house.project).join(workspace)
        });
        let chosen = match (given, from_definition) {
            (Some(given), _) => self.house.project.join(given),
            (None, Some(of_definition)) => of_definition,
            (None, None) => self.house.project.clone(),
        };
        let absolute = std::path::absolute(&chosen).unwrap_or(chosen);
        absolute.to_str().map(str::to_owned).ok_or_else(|| {
            EngineError::invalid(
                format!(
                    "the workspace {} has a name that is not UTF-8",
                    absolute.display()
                ),
                "choose another with `--workspace DIR`",
            )
        })
    }
}

/// A run of what is prepared, without inputs and prompts.
pub(crate) fn new_record(
    prepared: &PreparedRun,
    definition: &DefinitionSource,
    workspace: String,
) -> RunRecord {
    let now = Timestamp::now();
    RunRecord {
        id: RunId(Uuid::now_v7()),
        workflow: prepared.plan.name.to_string(),
        definition: Digest::of(&definition.text),
        definition_file: definition.file.clone(),
        workspace,
        inputs: BTreeMap::new(),
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
        stale: std::collections::BTreeSet::new(),
        until: None,
        given: std::collections::BTreeSet::new(),
        answers: Vec::new(),
        declined: Vec::new(),
        no_questions: false,
        scratch: None,
        settings: serde_json::Map::new(),
        other: serde_json::Map::new(),
    }
}

/// Holds the given inputs against those that the definition declares, and fills in the defaults.
fn check_inputs(
    prepared: &PreparedRun,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, EngineError> {
    let declared = &prepared.plan.inputs;
    let names: Vec<&str> = declared.keys().map(AsRef::as_ref).collect();
    if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(EngineError::invalid(
            format!("workflow `{}` has no input `{unknown}`", prepared.plan.name),
            if names.is_empty() {
                "it has no inputs".to_owned()
            } else {
                format!("its inputs are {}", names.join(", "))
            },
        ));
    }
    let mut inputs = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, input) in declared {
        match given
            .get(name.as_str())
            .cloned()
            .or_else(|| input.default.clone())
        {
            Some(value) => {
                inputs.insert(name.to_string(), value);
            }
            None => missing.push((name, &input.description)),
        }
    }
    if missing.is_empty() {
        return Ok(inputs);
    }
    let described = |(name, description): &(_, &String)| match description.is_empty() {
        true => format!("`{name}`"),
        false => format!("`{name}` ({description})"),
    };
    let needed: Vec<_> = missing.iter().map(described).collect();
    let given: Vec<_> = missing
        .iter()
        .map(|(name, _)| format!("`--input {name}=TEXT`"))
        .collect();
    Err(EngineError::invalid(
        format!(
            "workflow `{}` needs a value for {}",
            prepared.plan.name,
            needed.join(", ")
        ),
        format!(
            "give it with {}; `@` and a file in place of the text reads it from there",
            given.join(" ")
        ),
    ))
}
