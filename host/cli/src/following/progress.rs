//! Follows a run while it is under way: as a tree that is drawn again and again, or as lines.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use stepwell_contract::RunId;
use stepwell_engine::{EventView, Happening, Live, StepStatus};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::application::{Application, Watching};
use crate::errors::CommandError;
use crate::terminal::{Screen, Tree, clock, level_of, line_of, now, plain_line, size, stands_out};

/// How often the tree is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// Follows a run until it is finished.
pub(crate) struct Progress {
    finish: oneshot::Sender<()>,
    follower: JoinHandle<()>,
}

struct Follower {
    watching: Watching,
    screen: Arc<Screen>,
    zone: TimeZone,
    /// None where nothing is drawn.
    tree: Option<Tree>,
    /// What is said before anything else: nothing has happened while it is here.
    opening: Option<String>,
    /// The plugin that is being compiled, below the tree: it goes with it, so that nothing of it stands above a question.
    compiling: Option<String>,
    /// The executions that wait in the queue before a provider. Where lines are written, one line is enough for all of them.
    queued: BTreeSet<String>,
}

impl Progress {
    /// Follows a run from the event after a cursor on. Begin before the run is driven: then nothing is missed. The
    /// `opening` is said as soon as there is something to follow.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn follow(
        application: &Application,
        run: RunId,
        cursor: u64,
        opening: String,
        screen: &Arc<Screen>,
    ) -> Result<Self, CommandError> {
        let watching = application.follow(run, cursor);
        let tree = if screen.draws() {
            Some(Tree::of(&application.run(run).await?))
        } else {
            None
        };
        let follower = Follower {
            watching,
            screen: Arc::clone(screen),
            zone: TimeZone::system(),
            tree,
            opening: Some(opening),
            compiling: None,
            queued: BTreeSet::new(),
        };
        let (finish, finished) = oneshot::channel();
        let follower = tokio::spawn(follower.work(finished));
        Ok(Self { finish, follower })
    }

    /// The run is driven no more: the last events are shown, and the drawing stays as it is then.
    pub(crate) async fn finish(self) {
        let _ = self.finish.send(());
        let _ = self.follower.await;
    }
}

impl Follower {
    async fn work(mut self, mut finished: oneshot::Receiver<()>) {
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut frame = 0;
        loop {
            tokio::select! {
                // What ended the run is shown before the end is.
                biased;
                _ = &mut finished => break,
                happening = self.watching.next() => match happening {
                    Ok(Some(Happening::Event(event))) => self.show(&event),
                    Ok(Some(Happening::Live(live))) => self.glance(&live),
                    // What ends the run, and the watching with it, says more than a line from here could.
                    Ok(None) | Err(_) => {
                        let _ = (&mut finished).await;
                        break;
                    }
                },
                _ = frames.tick(), if self.tree.is_some() => {
                    frame += 1;
                    self.draw(frame);
                }
            }
        }
        for event in self.watching.rest().await.unwrap_or_default() {
            self.show(&event);
        }
        if let Some(tree) = &mut self.tree {
            tree.rest(StepStatus::Pending);
        }
        self.compiling = None;
        self.draw(frame);
        self.screen.keep();
    }

    fn glance(&mut self, live: &Live) {
        if let Some(told) = compiling_line(live) {
            match self.tree {
                Some(_) => self.compiling = Some(told.trim_end().to_owned()),
                None => self.screen.note(&told),
            }
        }
        match &mut self.tree {
            Some(tree) if live.run().is_some() => tree.live(live),
            Some(_) => {}
            None => self.say_queued(live),
        }
    }

    /// Says that the first of a run's calls waits for the minute to pass.
    fn say_queued(&mut self, live: &Live) {
        let Live::Queued {
            execution,
            provider,
            limit,
            until,
            ..
        } = live
        else {
            return;
        };
        let is_first = self.queued.is_empty();
        self.queued.insert(execution.clone());
        if is_first {
            let until = clock(*until, &self.zone);
            let told = plain_line(&format!(
                "{execution}: waits in the queue of the provider `{provider}` until {until}: `{limit}` allows no more before"
            ));
            self.screen.note(&format!("{told}\n"));
        }
    }

    fn show(&mut self, event: &EventView) {
        // Who wants to see no progress has to know what it may cost, and what of theirs it replaced, all the same.
        if self.screen.quiet() && !event.event.is_for_the_quiet_too() {
            return;
        }
        if let Some(opening) = self.opening.take() {
            self.screen.note(&opening);
        }
        self.take(event);
    }

    fn take(&mut self, event: &EventView) {
        // Whatever happens next, the plugin is ready.
        self.compiling = None;
        if let Some(execution) = &event.execution {
            self.queued.remove(execution);
        }
        if let Some(tree) = &mut self.tree {
            tree.event(event);
        }
        let shown = self.tree.is_none() || self.screen.verbosity() > 0 || stands_out(&event.event);
        if shown && let Some(line) = line_of(event, self.screen.verbosity(), &self.zone) {
            let level = level_of(&event.event);
            self.screen.say_at(level, &format!("{line}\n"));
        }
    }

    fn draw(&self, frame: usize) {
        if let (Some(tree), None) = (&self.tree, &self.opening) {
            let style = self.screen.style();
            let mut lines = tree.lines(style, now(), frame, self.screen.room());
            lines.extend(self.compiling.iter().map(|told| style.dim(told)));
            self.screen.draw(&lines);
        }
    }
}

/// What is said of a plugin that a person waits for.
pub(crate) fn compiling_line(live: &Live) -> Option<String> {
    let (plugin, bytes, waits) = match live {
        Live::Compiling {
            plugin,
            bytes,
            waits,
        } => (plugin, *bytes, *waits),
        Live::Fetching { plugin } => return Some(format!("fetching `{plugin}`\n")),
        _ => return None,
    };
    let size = size(bytes);
    Some(match waits {
        true => format!("`{plugin}`, {size}, waits until other plugins are compiled\n"),
        false => format!("compiling `{plugin}`, {size}: this takes a while, and only once\n"),
    })
}
