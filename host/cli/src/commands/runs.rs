//! `stepwell runs`: the runs, newest first; and finished ones that go.

use jiff::tz::TimeZone;

use stepwell_contract::WaitingFor;
use stepwell_engine::{Keep, RemoveRuns, RemovedRuns};

use crate::arguments::{ListingArguments, RemoveArguments, RunsArguments, RunsCommand};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, ago, between, now, size, spent, tail};
use crate::wiring::{Context, Need};

pub(super) async fn runs(
    arguments: RunsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    match arguments.command {
        Some(RunsCommand::Rm(removing)) => remove(removing, context).await,
        None => list(arguments.listing, context).await,
    }
}

async fn remove(arguments: RemoveArguments, context: &Context) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let mut request = RemoveRuns {
        keep: Keep {
            days: arguments.older_than,
            runs: arguments.keep,
            bytes: arguments.below,
        },
        only_say: true,
        ..RemoveRuns::default()
    };
    for run in &arguments.runs {
        request.runs.push(wired.engine.find_run(run).await?);
    }
    let screen = &context.screen;
    let going = wired.engine.remove_runs(request).await?;
    if !arguments.json {
        screen.print(&told(&going, arguments.dry_run, screen.out_style()))?;
    }
    if !arguments.dry_run && !going.runs.is_empty() {
        // What was told is what goes, whatever ended in the meantime.
        let request = RemoveRuns {
            runs: going.runs.iter().map(|gone| gone.run).collect(),
            ..RemoveRuns::default()
        };
        wired.engine.remove_runs(request).await?;
        match &wired.store {
            Some(store) => {
                // The runs are gone, whatever can't be read: who is told that it failed would remove others.
                if let Err(error) = store.compact().await {
                    screen.warn(&format!("what only they used isn't freed: {error}"));
                    screen.hint("`stepwell store check` says what can't be read");
                }
            }
            None => screen.hint(
                "what only they used is freed by `stepwell store compact`, when no other process holds the store",
            ),
        }
    }
    if arguments.json {
        screen.print_json(&going)?;
    }
    Ok(Exit::Success)
}

/// What goes, what stays and why, and how much that frees.
fn told(going: &RemovedRuns, only_say: bool, style: Style) -> String {
    let mut table = Table::new();
    let verb = if only_say { "would go" } else { "goes" };
    for gone in &going.runs {
        table.row([
            tail(gone.run),
            gone.workflow.clone(),
            style.run(gone.status),
            verb.to_owned(),
        ]);
    }
    for kept in &going.kept {
        let because = format!("stays: {} stands on it", kept.because_of);
        table.row([tail(kept.run), String::new(), String::new(), because]);
    }
    let runs = match going.runs.len() {
        0 => return format!("{}no run goes\n", table.text()),
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let frees = size(going.bytes);
    format!("{}{runs}, which frees {frees}\n", table.text())
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
            Some(why) => format!("{}: {why}", style.run(run.status)),
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
