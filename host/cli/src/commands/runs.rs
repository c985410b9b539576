//! `stepwell runs`: the runs, newest first.

use jiff::tz::TimeZone;

use stepwell_contract::WaitingFor;

use super::removing;
use crate::arguments::{ListingArguments, RunsArguments, RunsCommand};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, ago, between, now, plain, spent, tail};
use crate::wiring::{Context, Need};

pub(super) async fn runs(
    arguments: RunsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    match arguments.command {
        Some(RunsCommand::Rm(going)) => removing::runs(going, context).await,
        None => list(arguments.listing, context).await,
    }
}

async fn list(arguments: ListingArguments, context: &Context) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let runs = wired.engine.runs(None, Some(arguments.limit)).await?;
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&runs)?;
        return Ok(Exit::Success);
    }
    if runs.is_empty() {
        screen.note("there are no runs yet\n");
        screen.hint("`stepwell run FILE` starts one");
        return Ok(Exit::Success);
    }
    let (now, zone, style) = (now(), TimeZone::system(), screen.out_style());
    let mut table = Table::new();
    for run in runs {
        let why = run
            .waiting_for
            .as_ref()
            .map(WaitingFor::as_str)
            .or_else(|| run.problem.as_ref().map(|problem| problem.code.as_str()));
        let state = match why {
            Some(why) => format!("{}: {}", style.run(run.status), plain(why)),
            None => style.run(run.status),
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
        ]);
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}
