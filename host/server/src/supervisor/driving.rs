//! The tasks in which runs and comparisons are carried out, each under its name.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stepwell_contract::{ComparisonId, ImprovementId, RunId, Undertaking};
use stepwell_engine::{
    AdvanceImprovement, ComparisonError, ComparisonStatus, Engine, EngineError, ImprovementStep,
    ResumeComparison, TakeUp,
};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::ProblemDetails;

/// How often it is looked whether nothing is under way any more.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How many times as long as it took it is waited before what was removed is freed again.
const PAUSE_BETWEEN: u32 = 20;

/// What is under way, and how it is stopped.
pub(super) struct Driving {
    pub(super) engine: Engine,
    state: Mutex<State>,
    /// Two that remove the same runs at once would each find some of them gone.
    tidying: tokio::sync::Mutex<()>,
    /// Held shared by whoever is about to begin something: what it has found in the store isn't freed before it says that it needs it.
    pub(super) beginning: tokio::sync::RwLock<()>,
    /// Says that something may be in the store that nobody needs any more.
    removed: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    /// Stops a run that is under way.
    stops: BTreeMap<Undertaking, watch::Sender<bool>>,
    /// What ended a run that a step's failure did not end: the store, or a bug.
    broken: BTreeMap<Undertaking, ProblemDetails>,
    tasks: JoinSet<()>,
    ending: bool,
}

impl Driving {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            state: Mutex::default(),
            tidying: tokio::sync::Mutex::default(),
            beginning: tokio::sync::RwLock::default(),
            removed: tokio::sync::Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a run up as far as the engine of whoever asks may, and drives it in a task.
    pub(super) async fn go(
        self: &Arc<Self>,
        engine: &Engine,
        run: RunId,
        what: TakeUp,
    ) -> Result<(), ProblemDetails> {
        let taken = engine.take_up(run, what, None).await?;
        self.spawn(run.into(), async move |stopped| {
            taken.drive(Some(stopped)).await.map(|_| ())
        })
    }

    /// Carries a comparison out in a task. One that is under way is left to whoever carries it out. Once one has ended that is part
    /// of an improvement, this goes on from what it came to.
    pub(super) async fn compare(
        self: &Arc<Self>,
        id: ComparisonId,
        request: ResumeComparison,
    ) -> Result<(), ProblemDetails> {
        let taken = match self.engine.take_up_comparison(id, request).await {
            Err(EngineError::Comparison(ComparisonError::UnderWay { .. })) => return Ok(()),
            taken => taken?,
        };
        let this = Arc::clone(self);
        self.spawn(id.into(), async move |stopped| {
            let ended = taken.drive(Some(stopped)).await?;
            let has_finished = ended.status == ComparisonStatus::Finished;
            if let Some(improvement) = ended.improvement.filter(|_| has_finished) {
                this.go_on_improving(improvement).await;
            }
            Ok(())
        })
    }

    /// Takes an improvement further, and carries the comparison out that it has come to. One that is under way is left to whoever
    /// carries it out.
    pub(super) async fn improve(
        self: &Arc<Self>,
        engine: &Engine,
        id: ImprovementId,
        request: AdvanceImprovement,
    ) -> Result<ImprovementStep, ProblemDetails> {
        let step = engine.advance_improvement(id, request).await?;
        if let Some(comparison) = step.comparison {
            let as_it_is = ResumeComparison::default();
            self.compare(comparison, as_it_is).await?;
        }
        Ok(step)
    }

    /// Takes an improvement further that nobody waits for. What keeps it from that stands in the log; a person can take it up again.
    pub(super) fn go_on_improving(
        self: &Arc<Self>,
        id: ImprovementId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let this = Arc::clone(self);
        // Its comparison comes back to this when it has ended.
        Box::pin(async move {
            // Between two comparisons nothing is under way that would keep what this one reads.
            let _begins = this.beginning.read().await;
            let as_it_is = AdvanceImprovement::default();
            let step = this.improve(&this.engine, id, as_it_is).await;
            if let Err(problem) = step
                && !this.is_ending()
            {
                tracing::warn!(improvement = %id, problem = %problem.detail, "an improvement can't go on");
            }
        })
    }

    /// Stops a run or a comparison, and waits until it is.
    pub(super) async fn stop(&self, what: Undertaking) -> Result<(), ProblemDetails> {
        let stop = self.state().stops.get(&what).cloned();
        match stop {
            Some(stop) => {
                stop.send_replace(true);
                stop.closed().await;
                Ok(())
            }
            None if self.engine.under_way().contains(&what) => Err(ProblemDetails::busy()),
            None => Ok(()),
        }
    }

    /// Waits until a run or a comparison, isn't under way any more, whoever drives it.
    pub(super) async fn at_rest(&self, what: Undertaking) -> Result<(), ProblemDetails> {
        let stop = self.state().stops.get(&what).cloned();
        if let Some(stop) = stop {
            stop.closed().await;
        }
        self.engine.until_let_go(what).await;
        match self.state().broken.get(&what) {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        self.state().ending
    }

    /// Removes the finished runs that the configuration doesn't keep.
    pub(super) async fn tidy_up(&self) {
        let _alone = self.tidying.lock().await;
        if self.is_ending() {
            return;
        }
        match self.engine.tidy_up().await {
            Ok(0) => {}
            Ok(runs) => {
                tracing::info!(
                    runs,
                    "finished runs are removed: `[retention]` doesn't keep them"
                );
                self.has_removed();
            }
            Err(error) => tracing::warn!(%error, "no run is removed by `[retention]`"),
        }
    }

    /// Something was removed that may have left texts and files behind.
    pub(super) fn has_removed(&self) {
        self.removed.notify_one();
    }

    /// Frees, each time that something was removed and for as long as this is awaited, what only that needed: as soon as nothing is
    /// under way and nothing is about to begin.
    pub(super) async fn free_what_was_removed(&self) {
        loop {
            self.removed.notified().await;
            let began = loop {
                let began = Instant::now();
                if self.freed_all().await {
                    break began;
                }
                tokio::time::sleep(LOOKS_EVERY).await;
            };
            // Where every run that ends removes another one, the whole store isn't looked through for each.
            tokio::time::sleep(began.elapsed() * PAUSE_BETWEEN).await;
        }
    }

    /// Whether it was the moment for it.
    async fn freed_all(&self) -> bool {
        let Ok(_nothing_begins) = self.beginning.try_write() else {
            return false;
        };
        if !self.engine.under_way().is_empty() {
            return false;
        }
        match self.engine.free_unneeded().await {
            Ok(None) => return false,
            Ok(Some(freed)) => tracing::info!(
                blobs = freed.blobs,
                bytes = freed.bytes,
                "what only removed runs and comparisons needed is freed"
            ),
            Err(error) => tracing::warn!(%error, "what was removed leaves its texts behind"),
        }
        true
    }

    /// Stops everything where it is, and begins nothing any more.
    pub(super) async fn end(&self) {
        let mut tasks = {
            let mut state = self.state();
            state.ending = true;
            for stop in state.stops.values() {
                stop.send_replace(true);
            }
            std::mem::take(&mut state.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    /// Does long work in a task, under the name of a run or of a comparison.
    fn spawn<W, F>(self: &Arc<Self>, what: Undertaking, work: W) -> Result<(), ProblemDetails>
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
        state.broken.remove(&what);
        state.stops.insert(what, stop);
        while state.tasks.try_join_next().is_some() {}
        state.tasks.spawn(async move {
            let ended = work(stopped.clone()).await;
            this.ended(what, ended, &stopped);
            this.tidy_up().await;
        });
        Ok(())
    }

    fn ended(
        &self,
        what: Undertaking,
        ended: Result<(), EngineError>,
        stopped: &watch::Receiver<bool>,
    ) {
        let mut state = self.state();
        // It may have been taken up anew in between.
        let mine = |stop: &watch::Sender<bool>| stop.subscribe().same_channel(stopped);
        if state.stops.get(&what).is_some_and(mine) {
            state.stops.remove(&what);
            if let Err(error) = ended {
                tracing::error!(?what, %error, "it had to stop");
                state.broken.insert(what, error.into());
            }
        }
    }
}
