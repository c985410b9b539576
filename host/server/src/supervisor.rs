//! Drives the runs of a server: each in a task of its own, until it ends or only a person can take it further.
//!
//! Nobody sits behind such a run: where it asks, it goes to sleep, and an answer takes it further.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stepwell_contract::{ComparisonId, RunId, StepPath};
use stepwell_engine::{
    ComparisonStatus, Engine, EngineError, GivenAnswer, RerunStep, ResumeComparison, ResumeRun,
    RunAlone, RunOutcome, StartComparison, StartRun, TakeUp,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ProblemDetails;

/// Who drives the runs.
pub struct Supervisor {
    driving: Arc<Driving>,
    /// Another part of this process drives a run, and this one takes up none.
    refuses: bool,
}

struct Driving {
    engine: Engine,
    state: Mutex<State>,
    edits: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Stops a run that is under way.
    stops: BTreeMap<RunId, watch::Sender<bool>>,
    /// What ended a run that a step's failure did not end: the store, or a bug.
    broken: BTreeMap<RunId, ProblemDetails>,
    tasks: JoinSet<()>,
    ending: bool,
}

impl Supervisor {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            driving: Arc::new(Driving {
                engine,
                state: Mutex::default(),
                edits: tokio::sync::Mutex::default(),
            }),
            refuses: false,
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
        self.detached(async |driving: Arc<Driving>| {
            let run = driving.engine.start(request).await?;
            driving.go(run, TakeUp::AsItIs).await?;
            Ok(run)
        })
        .await
    }

    /// Drives a run that was just started, or interrupted.
    ///
    /// # Errors
    /// What [`Engine::take_up`] says, or that no run is taken up here.
    pub async fn carry_on(&self, run: RunId) -> Result<(), ProblemDetails> {
        self.detached(async move |driving: Arc<Driving>| driving.go(run, TakeUp::AsItIs).await)
            .await
    }

    /// Runs one plugin alone, in a run of its own.
    ///
    /// # Errors
    /// What [`Engine::start_alone`] says, or that no run is taken up here.
    pub async fn start_alone(&self, request: RunAlone) -> Result<RunId, ProblemDetails> {
        self.detached(async |driving: Arc<Driving>| {
            let run = driving.engine.start_alone(request).await?;
            driving.go(run, TakeUp::AsItIs).await?;
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
        if only_answers(&request) {
            let engine = &self.driving.engine;
            if engine
                .answer(run, &request.answers, &request.declined)
                .await?
            {
                return Ok(());
            }
        }
        self.detached(async move |driving: Arc<Driving>| {
            driving.go(run, TakeUp::Resume(request)).await
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
        if self.driving.engine.answer(run, &answers, &declined).await? {
            return Ok(());
        }
        self.detached(async move |driving: Arc<Driving>| {
            // It may be about to come to rest.
            driving.engine.at_rest(run).await?;
            let request = ResumeRun {
                answers,
                declined,
                until: driving.engine.run(run).await?.until,
                ..ResumeRun::default()
            };
            driving.go(run, TakeUp::Resume(request)).await
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
        self.detached(async move |driving: Arc<Driving>| {
            driving.go(run, TakeUp::Rerun(step, request)).await
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
        self.detached(async move |driving: Arc<Driving>| {
            let id = driving.engine.start_comparison(request).await?;
            driving.compare(id, ResumeComparison::default())?;
            Ok(id)
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
        self.detached(async move |driving: Arc<Driving>| driving.compare(id, request))
            .await
    }

    /// Stops a comparison where it is; what its cells came to stays.
    ///
    /// # Errors
    /// That another part of the process carries it out.
    pub async fn stop_comparison(&self, id: ComparisonId) -> Result<(), ProblemDetails> {
        self.let_go(id.log()).await
    }

    /// Stops a run where it is; `resume` goes on. One that isn't under way stays as it is.
    ///
    /// # Errors
    /// That another part of the process drives it, or the store's.
    pub async fn stop(&self, run: RunId) -> Result<RunOutcome, ProblemDetails> {
        self.let_go(run).await?;
        Ok(self.driving.engine.outcome(run).await?)
    }

    /// Stops a run, or a comparison by its log, and waits until it is.
    async fn let_go(&self, run: RunId) -> Result<(), ProblemDetails> {
        let stop = self.driving.state().stops.get(&run).cloned();
        match stop {
            Some(stop) => {
                stop.send_replace(true);
                stop.closed().await;
                Ok(())
            }
            None if self.driving.engine.under_way().contains(&run) => Err(ProblemDetails::busy()),
            None => Ok(()),
        }
    }

    /// Ends a run for good, wherever it is.
    ///
    /// # Errors
    /// What [`Engine::cancel`] says.
    pub async fn cancel(&self, run: RunId) -> Result<(), ProblemDetails> {
        self.stop(run).await?;
        Ok(self.driving.engine.cancel(run).await?)
    }

    /// Waits until a run isn't under way any more, and says where it is then.
    ///
    /// # Errors
    /// What broke it, if it wasn't a step; or the store's.
    pub async fn at_rest(&self, run: RunId) -> Result<RunOutcome, ProblemDetails> {
        self.rested(run).await?;
        Ok(self.driving.engine.outcome(run).await?)
    }

    /// Waits until a comparison isn't under way any more.
    ///
    /// # Errors
    /// What broke it, if it wasn't a cell.
    pub async fn comparison_at_rest(&self, id: ComparisonId) -> Result<(), ProblemDetails> {
        self.rested(id.log()).await
    }

    async fn rested(&self, run: RunId) -> Result<(), ProblemDetails> {
        let stop = self.driving.state().stops.get(&run).cloned();
        if let Some(stop) = stop {
            stop.closed().await;
        }
        self.driving.engine.until_let_go(run).await;
        match self.driving.state().broken.get(&run) {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        }
    }

    /// Takes up the runs that were under way when the process before this one ended.
    ///
    /// # Errors
    /// The store's. A run that can't be taken up is passed over, with a line in the log.
    pub async fn take_up_interrupted(&self) -> Result<Vec<RunId>, ProblemDetails> {
        let mut taken = Vec::new();
        for run in self.driving.engine.interrupted().await? {
            match self.driving.go(run, TakeUp::AsItIs).await {
                Ok(()) => taken.push(run),
                Err(problem) => {
                    tracing::warn!(%run, problem = %problem.detail, "an interrupted run can't go on");
                }
            }
        }
        for comparison in self.driving.engine.comparisons(None, None).await? {
            if comparison.status == ComparisonStatus::Interrupted {
                self.driving
                    .compare(comparison.id, ResumeComparison::default())?;
                taken.push(comparison.id.log());
            }
        }
        Ok(taken)
    }

    /// Held from looking at a prompt's tag until the prompt is changed.
    pub(crate) async fn edits(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.driving.edits.lock().await
    }

    /// Stops every run where it is, and takes up no other.
    pub(crate) async fn stop_all(&self) {
        let mut tasks = {
            let mut state = self.driving.state();
            state.ending = true;
            for stop in state.stops.values() {
                stop.send_replace(true);
            }
            std::mem::take(&mut state.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    /// Does the work in a task: whoever asked for it may hang up, and what was begun is not left half done.
    async fn detached<T, W, F>(&self, work: W) -> Result<T, ProblemDetails>
    where
        W: FnOnce(Arc<Driving>) -> F,
        F: Future<Output = Result<T, ProblemDetails>> + Send + 'static,
        T: Send + 'static,
    {
        if self.refuses {
            return Err(ProblemDetails::busy());
        }
        if self.driving.state().ending {
            return Err(ProblemDetails::ending());
        }
        let work = tokio::spawn(work(Arc::clone(&self.driving)));
        work.await.unwrap_or_else(|error| {
            Err(EngineError::Bug {
                reason: error.to_string(),
            }
            .into())
        })
    }
}

impl Driving {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a run up, and drives it in a task.
    async fn go(self: &Arc<Self>, run: RunId, what: TakeUp) -> Result<(), ProblemDetails> {
        let taken = self.engine.take_up(run, what, None).await?;
        self.spawn(run, async move |stopped| {
            taken.drive(Some(stopped)).await.map(|_| ())
        })
    }

    /// Carries a comparison out in a task. One that is under way is left to whoever carries it out.
    fn compare(
        self: &Arc<Self>,
        id: ComparisonId,
        request: ResumeComparison,
    ) -> Result<(), ProblemDetails> {
        if self.engine.under_way().contains(&id.log()) {
            return Ok(());
        }
        let engine = self.engine.clone();
        self.spawn(id.log(), async move |stopped| {
            let driven = engine.resume_comparison(id, request, Some(stopped));
            driven.await.map(|_| ())
        })
    }

    /// Does long work in a task, under the name of a run or of a comparison's log.
    fn spawn<W, F>(self: &Arc<Self>, run: RunId, work: W) -> Result<(), ProblemDetails>
    where
        W: FnOnce(watch::Receiver<bool>) -> F + Send + 'static,
        F: Future<Output = Result<(), EngineError>> + Send + 'static,
    {
        let stop = watch::Sender::new(false);
        let stopped = stop.subscribe();
        let this = Arc::clone(self);
        let mut state = self.state();
        if state.ending {
            return Err(ProblemDetails::ending());
        }
        state.broken.remove(&run);
        state.stops.insert(run, stop);
        while state.tasks.try_join_next().is_some() {}
        state.tasks.spawn(async move {
            let ended = work(stopped.clone()).await;
            this.ended(run, ended, &stopped);
        });
        Ok(())
    }

    fn ended(&self, run: RunId, ended: Result<(), EngineError>, stopped: &watch::Receiver<bool>) {
        let mut state = self.state();
        // It may have been taken up anew in between.
        let mine = |stop: &watch::Sender<bool>| stop.subscribe().same_channel(stopped);
        if state.stops.get(&run).is_some_and(mine) {
            state.stops.remove(&run);
            if let Err(error) = ended {
                tracing::error!(%run, %error, "a run had to stop");
                state.broken.insert(run, error.into());
            }
        }
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
    } = request;
    !(answers.is_empty() && declined.is_empty())
        && documents.is_empty()
        && until.is_none()
        && !no_questions
        && !resend
}
