//! Follows a run while it is under way: as a tree that is drawn again and again, or as lines.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stepwell_contract::RunId;
use stepwell_engine::{Engine, EngineError, EventView, Live, StepStatus};
use stepwell_store::Notice;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use super::lines::{line_of, stands_out};
use super::tree::Tree;
use super::{Screen, size};

/// How often the tree is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// Follows a run until it is finished.
pub(crate) struct Progress {
    follower: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

struct Follower {
    engine: Engine,
    run: RunId,
    screen: Arc<Screen>,
    cursor: u64,
    zone: TimeZone,
    /// None where nothing is drawn.
    tree: Option<Tree>,
    /// What is said before anything else: nothing has happened while it is here.
    opening: Option<String>,
}

impl Progress {
    /// Follows a run from the event after a cursor on. Begin before the run is driven: then nothing is missed. The
    /// `opening` is said as soon as there is something to follow.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn follow(
        engine: &Engine,
        run: RunId,
        cursor: u64,
        opening: String,
        screen: &Arc<Screen>,
    ) -> Result<Self, EngineError> {
        if screen.quiet() {
            return Ok(Self { follower: None });
        }
        let (notices, live) = (engine.watch(), engine.live());
        let tree = if screen.draws() {
            Some(Tree::of(&engine.run(run).await?))
        } else {
            None
        };
        let follower = Follower {
            engine: engine.clone(),
            run,
            screen: Arc::clone(screen),
            cursor,
            zone: TimeZone::system(),
            tree,
            opening: Some(opening),
        };
        let (finish, finished) = oneshot::channel();
        Ok(Self {
            follower: Some((finish, tokio::spawn(follower.work(notices, live, finished)))),
        })
    }

    /// The run is driven no more: the last events are shown, and the drawing stays as it is then.
    pub(crate) async fn finish(self) {
        if let Some((finish, follower)) = self.follower {
            let _ = finish.send(());
            let _ = follower.await;
        }
    }
}

impl Follower {
    async fn work(
        mut self,
        mut notices: broadcast::Receiver<Notice>,
        mut live: broadcast::Receiver<Live>,
        mut finished: oneshot::Receiver<()>,
    ) {
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut frame = 0;
        loop {
            tokio::select! {
                // What ended the run is shown before the end is.
                biased;
                _ = &mut finished => break,
                notice = notices.recv() => match notice {
                    Ok(Notice::Events { run, .. }) if run == self.run => self.read().await,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.read().await,
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                live = live.recv() => {
                    if let Ok(Live::Compiling { plugin, bytes }) = &live
                        && let Some(line) = compiling_line(plugin, *bytes)
                    {
                        self.screen.say(&format!("{line}\n"));
                    }
                    if let (Ok(live), Some(tree)) = (&live, &mut self.tree)
                        && run_of(live) == Some(self.run)
                    {
                        tree.live(live);
                    }
                }
                _ = frames.tick(), if self.tree.is_some() => {
                    frame += 1;
                    self.draw(frame);
                }
            }
        }
        self.read().await;
        if let Some(tree) = &mut self.tree {
            tree.rest(StepStatus::Pending);
        }
        self.draw(frame);
        self.screen.keep();
    }

    /// Takes the events that came since.
    async fn read(&mut self) {
        // A store that fails ends the run by itself, which says more than a line from here could.
        let Ok(events) = self.engine.events(self.run, self.cursor, usize::MAX).await else {
            return;
        };
        for event in events {
            self.cursor = event.cursor;
            if let Some(opening) = self.opening.take() {
                self.screen.note(&opening);
            }
            self.take(&event);
        }
    }

    fn take(&mut self, event: &EventView) {
        if let Some(tree) = &mut self.tree {
            tree.event(event);
        }
        let shown = self.tree.is_none() || self.screen.verbosity() > 0 || stands_out(&event.event);
        if shown && let Some(line) = line_of(event, self.screen.verbosity(), &self.zone) {
            self.screen.say(&format!("{line}\n"));
        }
    }

    fn draw(&self, frame: usize) {
        if let (Some(tree), None) = (&self.tree, &self.opening) {
            self.screen.draw(&tree.lines(
                self.screen.style(),
                Timestamp::now(),
                frame,
                self.screen.room(),
            ));
        }
    }
}

fn run_of(live: &Live) -> Option<RunId> {
    match live {
        Live::Tokens { run, .. }
        | Live::Restarted { run, .. }
        | Live::Backoff { run, .. }
        | Live::Log { run, .. }
        | Live::Progress { run, .. } => Some(*run),
        Live::Compiling { .. } => None,
    }
}

/// What is said of a plugin that is being compiled, if it is large enough for a person to wait for it.
pub(crate) fn compiling_line(plugin: &str, bytes: u64) -> Option<String> {
    const LARGE: u64 = 4 << 20;
    (bytes >= LARGE).then(|| {
        format!(
            "compiling `{plugin}`, {}: a matter of seconds, and only once",
            size(bytes)
        )
    })
}
