//! `stepwell runs`: the runs, newest first.

use jiff::tz::TimeZone;

use stepwell_engine::ListRuns;

use super::removing;
use super::summary::tell_gaps;
use crate::arguments::{FittingArguments, ListingArguments, RunsArguments, RunsCommand};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, ago, between, now, plain, plain_line, spent, tail};
use crate::wiring::{Context, Need};

pub(super) async fn runs(
    arguments: RunsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    match arguments.command {
        Some(RunsCommand::Rm(going)) => removing::runs(going, context).await,
        None => list(arguments.listing, arguments.fitting, context).await,
    }
}

async fn list(
    arguments: ListingArguments,
    fitting: FittingArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let wanted = ListRuns {
        status: fitting.status,
        workflow: fitting.workflow,
        search: fitting.search,
        ..ListRuns::newest(arguments.limit)
    };
    let runs = wired.engine.runs(&wanted).await?;
    let screen = &context.screen;
    tell_gaps(runs.gaps("run"), arguments.json, screen);
    if arguments.json {
        screen.print_json(&runs)?;
        return Ok(Exit::Success);
    }
    if runs.is_empty() && wanted.leaves_out() {
        screen.note("no run fits that\n");
        screen.hint("`stepwell runs` lists all of them");
        return Ok(Exit::Success);
    }
    if runs.is_empty() && runs.unreadable == 0 {
        screen.note("there are no runs yet\n");
        screen.hint("`stepwell run FILE` starts one");
        return Ok(Exit::Success);
    }
    let (now, zone, style) = (now(), TimeZone::system(), screen.out_style());
    let mut table = Table::new();
    for run in runs {
        let state = match run.why().filter(|_| !run.is_declined()) {
            Some(why) => format!("{}: {}", style.run_state(&run), plain(why)),
            None => style.run_state(&run),
        };
        let took = run
            .ended_at
            .map(|end| between(run.created_at, end))
            .unwrap_or_default();
        table.row([
            tail(run.id),
            run.workflow,
            state,
            ago(run.created_at, now, &zone),
            took,
            spent(&run.spent),
            plain_line(&beginning(run.label.or(run.about).unwrap_or_default())),
        ]);
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}

/// As much of what a run is about as a line has room for.
fn beginning(about: String) -> String {
    const ROOM: usize = 48;
    match about.char_indices().nth(ROOM) {
        None => about,
        Some((end, _)) => format!("{}…", about[..end].trim_end()),
    }
}
