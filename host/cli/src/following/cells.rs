//! Follows a comparison while it is under way: how many of its cells are done.

use std::sync::Arc;

use jiff::tz::TimeZone;
use stepwell_contract::ComparisonId;
use stepwell_engine::{ComparisonView, Event, Happening, Live};
use tokio::sync::oneshot;

use crate::application::Application;
use crate::terminal::{Screen, ago, batch_named, now, plain, remedied};

/// Shows how many cells are done: a line that is drawn anew in a terminal, a line for each cell elsewhere.
pub(crate) async fn follow_cells(
    application: Application,
    id: ComparisonId,
    screen: Arc<Screen>,
    mut finished: oneshot::Receiver<()>,
) {
    let Ok(view) = application.comparison(id).await else {
        return;
    };
    warn_of_same_cases(&view, &screen);
    let mut watching = application.follow(id, view.cursor);
    let mut cells = Cells {
        all: view.cells.len(),
        done: view.cells.iter().filter(|cell| cell.is_settled()).count(),
        labels: view.summary.labels,
        waiting: None,
        screen,
    };
    loop {
        tokio::select! {
            happening = watching.next() => match happening {
                Ok(Some(Happening::Event(event))) => cells.happened(event.event),
                Ok(Some(Happening::Live(live))) => cells.waits(&live),
                // What ends the comparison, and the watching with it, says more than a line from here could.
                Ok(None) | Err(_) => {
                    let _ = finished.await;
                    return;
                }
            },
            _ = &mut finished => {
                for event in watching.rest().await.unwrap_or_default() {
                    cells.happened(event.event);
                }
                return;
            }
        }
        cells.draw();
    }
}

/// The cells of a comparison, as far as they were followed.
struct Cells {
    labels: Vec<String>,
    all: usize,
    /// What was there already is done.
    done: usize,
    /// What is waited for, where that is a batch.
    waiting: Option<String>,
    screen: Arc<Screen>,
}

impl Cells {
    fn happened(&mut self, event: Event) {
        match event {
            Event::BatchSent { .. } | Event::BatchFetched { .. } => {
                self.waiting = None;
                if let Some(line) = event.told(remedied) {
                    self.note(&plain(&line));
                }
            }
            Event::CellEnded {
                case,
                variant,
                repeat,
                success,
            } => {
                self.done = (self.done + 1).min(self.all);
                let label = self.labels.get(variant as usize).map_or("", String::as_str);
                let repeat = match repeat {
                    1 => String::new(),
                    repeat => format!(" ({repeat})"),
                };
                let end = if success { "done" } else { "failed" };
                let (done, all, case) = (self.done, self.all, plain(&case));
                self.note(&format!("{done} of {all}: {case}, {label}{repeat}: {end}"));
            }
            _ => {}
        }
    }

    fn waits(&mut self, live: &Live) {
        if let Some(line) = waiting_line(live) {
            // Where nothing is drawn, once is enough.
            if self.waiting.is_none() {
                self.note(&line);
            }
            self.waiting = Some(line);
        }
    }

    /// Says a line where nothing is drawn.
    fn note(&self, line: &str) {
        if !self.screen.draws() {
            self.screen.note(&format!("{line}\n"));
        }
    }

    fn draw(&self) {
        if self.screen.draws() {
            let mut lines = vec![format!("{} of {} cells", self.done, self.all)];
            lines.extend(self.waiting.clone());
            self.screen.draw(&lines);
        }
    }
}

/// What is said of a batch that is waited for.
fn waiting_line(live: &Live) -> Option<String> {
    let Live::Batch {
        provider,
        batch,
        sent_at,
        done,
        total,
        trouble,
        ..
    } = live
    else {
        return None;
    };
    let name = batch_named(batch.as_deref(), provider);
    if let Some(trouble) = trouble {
        return Some(format!(
            "waiting for the {name}, which can't be looked at now: {}",
            plain(trouble)
        ));
    }
    let sent = sent_at.map(|at| ago(at, now(), &TimeZone::system()));
    let sent = sent
        .map(|sent| format!(", sent {sent}"))
        .unwrap_or_default();
    Some(format!(
        "waiting for the {name}: {done} of {total} done{sent}"
    ))
}

/// Tells before anything is spent that cases came out the same, as `--input` can make them.
fn warn_of_same_cases(view: &ComparisonView, screen: &Screen) {
    for ids in &view.same_cases {
        // They would all be paid for.
        screen.warn(&format!(
            "the cases {} are the same: they count as {}, and tell no more than one",
            plain(&ids.join(", ")),
            ids.len()
        ));
    }
}
