//! Drives the runs of a server: each in a task of its own, until it ends or only a person can take it further.
//!
//! Nobody sits behind such a run: where it asks, it goes to sleep, and an answer takes it further.

mod driving;

use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{ComparisonId, ImprovementId, RunId, StepPath, Undertaking};
use stepwell_engine::{
    AdvanceImprovement, ComparisonStatus, Engine, EngineError, GivenAnswer, ImprovementStep,
    RemoveComparisons, RemoveRuns, RemovedComparisons, RemovedRuns, ReprocessStep, RerunStep,
    ResumeComparison, ResumeRun, RunAlone, RunOutcome, RunStepAlone, StartComparison,
    StartImprovement, StartRun, TakeUp, Trial,
};

use crate::ProblemDetails;
use driving::Driving;

/// How often runs that have grown old are looked for.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Who drives the runs.
pub struct Supervisor {
    driving: Arc<Driving>,
    /// The engine, as far as whoever asks may reach.
    engine: Engine,
    /// Another part of this process drives a run, and this one takes up none.
    refuses: bool,
}

impl Supervisor {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            driving: Arc::new(Driving::new(engine.clone())),
            engine,
            refuses: false,
        }
    }

    /// The same, for who may reach only as far as this engine.
    pub(crate) fn asked_by(&self, engine: Engine) -> Self {
        Self {
            driving: Arc::clone(&self.driving),
            engine,
            refuses: self.refuses,
        }
    }

    pub(crate) fn refusing(engine: Engine) -> Self {
        Self {
            refuses: true,
            ..Self::new(engine)
        }
    }

    /// Starts a run, and drives it.
    ///
    /// # Errors
    /// What [`Engine::start`] says, or that no run is taken up here.
    pub async fn start(&self, request: StartRun) -> Result<RunId, ProblemDetails> {
        self.detached(async |driving: Arc<Driving>, engine: Engine| {
            let run = engine.start(request).await?;
            driving.go(&engine, run, TakeUp::AsItIs).await?;
            Ok(run)
        })
        .await
    }

    /// Runs one plugin alone, in a run of its own.
    ///
    /// # Errors
    /// What [`Engine::start_alone`] says, or that no run is taken up here.
    pub async fn start_alone(&self, request: RunAlone) -> Result<RunId, ProblemDetails> {
        self.detached(async |driving: Arc<Driving>, engine: Engine| {
            let run = engine.start_alone(request).await?;
            driving.go(&engine, run, TakeUp::AsItIs).await?;
            Ok(run)
        })
        .await
    }

    /// Runs one step of a definition alone, in a run of its own.
    ///
    /// # Errors
    /// What [`Engine::start_step_alone`] says, or that no run is taken up here.
    pub async fn start_step_alone(&self, request: RunStepAlone) -> Result<RunId, ProblemDetails> {
        self.detached(async |driving: Arc<Driving>, engine: Engine| {
            let run = engine.start_step_alone(request).await?;
            driving.go(&engine, run, TakeUp::AsItIs).await?;
            Ok(run)
        })
        .await
    }

    /// Takes a run further. What is given with it is durable when this returns. A run that is under way takes answers
    /// alone.
    ///
    /// # Errors
    /// What [`Engine::take_up`] says, or that no run is taken up here.
    pub async fn resume(&self, run: RunId, request: ResumeRun) -> Result<(), ProblemDetails> {
        let ResumeRun {
            answers, declined, ..
        } = &request;
        if only_answers(&request) && self.engine.answer(run, answers, declined).await? {
            return Ok(());
        }
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            driving.go(&engine, run, TakeUp::Resume(request)).await
        })
        .await
    }

    /// Answers questions of a run, or declines those of a step, whether it is under way or asleep; it stops where it
    /// was to stop. The answers are durable when this returns.
    ///
    /// # Errors
    /// What [`Engine::answer`] and [`Engine::take_up`] say, or that no run is taken up here.
    pub async fn answer(
        &self,
        run: RunId,
        answers: Vec<GivenAnswer>,
        declined: Vec<StepPath>,
    ) -> Result<(), ProblemDetails> {
        if self.engine.answer(run, &answers, &declined).await? {
            return Ok(());
        }
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            // It may be about to come to rest.
            engine.at_rest(run).await?;
            let request = ResumeRun {
                answers,
                declined,
                until: engine.run(run).await?.until,
                ..ResumeRun::default()
            };
            driving.go(&engine, run, TakeUp::Resume(request)).await
        })
        .await
    }

    /// Runs one step of a run again.
    ///
    /// # Errors
    /// What [`Engine::take_up`] says, or that no run is taken up here.
    pub async fn rerun(
        &self,
        run: RunId,
        step: StepPath,
        request: RerunStep,
    ) -> Result<(), ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            let again = TakeUp::Rerun(step, request);
            driving.go(&engine, run, again).await
        })
        .await
    }

    /// Carries one step of a run out again from the answers that it got.
    ///
    /// # Errors
    /// What [`Engine::take_up`] says, or that no run is taken up here.
    pub async fn reprocess(
        &self,
        run: RunId,
        step: StepPath,
        request: ReprocessStep,
    ) -> Result<(), ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            let again = TakeUp::Reprocess(step, request);
            driving.go(&engine, run, again).await
        })
        .await
    }

    /// Starts a comparison, and carries it out.
    ///
    /// # Errors
    /// What [`Engine::start_comparison`] says, or that nothing is taken up here.
    pub async fn start_comparison(
        &self,
        request: StartComparison,
    ) -> Result<ComparisonId, ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            let id = engine.start_comparison(request).await?;
            let as_it_is = ResumeComparison::default();
            driving.compare(id, as_it_is).await?;
            Ok(id)
        })
        .await
    }

    /// Sends a text that isn't saved, once. The same trial that has ended stays as it is.
    ///
    /// # Errors
    /// What [`Engine::start_trial`] says, or that nothing is taken up here.
    pub async fn start_trial(&self, trial: Trial) -> Result<ComparisonId, ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            let id = engine.start_trial(trial).await?;
            let summary = engine.comparison(id).await?.summary;
            if summary.status != ComparisonStatus::Finished {
                driving.compare(id, ResumeComparison::default()).await?;
            }
            Ok(id)
        })
        .await
    }

    /// Starts an improvement of a prompt, and carries it on to its end.
    ///
    /// # Errors
    /// What [`Engine::start_improvement`] says, or that nothing is taken up here.
    pub async fn start_improvement(
        &self,
        request: StartImprovement,
    ) -> Result<ImprovementId, ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            let id = engine.start_improvement(request).await?;
            let as_it_is = AdvanceImprovement::default();
            driving.improve(&engine, id, as_it_is).await?;
            Ok(id)
        })
        .await
    }

    /// Takes an improvement further that stopped, and carries it on to its end. Of one that is under way it says where it is.
    ///
    /// # Errors
    /// What [`Engine::advance_improvement`] says, or that nothing is taken up here.
    pub async fn advance_improvement(
        &self,
        id: ImprovementId,
        request: AdvanceImprovement,
    ) -> Result<ImprovementStep, ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, engine: Engine| {
            driving.improve(&engine, id, request).await
        })
        .await
    }

    /// Takes a comparison further. One that is under way stays as it is.
    ///
    /// # Errors
    /// That it isn't there, or that nothing is taken up here.
    pub async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
    ) -> Result<(), ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>, _| driving.compare(id, request).await)
            .await
    }

    /// Stops a comparison where it is; what its cells came to stays.
    ///
    /// # Errors
    /// That another part of the process carries it out.
    pub async fn stop_comparison(&self, id: ComparisonId) -> Result<(), ProblemDetails> {
        self.driving.stop(id.into()).await
    }

    /// Stops a run where it is; `resume` goes on. One that isn't under way stays as it is.
    ///
    /// # Errors
    /// That another part of the process drives it, or the store's.
    pub async fn stop(&self, run: RunId) -> Result<RunOutcome, ProblemDetails> {
        self.driving.stop(run.into()).await?;
        Ok(self.engine.outcome(run).await?)
    }

    /// Ends a run for good, wherever it is.
    ///
    /// # Errors
    /// What [`Engine::cancel`] says.
    pub async fn cancel(&self, run: RunId) -> Result<(), ProblemDetails> {
        self.stop(run).await?;
        Ok(self.engine.cancel(run).await?)
    }

    /// Waits until a run isn't under way any more, and says where it is then.
    ///
    /// # Errors
    /// What broke it, if it wasn't a step; or the store's.
    pub async fn at_rest(&self, run: RunId) -> Result<RunOutcome, ProblemDetails> {
        self.driving.at_rest(run.into()).await?;
        Ok(self.engine.outcome(run).await?)
    }

    /// Waits until a comparison isn't under way any more.
    ///
    /// # Errors
    /// What broke it, if it wasn't a cell.
    pub async fn comparison_at_rest(&self, id: ComparisonId) -> Result<(), ProblemDetails> {
        self.driving.at_rest(id.into()).await
    }

    /// Takes up the runs, comparisons and improvements that were under way when the process before this one ended.
    ///
    /// # Errors
    /// The store's. What can't be taken up is passed over, with a line in the log.
    pub async fn take_up_interrupted(&self) -> Result<Vec<Undertaking>, ProblemDetails> {
        let mut taken = Vec::new();
        for run in self.engine.interrupted().await? {
            match self.driving.go(&self.engine, run, TakeUp::AsItIs).await {
                Ok(()) => taken.push(run.into()),
                Err(problem) => {
                    tracing::warn!(%run, problem = %problem.detail, "an interrupted run can't go on");
                }
            }
        }
        for comparison in self.engine.comparisons(None, None).await? {
            if comparison.status == ComparisonStatus::Interrupted {
                let as_it_is = ResumeComparison::default();
                match self.driving.compare(comparison.id, as_it_is).await {
                    Ok(()) => taken.push(comparison.id.into()),
                    Err(problem) => {
                        tracing::warn!(comparison = %comparison.id, problem = %problem.detail, "an interrupted comparison can't go on");
                    }
                }
            }
        }
        // Between two of its comparisons none is under way.
        for improvement in self.engine.improvements(None, None).await? {
            if improvement.status == ComparisonStatus::Interrupted {
                self.driving.go_on_improving(improvement.id).await;
            }
        }
        Ok(taken)
    }

    /// Removes, once a day and for as long as this is awaited, the finished runs that the configuration doesn't keep: one that nobody
    /// starts a run beside grows old, too. What ends here is looked at when it does. And frees what only removed runs and comparisons
    /// needed, whoever removed them, as soon as nothing is under way.
    pub async fn keep_tidy(&self) {
        let daily = async {
            loop {
                tokio::time::sleep(DAY).await;
                self.driving.tidy_up().await;
            }
        };
        tokio::join!(daily, self.driving.free_what_was_removed());
    }

    /// Says that runs were removed before this server could do it.
    pub fn has_removed(&self) {
        self.driving.has_removed();
    }

    /// Removes runs, or says only what would go. What only they needed goes once nothing is under way.
    ///
    /// # Errors
    /// What [`Engine::remove_runs`] says.
    pub async fn remove_runs(&self, request: RemoveRuns) -> Result<RemovedRuns, ProblemDetails> {
        let only_say = request.only_say;
        let removed = self.engine.remove_runs(request).await?;
        if !only_say && !removed.runs.is_empty() {
            self.driving.has_removed();
        }
        Ok(removed)
    }

    /// The same of comparisons.
    ///
    /// # Errors
    /// What [`Engine::remove_comparisons`] says.
    pub async fn remove_comparisons(
        &self,
        request: RemoveComparisons,
    ) -> Result<RemovedComparisons, ProblemDetails> {
        let only_say = request.only_say;
        let removed = self.engine.remove_comparisons(request).await?;
        if !only_say {
            self.driving.has_removed();
        }
        Ok(removed)
    }

    /// Stops every run where it is, and takes up no other.
    pub(crate) async fn stop_all(&self) {
        self.driving.end().await;
    }

    /// Does the work in a task: whoever asked for it may hang up, and what was begun is not left half done.
    async fn detached<T, W, F>(&self, work: W) -> Result<T, ProblemDetails>
    where
        W: FnOnce(Arc<Driving>, Engine) -> F,
        F: Future<Output = Result<T, ProblemDetails>> + Send,
        W: Send + 'static,
        T: Send + 'static,
    {
        if self.refuses {
            return Err(ProblemDetails::busy());
        }
        if self.driving.is_ending() {
            return Err(ProblemDetails::ending());
        }
        let (driving, engine) = (Arc::clone(&self.driving), self.engine.clone());
        let work = tokio::spawn(async move {
            let _begins = driving.beginning.read().await;
            work(Arc::clone(&driving), engine).await
        });
        work.await.unwrap_or_else(|error| {
            Err(EngineError::Bug {
                reason: error.to_string(),
            }
            .into())
        })
    }
}

/// Whether a request wants nothing but to answer.
fn only_answers(request: &ResumeRun) -> bool {
    let ResumeRun {
        answers,
        declined,
        documents,
        until,
        no_questions,
        resend,
        rounds,
    } = request;
    !(answers.is_empty() && declined.is_empty())
        && documents.is_empty()
        && until.is_none()
        && !no_questions
        && !resend
        && rounds.is_none()
}
