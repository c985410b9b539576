//! Runs: started, taken further, cancelled.

use std::path::PathBuf;

use stepwell_contract::{Publish, RunId};
use stepwell_store::{Change, ExecutionState, Gaps, RunRecord, RunState};

use super::Operations;
use crate::driving::{
    Asking, about, branch_of, check_inputs, check_kept_paths, give_answers, give_documents,
    inputs_of_files, label_of, note_operator, prepare, tell,
};
use crate::state::PreparedRun;
use crate::words::{
    BroughtPrompt, EngineError, Event, LAST, RunError, RunStatus, StartRun, Wanted,
};
use crate::workspace::Workspace;

/// A run as it is before anything of it is written down.
pub(super) struct Begun {
    pub(super) prepared: PreparedRun,
    /// With what it pins.
    pub(super) record: RunRecord,
    /// What plugins brought along that it has to tell of.
    pub(super) brought: Vec<BroughtPrompt>,
}

impl Operations {
    pub(super) async fn start(&self, request: StartRun) -> Result<RunId, EngineError> {
        self.start_asking(request, Asking::Now).await
    }

    /// As [`Operations::start`], for who asks the models then.
    pub(super) async fn start_asking(
        &self,
        request: StartRun,
        asking: Asking,
    ) -> Result<RunId, EngineError> {
        let Begun {
            mut prepared,
            mut record,
            brought,
        } = self.begun(&request, asking).await?;
        let mut changes = self
            .house
            .kept_by_runs(&mut prepared, &request.definition)
            .await?;
        let given = give_documents(&self.house, &prepared, &mut record, &request.documents)?;
        let id = record.id;
        // Who only looks sends nothing.
        let doubts = match asking {
            Asking::Now => self.estimated(&prepared, &mut record, &request).await?,
            _ => None,
        };
        changes.push(self.house.event(
            id,
            None,
            &Event::RunStarted {
                workflow: record.workflow.clone(),
            },
        ));
        changes.extend(doubts.map(|doubts| self.house.event(id, None, &doubts)));
        let warnings = warnings_of(&prepared, &record, &request);
        let events = warnings.iter().map(|it| self.house.event(id, None, it));
        changes.extend(events);
        changes.extend(tell(&self.house, id, brought));
        let changed = self.house.note_plugins_before(&mut record).await?;
        if !changed.is_empty() {
            let other = Event::OtherPlugins { changed };
            changes.push(self.house.event(id, None, &other));
        }
        changes.push(Change::Run(Box::new(record)));
        changes.extend(given);
        self.house.store.commit(changes).await?;
        Ok(id)
    }

    /// A run as it is before anything of it is written down: checked, and with what it pins.
    pub(super) async fn begun(
        &self,
        request: &StartRun,
        asking: Asking,
    ) -> Result<Begun, EngineError> {
        let prepared = prepare(
            &self.house,
            &self.reach,
            &request.definition,
            request.model.as_deref(),
            asking,
        )
        .await?;
        if let Some(until) = &request.until {
            prepared.require_step(until)?;
        }
        let workspace = self
            .house
            .workspace_of(
                &self.reach,
                &prepared,
                &request.definition,
                request.workspace.as_deref(),
            )
            .await?;
        let folder = Workspace::open(PathBuf::from(&workspace), self.house.closed.clone()).await?;
        let of_files = inputs_of_files(&prepared, &request.inputs, &folder).await?;
        let inputs = check_inputs(&prepared, &request.inputs, &of_files)?;
        let pinned = match request.intrinsic {
            true => prepared.pin_intrinsic(&self.house).await?,
            false => prepared.pin_prompts(&self.house).await?,
        };
        let mut record = RunRecord {
            about: about(prepared.plan.inputs.keys(), &inputs),
            label: label_of(request.label.as_deref()),
            inputs,
            prompts: pinned.pins,
            until: request.until.clone(),
            no_questions: request.no_questions,
            ..self
                .house
                .new_record(&prepared, &request.definition, workspace)
        };
        let publish = request.publish.unwrap_or(prepared.plan.publish);
        // What is only looked at is published nowhere.
        if publish == Publish::Branch && asking == Asking::Now {
            let branch = branch_of(&record.workspace, &record.workflow, record.id);
            record.branch = Some(branch.await?);
        }
        check_kept_paths(&self.house, &prepared, &record).await?;
        give_answers(&mut record, &prepared, &[], &request.answers)?;
        note_operator(&self.house.configuration, &mut record);
        Ok(Begun {
            prepared,
            record,
            brought: pinned.brought,
        })
    }

    pub(super) async fn cancel(&self, run: RunId) -> Result<(), EngineError> {
        // Nobody takes it up meanwhile.
        let _active = self.house.take(run)?;
        let mut record = self.house.own_run(run).await?;
        if matches!(record.state, RunState::Cancelled | RunState::Success) {
            let wanted = Wanted::Cancel;
            return Err(match record.state {
                RunState::Success => RunError::Finished { run, wanted },
                _ => RunError::Cancelled { run, wanted },
            }
            .into());
        }
        self.settle_run(&record).await?;
        let now = self.house.now();
        record.state = RunState::Cancelled;
        record.waiting_for = None;
        record.updated_at = now;
        record.ended_at = Some(now);
        let mut changes = Vec::new();
        for mut execution in self.house.store.executions(run, Gaps::LeaveOut).await? {
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
        changes.push(self.house.event(run, None, &ended));
        changes.push(Change::Run(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(())
    }

    pub(super) async fn find_run(&self, given: &str) -> Result<RunId, EngineError> {
        if let Ok(id) = given.parse::<RunId>()
            && self.house.store.run(id).await?.is_some()
        {
            return Ok(id);
        }
        let fitting = if given == LAST {
            let newest = self.house.store.newest_run().await?;
            newest.into_iter().collect()
        } else {
            self.house.store.runs_by_id(given).await?
        };
        match fitting.as_slice() {
            // One that can't be read is said, instead of what somebody else ran.
            [only] => match self.house.store.run(*only).await? {
                Some(_) => Ok(*only),
                None => Err(RunError::NoSuchRun {
                    given: given.to_owned(),
                }
                .into()),
            },
            [] => Err(RunError::NoSuchRun {
                given: given.to_owned(),
            }
            .into()),
            _ => Err(RunError::Ambiguous {
                given: given.to_owned(),
                fitting,
            }
            .into()),
        }
    }
}

/// What is worth a warning before a run begins: what its definition was found to have, and prompts that stand in for others where
/// nobody wished for them.
fn warnings_of(prepared: &PreparedRun, record: &RunRecord, request: &StartRun) -> Vec<Event> {
    let of_definition = prepared.warnings.iter().map(|warning| {
        let line = warning
            .span
            .as_ref()
            .map(|span| format!(":{}", span.start_line));
        let hint = warning.hint.as_ref().filter(|_| warning.remedy.is_none());
        let hint = hint.map(|hint| format!("; {hint}"));
        let message = format!(
            "{}{}: {}{}",
            warning.file,
            line.unwrap_or_default(),
            warning.message,
            hint.unwrap_or_default()
        );
        let remedy = warning.remedy.clone();
        Event::Warning { message, remedy }
    });
    let pins = record.prompts.iter().flat_map(|(step, pins)| {
        let unread = pins
            .values()
            .filter(|pin| pin.number == 0 && !request.intrinsic);
        unread.map(move |pin| (step, pin))
    });
    let of_prompts = pins.map(|(step, pin)| {
        Event::warning(format!(
            "the record of prompt `{}` can't be read: step `{step}` uses its plugin's intrinsic prompt instead",
            pin.name
        ))
    });
    of_definition.chain(of_prompts).collect()
}
