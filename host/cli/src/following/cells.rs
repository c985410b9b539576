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
    let (labels, all) = (&view.summary.labels, view.cells.len());
    // What is there already is done.
    let mut done = view.cells.iter().filter(|cell| cell.is_settled()).count();
    // What is waited for, where that is a batch.
    let mut waiting: Option<String> = None;
    let mut watching = application.follow(id, view.cursor);
    loop {
        let (events, last) = tokio::select! {
            happening = watching.next() => match happening {
                Ok(Some(Happening::Event(event))) => (vec![event], false),
                Ok(Some(Happening::Live(live))) => {
                    if let Some(line) = waiting_line(&live) {
                        // Where nothing is drawn, once is enough.
                        if !screen.draws() && waiting.is_none() {
                            screen.note(&format!("{line}\n"));
                        }
                        waiting = Some(line);
                        draw(&screen, done, all, waiting.as_deref());
                    }
                    continue;
                }
                // What ends the comparison, and the watching with it, says more than a line from here could.
                Ok(None) | Err(_) => {
                    let _ = (&mut finished).await;
                    (Vec::new(), true)
                }
            },
            _ = &mut finished => (watching.rest().await.unwrap_or_default(), true),
        };
        for event in events {
            if let Event::BatchSent { .. } | Event::BatchFetched { .. } = &event.event {
                waiting = None;
                if !screen.draws()
                    && let Some(line) = event.event.told(remedied)
                {
                    screen.note(&format!("{}\n", plain(&line)));
                }
            }
            if let Event::CellEnded {
                case,
                variant,
                repeat,
                success,
            } = event.event
            {
                done = (done + 1).min(all);
                let label = labels.get(variant as usize).map_or("", String::as_str);
                let repeat = match repeat {
                    1 => String::new(),
                    repeat => format!(" ({repeat})"),
                };
                let end = if success { "done" } else { "failed" };
                if !screen.draws() {
                    let case = plain(&case);
                    screen.note(&format!(
                        "{done} of {all}: {case}, {label}{repeat}: {end}\n"
                    ));
                }
            }
        }
        if last {
            return;
        }
        draw(&screen, done, all, waiting.as_deref());
    }
}

fn draw(screen: &Screen, done: usize, all: usize, waiting: Option<&str>) {
    if screen.draws() {
        let mut lines = vec![format!("{done} of {all} cells")];
        lines.extend(waiting.map(str::to_owned));
        screen.draw(&lines);
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
