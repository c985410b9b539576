//! The attempts of an execution: begin, call the guest, and decide what its end means (rules E9, E10, E18 to E20).

use std::ops::ControlFlow;
use std::sync::Arc;

use stepwell_contract::{
    AttemptEnd, AttemptReport, Digest, Environment, ExecutionKey, FailureKind, GoOn, GuestAnswer,
    GuestCall, Halt, HostServices, Problem, ProblemCode, Remedy, TEMPLATE_INPUT, Text,
    WorkspaceGrant,
};
use stepwell_store::{Change, ExecutionRecord, ExecutionState, MemoKey, StoreError};

use super::beginning::{Inputs, begin_attempt, environment, inputs_of, next_number, services};
use super::ending::{ExecutionEnd, ended, ended_unbegun, fail, halted};
use super::lending::lent_folders;
use super::services::Services;
use super::told::Told;
use super::verdict::{attempts_left, end_word, ended_itself, judge, problem_of};
use crate::state::{RunContext, Unit, lock};
use crate::words::Event;

/// Carries out one unit: as many attempts as its step may take, until it succeeds, fails or has to wait.
pub(crate) async fn carry_out(run: Arc<RunContext>, unit: Unit) -> ExecutionEnd {
    match try_carry_out(run, unit).await {
        Ok(end) | Err(end) => end,
    }
}

async fn try_carry_out(run: Arc<RunContext>, unit: Unit) -> Result<ExecutionEnd, ExecutionEnd> {
    let (execution, mut record) = match Execution::of(run, unit).await? {
        ControlFlow::Continue(ready) => ready,
        ControlFlow::Break(end) => return Ok(end),
    };
    loop {
        record = match execution.attempt(record).await? {
            ControlFlow::Continue(record) => record,
            ControlFlow::Break(end) => return Ok(end),
        };
    }
}

/// The record of the take whose answers an execution is carried out from, as it was in its last attempt that got one.
async fn precedent(
    run: &RunContext,
    record: &ExecutionRecord,
) -> Result<Option<ExecutionRecord>, StoreError> {
    let Some(of) = &record.answers_of else {
        return Ok(None);
    };
    let key = ExecutionKey {
        take: of.take,
        ..record.key.clone()
    };
    let mut precedent = run.house.store.execution(&key).await?;
    if let Some(precedent) = &mut precedent {
        precedent.attempts.retain(|it| it.number <= of.attempt);
    }
    Ok(precedent)
}

/// An execution that is carried out.
pub(super) struct Execution {
    pub(super) run: Arc<RunContext>,
    pub(super) unit: Unit,
    key: ExecutionKey,
    inputs: Inputs,
    /// The take whose answers it is carried out from: its guest finds what was there then.
    precedent: Option<ExecutionRecord>,
    /// How many attempts don't count any more.
    counted_before: usize,
}

/// How an attempt left its execution: at its end, or with the record that the next one goes on from.
type Left = ControlFlow<ExecutionEnd, ExecutionRecord>;

/// What came of the guest's own work; an end that is the execution's breaks off.
type Worked = ControlFlow<ExecutionEnd, AttemptEnd>;

impl Execution {
    /// An execution with its inputs, and its record as it is now; or how it ends without them.
    pub(super) async fn of(
        run: Arc<RunContext>,
        unit: Unit,
    ) -> Result<ControlFlow<ExecutionEnd, (Self, ExecutionRecord)>, ExecutionEnd> {
        let key = run.key_of(&unit);
        let mut record = match run.house.store.execution(&key).await? {
            Some(record) => record,
            None => {
                let items = run.items_at(&unit);
                ExecutionRecord::new(key.clone(), items, ExecutionState::Pending, run.house.now())
            }
        };
        let inputs = match inputs_of(&run, &unit, &record).await? {
            Ok(inputs) => inputs,
            Err(problem) => {
                let end = fail(&run, record, problem, Vec::new()).await?;
                return Ok(ControlFlow::Break(end));
            }
        };
        record.inputs = Some(Digest::of(&inputs.blob));
        if record.state == ExecutionState::Failure {
            // What was answered didn't do: a person who resumes wants it to ask.
            record.answers_of = None;
        }
        let precedent = precedent(&run, &record).await?;
        // A person who resumes gives fresh attempts: those before don't count any more (rule E10).
        let counted_before = match record.state {
            ExecutionState::Failure => record.attempts.len(),
            _ => 0,
        };
        let execution = Execution {
            run,
            unit,
            key,
            inputs,
            precedent,
            counted_before,
        };
        Ok(ControlFlow::Continue((execution, record)))
    }

    /// Makes one attempt.
    async fn attempt(&self, mut record: ExecutionRecord) -> Result<Left, ExecutionEnd> {
        let services = self.begin(&mut record).await?;
        if let Err(halt) = services.look_at_kept().await {
            return self.halted(&services, halt).await.map(ControlFlow::Break);
        }
        let environment = match self.surroundings(&record, &services).await? {
            ControlFlow::Continue(environment) => environment,
            ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
        };
        let report = self.call(&services, environment).await?;
        match self.settle(&services, &report).await? {
            ControlFlow::Continue(end) => self.after(&services, end, &report).await,
            ControlFlow::Break(end) => Ok(ControlFlow::Break(end)),
        }
    }

    /// Writes down that an attempt is under way, and gives the host of its guest.
    pub(super) async fn begin(
        &self,
        record: &mut ExecutionRecord,
    ) -> Result<Arc<Services>, ExecutionEnd> {
        let Self { run, unit, .. } = self;
        let afresh = begin_attempt(run, record);
        let left = attempts_left(run, unit, record, self.counted_before);
        let told = match &self.precedent {
            Some(precedent) => Told::of(precedent, attempts_left(run, unit, precedent, 0)),
            None => Told::of(record, left),
        };
        let room = self.inputs.room.clone();
        let services = services(run, unit, record.clone(), afresh, told, room).await?;
        let started = Event::StepStarted {
            attempt: services.attempt,
            afresh,
            items: record.items.last().copied().flatten(),
        };
        let changes = vec![
            Change::Blob(self.inputs.blob.clone()),
            Change::Execution(Box::new(record.clone())),
            services.event(started),
        ];
        run.house.store.commit(changes).await?;
        Ok(Arc::new(services))
    }

    /// What surrounds the guest, with its copy of the workspace where it is granted one.
    pub(super) async fn surroundings(
        &self,
        record: &ExecutionRecord,
        services: &Services,
    ) -> Result<ControlFlow<ExecutionEnd, Environment>, ExecutionEnd> {
        let clocked_by = self.precedent.as_ref().unwrap_or(record);
        let mut environment = environment(&self.run, &self.unit, clocked_by);
        match lent_folders(&self.run, &self.key, &environment.grants.read).await {
            Ok(folders) => environment.folders = folders,
            Err(problem) => {
                return self
                    .unbegun(services, problem)
                    .await
                    .map(ControlFlow::Break);
            }
        }
        if environment.grants.workspace != WorkspaceGrant::Copy {
            return Ok(ControlFlow::Continue(environment));
        }
        let no_copy = match services.copy_of_workspace().await {
            Ok(Ok(files)) => {
                environment.copy = Some(files.into());
                return Ok(ControlFlow::Continue(environment));
            }
            Ok(Err(no_copy)) => no_copy,
            Err(halt) => return self.halted(services, halt).await.map(ControlFlow::Break),
        };
        let problem = no_copy.problem(&self.key);
        self.unbegun(services, problem)
            .await
            .map(ControlFlow::Break)
    }

    /// Ends the execution where its guest could not even begin.
    async fn unbegun(
        &self,
        services: &Services,
        problem: Problem,
    ) -> Result<ExecutionEnd, ExecutionEnd> {
        let record = services.record.lock().await.clone();
        let ended = ended_unbegun(record, problem.code.as_str(), self.run.house.now());
        // After the person has made room, it must not be the same files that are found again.
        let changes = self.leftovers_without_looks(services);
        fail(&self.run, ended, problem, changes).await
    }

    /// Lets the guest do its work.
    pub(super) async fn call(
        &self,
        services: &Arc<Services>,
        environment: Environment,
    ) -> Result<AttemptReport, ExecutionEnd> {
        let Some(plugin) = self.run.plugin(self.unit.step) else {
            let step = &self.key.path;
            let reason = format!("the plugin of step `{step}` is not in the store");
            return Err(ExecutionEnd::Store(reason));
        };
        // It is there until the guest is done, however many others are loaded meanwhile.
        let held = self.run.house.hold(plugin).await;
        let _held = held.map_err(|error| ExecutionEnd::Store(error.to_string()))?;
        let mut inputs = self.inputs.texts.clone();
        let template = services.template_in_force().await;
        let template = template.map_err(|halt| ExecutionEnd::Store(halt.to_string()))?;
        // What the step makes of an answer may follow from what its prompt asks for.
        inputs.extend(template.map(|template| Text::new(TEMPLATE_INPUT, template)));
        let call = GuestCall::Execute {
            inputs,
            services: Arc::clone(services) as Arc<dyn HostServices>,
        };
        let runner = &self.run.house.runner;
        Ok(runner.call(&plugin.digest, call, environment).await)
    }

    /// Commits the outcome, where the guest gave one.
    async fn settle(
        &self,
        services: &Services,
        report: &AttemptReport,
    ) -> Result<Worked, ExecutionEnd> {
        let written = match report.outcome.clone() {
            Ok(GuestAnswer::Documents(written)) => written,
            Ok(GuestAnswer::Prompt(_)) => {
                let reason = "`execute` gave a prompt instead of documents".into();
                return Ok(ControlFlow::Continue(AttemptEnd::BadOutcome { reason }));
            }
            Err(end) => return Ok(ControlFlow::Continue(end)),
        };
        let documents = match services.check_documents(written).await {
            Ok(documents) => documents,
            Err(end) => return Ok(ControlFlow::Continue(end)),
        };
        let kept = match services.keep_documents(&documents).await {
            Ok(kept) => kept,
            Err(end) => return Ok(ControlFlow::Continue(end)),
        };
        let reason = match services.succeed(documents, kept, report).await {
            Ok(end) => return Ok(ControlFlow::Break(end)),
            Err(Halt::Conflict { reason }) => reason,
            Err(halt) => return Ok(ControlFlow::Continue(halt.into())),
        };
        let then = GoOn::Run(self.key.run);
        let problem = Problem::new(ProblemCode::Conflict, reason)
            .with(Remedy::RunInOrder { then })
            .of(&self.key);
        let record = services.record.lock().await.clone();
        let ended = ended(record, report, "conflict", self.run.house.now());
        let changes = self.leftovers_without_looks(services);
        let end = fail(&self.run, ended, problem, changes).await?;
        Ok(ControlFlow::Break(end))
    }

    /// Decides what the end of an attempt means.
    async fn after(
        &self,
        services: &Services,
        end: AttemptEnd,
        report: &AttemptReport,
    ) -> Result<Left, ExecutionEnd> {
        let end = match end {
            AttemptEnd::Halted(halt) => {
                return self.halted(services, halt).await.map(ControlFlow::Break);
            }
            end => end,
        };
        let Self { run, unit, .. } = self;
        let record = services.record.lock().await.clone();
        let saved = lock(&services.memory).saved_checkpoint;
        let verdict = judge(run, unit, &record, &end, saved, self.counted_before);
        let word = end_word(&end);
        let mut changes = services.leftovers();
        let invalid = FailureKind::InvalidResponse;
        if matches!(&end, AttemptEnd::Failure(failure) if failure.kind == invalid) {
            let keys = std::mem::take(&mut lock(&services.memory).last_chat);
            changes.push(self.forget(keys));
        }
        let mut record = ended(record, report, &word, run.house.now());
        if let Some(attempt) = record.attempts.last_mut() {
            attempt.counts = verdict.counts;
            attempt.progress = lock(&services.memory).at.take();
        }
        if self.precedent.is_some() {
            // Whoever resumes it works on the files of then.
            changes.push(self.forget(lock(&services.memory).file_looks()));
        }
        if !verdict.again {
            let problem = problem_of(run, unit, &end, report);
            let end = fail(run, record, problem, changes).await?;
            return Ok(ControlFlow::Break(end));
        }
        changes.push(Change::Execution(Box::new(record.clone())));
        changes.push(services.event(Event::StepRetried {
            end: word,
            attempt: next_number(&record),
            by_itself: ended_itself(&end),
        }));
        run.house.store.commit(changes).await?;
        Ok(ControlFlow::Continue(record))
    }

    async fn halted(&self, services: &Services, halt: Halt) -> Result<ExecutionEnd, ExecutionEnd> {
        let record = services.record.lock().await.clone();
        if let Halt::WouldAsk { .. } = halt {
            let (run, step) = (self.key.run, self.key.path.clone());
            let problem = Problem::new(ProblemCode::WouldAsk, halt.to_string())
                .with(Remedy::RunStep { run, step })
                .of(&self.key);
            let word = problem.code.as_str();
            let record = ended_unbegun(record, word, self.run.house.now());
            return fail(
                &self.run,
                record,
                problem,
                self.leftovers_without_looks(services),
            )
            .await;
        }
        halted(&self.run, record, services, halt).await
    }

    /// What the attempt leaves, but for its looks at files, which are made anew.
    fn leftovers_without_looks(&self, services: &Services) -> Vec<Change> {
        let mut changes = services.leftovers();
        let looks = lock(&services.memory).file_looks();
        changes.push(self.forget(looks));
        changes
    }

    fn forget(&self, keys: Vec<MemoKey>) -> Change {
        Change::ForgetMemos {
            execution: self.key.clone(),
            keys,
        }
    }
}

impl Services {
    /// What a failed attempt leaves: memos, looks, log and events (rule E13).
    pub(super) fn leftovers(&self) -> Vec<Change> {
        lock(&self.memory).take_unsaved()
    }
}
