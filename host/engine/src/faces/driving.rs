//! Runs taken up and driven: from here on, or further (rules E10, E18, E21, E25).
//!
//! Taking a run up says everything that can be said against it, and makes durable what was given with it. Driving it
//! is the long part, which a server leaves to a task of its own.

use std::sync::Arc;

use stepwell_contract::{RunId, StepPath, Undertaking};
use stepwell_store::RunState;
use tokio::sync::watch;

use super::Operations;
use crate::driving::{
    Amended, DriveOptions, Opened, carry_on, give_documents, prepare_pinned, take_up,
};
use crate::state::{Active, PreparedRun, RunPages};
use crate::words::Drive;
use crate::words::RunError;
use crate::words::RunOutcome;
use crate::words::TakeUp;
use crate::words::Wanted;
use crate::words::{EngineError, GivenAnswer, Person, RerunStep, ResumeRun, RunStatus};

/// A run that was taken up. Until it is driven to its end, or dropped, nobody else can take it up.
pub struct TakenUp {
    run: RunId,
    opened: Opened,
}

impl TakenUp {
    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Drives it until it ends or only a person can take it further. When `stop` turns true everything stops: what was
    /// received and stored stays.
    ///
    /// # Errors
    /// The store's; a step that fails is no error but an outcome.
    pub async fn drive(
        self,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<RunOutcome, EngineError> {
        let end = carry_on(self.opened, stop).await?;
        Ok(RunOutcome {
            run: self.run,
            status: end.status,
            waiting_for: end.waiting_for,
            problem: end.problem,
        })
    }
}

impl Operations {
    pub(super) async fn take_up(
        &self,
        run: RunId,
        what: TakeUp,
        person: Option<Arc<dyn Person>>,
    ) -> Result<TakenUp, EngineError> {
        let Some(active) = self.house.activate(run) else {
            return Err(RunError::UnderWay { run }.into());
        };
        let mut options = match what {
            TakeUp::AsItIs => DriveOptions::default(),
            TakeUp::Resume(request) => self.options_to_resume(run, request).await?,
            TakeUp::Rerun(step, request) => self.options_to_rerun(run, &step, request).await?,
        };
        options.person = person;
        self.opened(run, active, options).await
    }

    async fn opened(
        &self,
        run: RunId,
        active: Active,
        options: DriveOptions,
    ) -> Result<TakenUp, EngineError> {
        let opened = take_up(&self.house, run, active, options).await?;
        Ok(TakenUp { run, opened })
    }

    pub(super) async fn drive(&self, run: RunId, how: Drive) -> Result<RunOutcome, EngineError> {
        let taken = self.take_up(run, TakeUp::AsItIs, how.person).await?;
        taken.drive(how.stop).await
    }

    pub(super) async fn resume(
        &self,
        run: RunId,
        request: ResumeRun,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        let what = TakeUp::Resume(request);
        self.take_up(run, what, how.person)
            .await?
            .drive(how.stop)
            .await
    }

    pub(super) async fn rerun(
        &self,
        run: RunId,
        step: &StepPath,
        request: RerunStep,
        how: Drive,
    ) -> Result<RunOutcome, EngineError> {
        let what = TakeUp::Rerun(step.clone(), request);
        self.take_up(run, what, how.person)
            .await?
            .drive(how.stop)
            .await
    }

    pub(super) async fn answer(
        &self,
        run: RunId,
        answers: &[GivenAnswer],
        declined: &[StepPath],
    ) -> Result<bool, EngineError> {
        let Some(context) = self.house.opened(run) else {
            return Ok(false);
        };
        self.check_declined(run, declined).await?;
        let record = context.record.lock().await;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let answers = self.house.answers_for(&prepared, answers)?;
        if context.letters.is_closed() {
            return Ok(false);
        }
        context
            .change(record, Vec::new(), |record| {
                record.answers.extend(answers);
                record.declined.extend_from_slice(declined);
            })
            .await?;
        context.letters.arrived();
        Ok(true)
    }

    pub(super) fn under_way(&self) -> Vec<Undertaking> {
        self.house.all_active()
    }

    pub(super) async fn at_rest(&self, run: RunId) -> Result<RunOutcome, EngineError> {
        self.house.until_let_go(run).await;
        self.outcome(run).await
    }

    pub(super) async fn until_let_go(&self, what: Undertaking) {
        self.house.until_let_go(what).await;
    }

    pub(super) async fn outcome(&self, run: RunId) -> Result<RunOutcome, EngineError> {
        let record = self.house.run_record(run).await?;
        Ok(RunOutcome {
            run,
            status: self.status_of(&record),
            waiting_for: record.waiting_for,
            problem: record.problem,
        })
    }

    pub(super) async fn interrupted(&self) -> Result<Vec<RunId>, EngineError> {
        let is_replay = |provider: &str| provider == stepwell_llm::REPLAY;
        let replays = self.models().iter().any(|model| is_replay(&model.provider));
        let mut interrupted = Vec::new();
        let mut pages = RunPages::default();
        while let Some(runs) = pages.next(&*self.house.store).await? {
            let fitting = runs.iter().filter(|run| {
                let mut models = run.models.values();
                run.scratch.is_none()
                    && self.status_of(run) == RunStatus::Interrupted
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
        let prepared: Arc<PreparedRun> = prepare_pinned(&self.house, &record).await?;
        if let Some(until) = &request.until {
            self.house.step_index(&prepared, until)?;
        }
        record.until.clone_from(&request.until);
        record
            .answers
            .extend(self.house.answers_for(&prepared, &request.answers)?);
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
