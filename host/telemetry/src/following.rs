//! Follows what is committed, and tells of what ended.
//!
//! It never waits for the collector, and nobody waits for it: a run that is under way doesn't know that it is followed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use stepwell_contract::{RunId, Undertaking};
use stepwell_engine::{Engine, EngineError, Event, Logged, RunStatus};
use stepwell_store::{Notice, RunRecord};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::oneshot;

use crate::ended::{Ended, Log};
use crate::measures::Measures;
use crate::sending::{Queue, lock};
use crate::spans;

/// How many events are read at once.
const PAGE: usize = 500;
/// The provider of a model whose answers were recorded.
const REPLAY: &str = "replay";

pub(crate) struct Following {
    engine: Engine,
    notices: Receiver<Notice>,
    /// The runs of which something was read and that go on.
    logs: BTreeMap<RunId, Log>,
    /// None where no traces are wanted.
    queue: Option<Queue>,
    measures: Arc<Mutex<Measures>>,
}

impl Following {
    /// From now on: nothing that is committed after this is missed.
    pub(crate) fn new(
        engine: Engine,
        queue: Option<Queue>,
        measures: Arc<Mutex<Measures>>,
    ) -> Self {
        Self {
            notices: engine.watch(),
            engine,
            logs: BTreeMap::new(),
            queue,
            measures,
        }
    }

    /// Until it is told to stop, and then to the end of what was committed by then.
    pub(crate) async fn follow(mut self, mut stop: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                notice = self.notices.recv() => match notice {
                    Ok(notice) => self.noticed(notice).await,
                    Err(RecvError::Lagged(_)) => self.look_at_all().await,
                    Err(RecvError::Closed) => return,
                },
                _ = &mut stop => break,
            }
        }
        loop {
            match self.notices.try_recv() {
                Ok(notice) => self.noticed(notice).await,
                Err(TryRecvError::Lagged(_)) => self.look_at_all().await,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    async fn noticed(&mut self, notice: Notice) {
        if let Notice::Events { run, cursor } = notice {
            self.look(run, cursor).await;
        }
    }

    /// Notices were missed: whatever is under way may have gone on.
    async fn look_at_all(&mut self) {
        let under_way = self.engine.under_way().into_iter();
        let under_way = under_way.filter_map(|what| match what {
            Undertaking::Run(run) => Some(run),
            Undertaking::Comparison(_) => None,
        });
        let mut runs: Vec<RunId> = under_way.collect();
        runs.extend(self.logs.keys());
        for run in runs {
            self.look(run, u64::MAX).await;
        }
    }

    async fn look(&mut self, run: RunId, cursor: u64) {
        if self.logs.get(&run).is_some_and(|log| log.cursor >= cursor) {
            return;
        }
        if let Err(error) = self.read(run, cursor).await {
            // Nothing hangs on it, and the run will meet the same.
            tracing::debug!("run {run} can't be traced: {error}");
        }
    }

    async fn read(&mut self, run: RunId, cursor: u64) -> Result<(), EngineError> {
        // What has no record is a comparison, or was removed.
        let Some(record) = self.engine.run_record(run).await? else {
            self.logs.remove(&run);
            return Ok(());
        };
        let known = self.logs.remove(&run);
        let is_known = known.is_some();
        let mut log = known.unwrap_or_default();
        let mut events = Vec::new();
        loop {
            let after = events
                .last()
                .map_or(log.cursor, |last: &Logged| last.cursor);
            let page = self.engine.logged(run, after, PAGE).await?;
            let is_last = page.len() < PAGE;
            events.extend(page);
            if is_last {
                break;
            }
        }
        let from = match is_known {
            true => 0,
            false => {
                let here = self.engine.under_way().contains(&run.into());
                first_of_ours(&events, cursor, here)
            }
        };
        let mut rests = false;
        for event in events {
            let is_ours = event.cursor >= from;
            rests = matches!(event.event, Event::RunEnded { .. });
            for ended in log.take(event) {
                if is_ours {
                    self.tell(&record, ended).await?;
                }
            }
        }
        // What follows on that begins with an event that says so.
        if !rests {
            self.logs.insert(run, log);
        }
        Ok(())
    }

    async fn tell(&self, run: &RunRecord, ended: Ended) -> Result<(), EngineError> {
        let span = match ended {
            Ended::Call(id) => {
                let Some(call) = self.engine.call_record(id).await? else {
                    return Ok(());
                };
                let answered_by = self.engine.model_that_answered(&call).await?;
                let answered_by = answered_by.as_deref().filter(|model| !model.is_empty());
                lock(&self.measures).call(&call, answered_by);
                spans::of_call(&call, answered_by)
            }
            Ended::Attempt {
                key,
                number,
                end,
                period,
                outcome,
            } => {
                let record = self.engine.execution_record(&key).await?;
                let mut attempts = record.iter().flat_map(|record| &record.attempts);
                let attempt = attempts.find(|attempt| attempt.number == number);
                spans::of_attempt(&key, (number, end), attempt, period, &outcome)
            }
            Ended::Execution {
                key,
                end,
                end_of_run,
                period,
                outcome,
            } => {
                lock(&self.measures).execution(&run.workflow, &key, &outcome);
                let plugin = run.plugins.get(&key.path);
                let uses = plugin.map(|plugin| plugin.uses.as_str());
                spans::of_execution(&key, (end, end_of_run), uses, period, &outcome)
            }
            Ended::Run {
                end,
                period,
                outcome,
            } => {
                lock(&self.measures).run(&run.workflow, &outcome);
                let mut models = run.models.values();
                let replayed = models.any(|model| model.provider == REPLAY);
                spans::of_run(run, end, period, &outcome, replayed)
            }
        };
        if let Some(queue) = &self.queue {
            queue.push(span);
        }
        Ok(())
    }
}

/// From which event on a run that wasn't followed before is this process's: what ended before was told by another one.
fn first_of_ours(events: &[Logged], noticed: u64, is_driven_here: bool) -> u64 {
    let before = events.iter().take_while(|event| event.cursor <= noticed);
    let before: Vec<_> = before.collect();
    let begins = before.iter().rposition(|event| {
        matches!(
            event.event,
            Event::RunStarted { .. } | Event::RunResumed { .. }
        )
    });
    let Some(begins) = begins else { return noticed };
    let mut since = before[begins..].iter();
    // It rested meanwhile, or another process left it as it was, and somebody cancels it here.
    let is_anothers = since.any(|event| match &event.event {
        Event::RunEnded { status, .. } => event.cursor < noticed || *status == RunStatus::Cancelled,
        _ => false,
    });
    match is_anothers && !is_driven_here {
        true => noticed,
        false => before[begins].cursor,
    }
}

#[cfg(test)]
mod tests;
