//! `stepwell runs rm` and `stepwell comparison rm`: what goes for good, told before it does.

use stepwell_engine::{
    Keep, RemoveComparisons, RemoveRuns, RemovedComparisons, RemovedRuns, WhatIsLeft,
};

use crate::arguments::{RemoveArguments, RemoveComparisonArguments, replaying};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, size, tail};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn runs(
    arguments: RemoveArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
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
        free(&wired, arguments.json, context).await?;
    }
    if let Some(left) = going.left.filter(|left| left.bytes > left.wanted) {
        screen.warn(&too_much(&left));
        screen.hint(&what_helps(&left));
    }
    if arguments.json {
        screen.print_json(&going)?;
    }
    Ok(Exit::Success)
}

pub(super) async fn comparisons(
    arguments: RemoveComparisonArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    // A batch that nobody will want is given up at its provider.
    let wired = context
        .wire_with(Need::There, &replaying(None), Tape::Stays)
        .await?;
    let mut comparisons = Vec::new();
    for comparison in &arguments.comparisons {
        comparisons.push(wired.engine.find_comparison(comparison).await?);
    }
    let request = |only_say| RemoveComparisons {
        comparisons: comparisons.clone(),
        only_say,
    };
    let screen = &context.screen;
    let going = wired.engine.remove_comparisons(request(true)).await?;
    if !arguments.json {
        screen.print(&told_of_comparisons(&going, arguments.dry_run))?;
    }
    if !arguments.dry_run {
        wired.engine.remove_comparisons(request(false)).await?;
        free(&wired, arguments.json, context).await?;
    }
    if arguments.json {
        screen.print_json(&going)?;
    }
    Ok(Exit::Success)
}

/// Frees what only they used, where nobody else is at work on the store.
async fn free(wired: &Wired, json: bool, context: &Context) -> Result<(), CommandError> {
    let screen = &context.screen;
    let Some(store) = &wired.store else {
        screen.hint(
            "what only they used is freed by a server once nothing is under way, and else by `stepwell store compact`, when no other \
             process holds the store",
        );
        return Ok(());
    };
    match store.compact().await {
        Ok(_) if json => {}
        Ok(_) => {
            let now = size(store.bytes_on_disk());
            screen.print(&format!("the store takes {now} now\n"))?;
        }
        // They are gone, whatever can't be read: who is told that it failed would remove others.
        Err(error) => {
            screen.warn(&format!("what only they used isn't freed: {error}"));
            screen.hint("`stepwell store check` says what can't be read");
        }
    }
    Ok(())
}

/// What goes, what stays and why, and how much that frees.
fn told(going: &RemovedRuns, only_say: bool, style: Style) -> String {
    let mut table = Table::new();
    let verb = verb(only_say);
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

fn told_of_comparisons(going: &RemovedComparisons, only_say: bool) -> String {
    let mut table = Table::new();
    let verb = verb(only_say);
    for gone in &going.comparisons {
        let cells = match gone.cells {
            1 => "1 cell".to_owned(),
            cells => format!("{cells} cells"),
        };
        table.row([
            tail(gone.comparison),
            gone.step.to_string(),
            cells,
            verb.to_owned(),
        ]);
    }
    let comparisons = match going.comparisons.len() {
        1 => "1 comparison".to_owned(),
        comparisons => format!("{comparisons} comparisons"),
    };
    let frees = size(going.bytes);
    format!("{}{comparisons}, which frees {frees}\n", table.text())
}

fn verb(only_say: bool) -> &'static str {
    if only_say { "would go" } else { "goes" }
}

/// Why a size isn't reached.
fn too_much(left: &WhatIsLeft) -> String {
    let parts = [
        (left.unfinished, "runs that aren't finished"),
        (left.stood_on, "runs that something stands on"),
        (left.comparisons, "comparisons with their cells"),
    ];
    let takes = parts.iter().filter(|(bytes, _)| *bytes > 0);
    let takes = takes.map(|(bytes, what)| format!("{what} take {}", size(*bytes)));
    let takes: Vec<_> = takes.collect();
    let rest = match takes.is_empty() {
        true => "no finished run is left, and prompts and what the store keeps for itself take it"
            .to_owned(),
        false => format!("of that, {}", takes.join(", ")),
    };
    let (bytes, wanted) = (size(left.bytes), size(left.wanted));
    format!("some {bytes} are left, more than {wanted}: {rest}")
}

fn what_helps(left: &WhatIsLeft) -> String {
    let ways = [
        (
            left.unfinished,
            "`stepwell cancel RUN` ends a run that waits",
        ),
        (
            left.stood_on.max(left.comparisons),
            "`stepwell comparison rm ID` removes a comparison with its cells",
        ),
    ];
    let ways = ways.iter().filter(|(bytes, _)| *bytes > 0);
    let ways: Vec<_> = ways.map(|(_, way)| *way).collect();
    match ways.is_empty() {
        true => "`stepwell prompt rm` removes versions of prompts".to_owned(),
        false => ways.join("; "),
    }
}
