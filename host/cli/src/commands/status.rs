//! `stepwell status`: a run, step by step, and what it waits for.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use stepwell_engine::{RunOutcome, RunView};

use super::next::next;
use super::step_lines::{Corrections, Told};
use super::summary::{on_branch, tell_gaps};
use crate::arguments::StatusArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, ago, between, now, plain_line, spent, tail};
use crate::wiring::{Context, Need, Wired};

pub(super) async fn status(
    arguments: StatusArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let run = wired.engine.find_run(&arguments.run).await?;
    let view = wired.engine.run(run).await?;
    tell_gaps(view.gaps(), arguments.json, &context.screen);
    if arguments.json {
        context.screen.print_json(&view)?;
        return Ok(Exit::Success);
    }
    if arguments.about {
        let texts = view
            .questions
            .iter()
            .filter_map(|asked| asked.form.about.as_deref());
        for text in texts {
            context.screen.print_text(text)?;
        }
        return Ok(Exit::Success);
    }
    let corrections = corrections(&wired, &view).await?;
    context
        .screen
        .print(&text(&view, &corrections, context.screen.out_style()))?;
    let summary = &view.summary;
    let outcome = RunOutcome {
        run,
        status: summary.status,
        waiting_for: summary.waiting_for.clone(),
        problem: summary.problem.clone(),
    };
    next(context, &wired, &view, &outcome, false);
    Ok(Exit::Success)
}

async fn corrections(wired: &Wired, view: &RunView) -> Result<Corrections, CommandError> {
    let mut corrections = Corrections::new();
    for step in view.all_steps() {
        let named = step
            .gate
            .as_ref()
            .and_then(|gate| gate.corrected.as_deref());
        for execution in &step.executions {
            let mut documents = execution.documents.iter();
            let found = documents.find(|document| Some(document.name.as_str()) == named);
            if let Some(found) = found {
                let document = wired.engine.document(&found.address(), None).await?;
                corrections.insert(execution.name.clone(), document.text);
            }
        }
    }
    Ok(corrections)
}

fn text(view: &RunView, corrections: &Corrections, style: Style) -> String {
    let run = &view.summary;
    let (now, zone) = (now(), TimeZone::system());
    let mut head = Table::new();
    head.row(["run", &format!("{} ({})", run.id, tail(run.id))]);
    head.row(["workflow", &run.workflow]);
    let why = run
        .waiting_for
        .as_ref()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    head.row(["state", &format!("{}{why}", style.run_state(run))]);
    let took = run
        .ended_at
        .map(|end| format!(", took {}", between(run.created_at, end)))
        .unwrap_or_default();
    head.row([
        "started",
        &format!("{}{took}", ago(run.created_at, now, &zone)),
    ]);
    head.row(["workspace", &run.workspace]);
    if let Some(branch) = &view.branch {
        head.row(["branch", &on_branch(branch, run.id, style)]);
    }
    if let Some(estimate) = &view.estimate {
        head.row(["estimated", &estimate.to_string()]);
    }
    head.row(["spent", &spent(&run.spent)]);
    let mut steps = Table::new();
    let told = Told {
        corrections,
        warnings: &view.warnings,
        style,
    };
    for step in &view.steps {
        told.add(step, 0, &mut steps);
    }
    format!(
        "{}\n{}\n{}",
        head.text(),
        steps.text(),
        plugins(view, style)
    )
}

/// The plugins that the steps use, each once, and which they had in the run before.
fn plugins(view: &RunView, style: Style) -> String {
    let mut told = BTreeSet::new();
    let mut table = Table::new();
    for step in view.all_steps() {
        let (Some(uses), Some(plugin)) = (&step.uses, step.plugin_in_use()) else {
            continue;
        };
        if !told.insert((uses, plugin.digest)) {
            continue;
        }
        table.row([plain_line(uses), plain_line(&plugin.told())]);
        if let Some(key) = &step.plugin_signed_by {
            table.line(format!("    signed by {key}"));
        }
        if let Some(before) = &step.plugin_before {
            let marked = style.warning("another one:");
            let before = plain_line(&before.told());
            table.line(format!("    {marked} the run before had {before}"));
        }
    }
    table.text()
}
