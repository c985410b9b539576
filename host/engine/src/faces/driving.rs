//! Runs taken up and driven: from here on, or further (rules E10, E18, E21, E25).
//!
//! Taking a run up says everything that can be said against it, and makes durable what was given with it. Driving it
//! is the long part, which a server leaves to a task of its own.

use std::num::NonZeroU32;
use std::sync::Arc;

use stepwell_contract::{Problem, RunId, StepPath};
use stepwell_store::{Change, Gaps, RunRecord, RunState};

use super::Operations;
use crate::driving::{
    Amended, Asking, DriveOptions, TakenUp, give_answers, give_documents, prepare_pinned, take_up,
};
use crate::state::RunPages;
use crate::words::{
    Drive, EngineError, GivenAnswer, Person, ReprocessStep, RerunStep, ResumeRun, RunError,
    RunOutcome, RunStatus, StepView, TakeUp, Wanted,
};

impl Operations {
    pub(super) async fn take_up(
        &self,
        run: RunId,
        what: TakeUp,
        person: Option<Arc<dyn Person>>,
    ) -> Result<TakenUp, EngineError> {
        let active = self.house.take(run)?;
        let as_it_is = matches!(what, TakeUp::AsItIs);
        let mut options = match what {
            TakeUp::AsItIs => DriveOptions::default(),
            TakeUp::Resume(request) => self.options_to_resume(run, request).await?,
            TakeUp::Rerun(step, request) => {
                self.options_to_rerun(run, &step, request, Asking::Now)
                    .await?
            }
            TakeUp::Reprocess(step, request) => {
                self.options_to_reprocess(run, &step, request).await?
            }
        };
        options.person = person;
        let taken = take_up(&self.house, run, active, options).await;
        if let (true, Err(refused)) = (as_it_is, &taken)
            && let Some(problem) = refused.problem_of_begun()
        {
            self.note_refusal(run, problem).await?;
        }
        taken
    }

    /// Notes in a run that nobody is there to be told about why it isn't taken further.
    async fn note_refusal(&self, run: RunId, problem: Problem) -> Result<(), EngineError> {
        let Ok(_active) = self.house.take(run) else {
            return Ok(());
        };
        let mut record = self.house.run_record(run).await?;
        if record.problem.as_ref() == Some(&problem) {
            return Ok(());
        }
        record.problem = Some(problem);
        record.updated_at = self.house.now();
        let change = Change::Run(Box::new(record));
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    pub(super) async fn drive(&self, run: RunId, how: Drive) -> Result<RunOutcome, EngineError> {
        self.carry_on(run, TakeUp::AsItIs, how).await
    }

    pub(super) async fn resume(
        &self,
        run: RunId,
        request: ResumeRun,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        self.carry_on(run, TakeUp::Resume(request), how).await
    }

    pub(super) async fn rerun(
        &self,
        run: RunId,
        step: &StepPath,
        request: RerunStep,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        let what = TakeUp::Rerun(step.clone(), request);
        self.carry_on(run, what, how).await
    }

    pub(super) async fn reprocess(
        &self,
        run: RunId,
        step: &StepPath,
        request: ReprocessStep,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        let what = TakeUp::Reprocess(step.clone(), request);
        self.carry_on(run, what, how).await
    }

    async fn carry_on(
        &self,
        run: RunId,
        what: TakeUp,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        let taken = self.take_up(run, what, how.person).await?;
        taken.drive(how.stop).await
    }

    pub(super) async fn answer(
        &self,
        run: RunId,
        answers: &[GivenAnswer],
        declined: &[StepPath],
    ) -> Result<bool, EngineError> {
        let Some(mailbox) = self.house.opened(run) else {
            return Ok(false);
        };
        self.check_declined(run, declined).await?;
        let record = mailbox.record.lock().await;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let mut given = record.clone();
        let executions = self.house.store.executions(run, Gaps::Refuse).await?;
        let open = self.open_forms_now(&record, &executions).await;
        give_answers(&mut given, &prepared, &open, answers)?;
        if mailbox.is_closed() {
            return Ok(false);
        }
        self.house
            .change(record, Vec::new(), |record| {
                record.answers = given.answers;
                record.answered_by = given.answered_by;
                record.answers_to_forms = given.answers_to_forms;
                record.declined.extend_from_slice(declined);
            })
            .await?;
        mailbox.arrived();
        Ok(true)
    }

    pub(super) async fn at_rest(&self, run: RunId) -> Result<RunOutcome, EngineError> {
        self.house.until_let_go(run).await;
        self.outcome(run).await
    }

    pub(super) async fn outcome(&self, run: RunId) -> Result<RunOutcome, EngineError> {
        let was_active = self.house.is_active(run);
        let record = self.house.run_record(run).await?;
        Ok(RunOutcome {
            run,
            status: self.status_of(&record, was_active),
            waiting_for: record.waiting_for,
            problem: record.problem,
        })
    }

    pub(super) async fn interrupted(&self) -> Result<Vec<RunId>, EngineError> {
        let is_replay = |provider: &str| provider == stepwell_contract::REPLAY;
        let replays = self
            .house
            .models
            .list()
            .iter()
            .any(|model| is_replay(&model.provider));
        let mut interrupted = Vec::new();
        let mut pages = RunPages::default();
        while let Some(runs) = pages.next(self.house.store.as_ref(), usize::MAX).await? {
            let fitting = runs.iter().filter(|run| {
                let mut models = run.models.values();
                run.scratch.is_none()
                    && self.status_of(run, false) == RunStatus::Interrupted
                    && models.all(|model| is_replay(&model.provider) == replays)
            });
            interrupted.extend(fitting.map(|run| run.id));
        }
        Ok(interrupted)
    }

    /// Only a form that is open can be declined: kept for later, it would end one that nobody has read.
    async fn check_declined(&self, run: RunId, declined: &[StepPath]) -> Result<(), EngineError> {
        if declined.is_empty() {
            return Ok(());
        }
        let asked = self.run(run).await?.questions;
        let asks = |step: &StepPath| asked.iter().any(|asked| asked.path == *step);
        match declined.iter().find(|step| !asks(step)) {
            Some(step) => Err(RunError::NothingAsked { step: step.clone() }.into()),
            None => Ok(()),
        }
    }

    /// Gives more rounds to the steps that have used up theirs.
    async fn give_rounds(
        &self,
        record: &mut RunRecord,
        more: NonZeroU32,
    ) -> Result<(), EngineError> {
        let steps = self.run(record.id).await?.steps;
        let is_used_up = |step: &&StepView| step.rounds.iter().any(|rounds| rounds.exhausted);
        let used_up: Vec<_> = steps.iter().filter(is_used_up).collect();
        if used_up.is_empty() {
            return Err(RunError::RoundsLeft { run: record.id }.into());
        }
        for step in used_up {
            let given = record.more_rounds.entry(step.path.clone()).or_default();
            *given = given.saturating_add(more.get());
        }
        Ok(())
    }

    async fn options_to_resume(
        &self,
        run: RunId,
        request: ResumeRun,
    ) -> Result<DriveOptions, EngineError> {
        let mut record = self.house.own_run(run).await?;
        match record.state {
            RunState::Cancelled => {
                return Err(RunError::Cancelled {
                    run,
                    wanted: Wanted::Resume,
                }
                .into());
            }
            RunState::Success if record.stale.is_empty() => {
                return Err(RunError::Finished {
                    run,
                    wanted: Wanted::Resume,
                }
                .into());
            }
            _ => {}
        }
        let prepared = prepare_pinned(&self.house, &record).await?;
        if let Some(until) = &request.until {
            prepared.require_step(until)?;
        }
        record.until.clone_from(&request.until);
        if let Some(more) = request.rounds {
            self.give_rounds(&mut record, more).await?;
        }
        let executions = self.house.store.executions(run, Gaps::Refuse).await?;
        let open = self.open_forms_now(&record, &executions).await;
        give_answers(&mut record, &prepared, &open, &request.answers)?;
        self.check_declined(run, &request.declined).await?;
        record.declined.clone_from(&request.declined);
        record.no_questions = request.no_questions;
        record.updated_at = self.house.now();
        let given = give_documents(&self.house, &prepared, &mut record, &request.documents)?;
        Ok(DriveOptions {
            amended: Some(Amended {
                record,
                changes: given,
            }),
            resend: request.resend,
            ..DriveOptions::default()
        })
    }
}
