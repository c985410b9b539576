//! `stepwell status`: a run, step by step, and what it waits for.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use stepwell_contract::amounts;
use stepwell_engine::{
    ExecutionView, RoundsView, RunOutcome, RunView, StepView, WarningView, named, why_skipped,
};
use stepwell_store::KeptDocument;

use super::next::next;
use super::summary::{on_branch, tell_gaps};
use crate::arguments::StatusArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, ago, between, now, plain, remedied, spent, tail};
use crate::wiring::{Context, Need, Wired};

/// Lines that a person changed at a gate that are shown, and characters of an answer.
const MOST_CHANGED: usize = 20;
const MOST_OF_ANSWER: usize = 100;

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

/// What people changed at gates, as diffs, by the name of the execution.
type Corrections = BTreeMap<String, String>;

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

/// What was said at a gate, by whom and when, and what they changed in what they agreed to.
fn agreed_lines(execution: &ExecutionView, corrections: &Corrections) -> Vec<String> {
    let (now, zone) = (now(), TimeZone::system());
    let said = execution.answered.iter();
    let mut lines: Vec<String> = said
        .filter(|said| !said.text.trim().is_empty())
        .map(|said| {
            let by = match said.by.as_str() {
                "" => String::new(),
                by => format!(", by {by}"),
            };
            let when = ago(said.at, now, &zone);
            format!("{}: {}{by}, {when}", said.key, beginning(&said.text))
        })
        .collect();
    let Some(diff) = corrections.get(&execution.name) else {
        return lines;
    };
    let is_change = |line: &&str| {
        line.starts_with(['+', '-']) && !line.starts_with("+++ ") && !line.starts_with("--- ")
    };
    let changed: Vec<&str> = diff.lines().filter(is_change).collect();
    lines.extend(
        changed
            .iter()
            .take(MOST_CHANGED)
            .map(|line| format!("  {line}")),
    );
    if let Some(more @ 1..) = changed.len().checked_sub(MOST_CHANGED) {
        lines.push(format!("  and {more} more"));
    }
    lines
}

/// The first line of an answer, and how many there are.
fn beginning(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = amounts::cut(lines.next().unwrap_or_default().to_owned(), MOST_OF_ANSWER);
    match lines.count() {
        0 => first,
        more => format!("{first} … ({} lines)", more + 1),
    }
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
        add(step, 0, &told, &mut steps);
    }
    format!("{}\n{}", head.text(), steps.text())
}

/// A document that is kept as a file: where, and line by line how it differs from what was there.
fn kept_lines(kept: &KeptDocument) -> Vec<String> {
    let KeptDocument {
        document,
        path,
        added,
        changed,
        removed,
        ..
    } = kept;
    if kept.is_new {
        return vec![format!("`{document}` is kept in {path}, which is new")];
    }
    let mut lines = vec![format!("`{document}` is kept in {path}")];
    lines.extend(removed.iter().map(|line| format!("  removed: {line}")));
    lines.extend(
        changed.iter().flat_map(|(before, now)| {
            [format!("  changed: {before}"), format!("       to: {now}")]
        }),
    );
    lines.extend(added.iter().map(|line| format!("  added: {line}")));
    match (lines.len(), kept.more) {
        (1, 0) => lines[0].push_str(", as it was"),
        (_, 0) => {}
        (_, more) => lines.push(format!("  and {more} more")),
    }
    lines
}

/// What is told of a run's steps beside their states.
struct Told<'v> {
    corrections: &'v Corrections,
    warnings: &'v [WarningView],
    style: Style,
}

/// What was decided at a gate in earlier rounds: that is what led to the last one.
fn decided_before(step: &StepView, indent: &str, corrections: &Corrections, table: &mut Table) {
    let last: Vec<_> = step.of_last_round().map(|it| it.id).collect();
    let earlier = step.executions.iter().filter(|it| !last.contains(&it.id));
    for execution in earlier {
        for line in agreed_lines(execution, corrections) {
            let line = format!("{}: {line}", execution.name);
            table.line(format!("{indent}    {}", plain(&line)));
        }
    }
}

fn add(step: &StepView, depth: usize, told: &Told<'_>, table: &mut Table) {
    let Told {
        corrections, style, ..
    } = *told;
    let indent = "  ".repeat(depth);
    // Of earlier rounds only what they left is worth a look: `stepwell docs list` has it.
    let executions: Vec<_> = step.of_last_round().collect();
    let several = executions.len() > 1 || step.items.is_some();
    let took = match executions.as_slice() {
        [only] if !several => only
            .ended_at
            .map(|end| between(only.started_at, end))
            .unwrap_or_default(),
        executions if several => {
            let done = |status| {
                matches!(
                    status,
                    stepwell_engine::StepStatus::Success | stepwell_engine::StepStatus::Skipped
                )
            };
            let count = executions
                .iter()
                .filter(|execution| done(execution.status))
                .count();
            format!(
                "{count} of {}",
                step.items.map_or(executions.len(), |items| items as usize)
            )
        }
        _ => String::new(),
    };
    let took = match step.rounds.as_slice() {
        [only] if step.items.is_none() => {
            let round = format!("round {} of at most {}", only.round, only.most);
            [took, round].join(if step.uses.is_some() { ", " } else { "" })
        }
        _ => took,
    };
    let prompts: Vec<_> = step
        .prompts
        .iter()
        .map(|prompt| named(&prompt.name, prompt.number))
        .collect();
    table.row([
        format!("{indent}{}", step.id),
        style.step(step.status),
        took,
        step.model_told().unwrap_or_default(),
        prompts.join(", "),
    ]);
    if step.gate.is_some() {
        decided_before(step, &indent, corrections, table);
    }
    for execution in executions {
        if several && execution.status != stepwell_engine::StepStatus::Success {
            table.row([
                format!("{indent}  {}", execution.name),
                style.step(execution.status),
            ]);
        }
        if let Some(reason) = &execution.skipped {
            table.line(format!("{indent}    {}", plain(&why_skipped(reason))));
        }
        if step.gate.is_some() {
            for line in agreed_lines(execution, corrections) {
                table.line(format!("{indent}    {}", plain(&line)));
            }
        }
        for kept in &execution.kept {
            for line in kept_lines(kept) {
                table.line(format!("{indent}    {}", plain(&line)));
            }
        }
        if let Some(problem) = &execution.problem {
            let message = format!(
                "{}: {}",
                plain(&problem.code.to_string()),
                plain(&problem.message)
            );
            for line in message.lines() {
                table.line(format!("{indent}    {line}"));
            }
            // The run went on without it: `resume` has nothing to mend.
            if step.optional {
                table.line(format!(
                    "{indent}    the step is optional: the run goes on without it"
                ));
            } else if let Some(remedy) = problem.advice() {
                table.line(format!(
                    "{indent}    {} {}",
                    style.hint("hint:"),
                    plain(&remedied(&remedy))
                ));
            }
        }
    }
    for warning in told.warnings.iter().filter(|it| it.step == step.path) {
        let which = match several {
            true => format!("{}: ", warning.execution),
            false => String::new(),
        };
        table.line(format!(
            "{indent}    {} {}",
            style.warning("warning:"),
            plain(&format!("{which}{}", warning.told(remedied)))
        ));
    }
    let is_warned = |rounds: &&RoundsView| {
        let mut warnings = told.warnings.iter();
        warnings.any(|warning| warning.step == step.path && warning.execution == rounds.name)
    };
    let used_up = step.rounds.iter().filter(|rounds| rounds.exhausted);
    for rounds in used_up.filter(|rounds| !is_warned(rounds)) {
        let RoundsView {
            name,
            most,
            document,
            asked,
            ..
        } = rounds;
        let asked = asked.as_deref().unwrap_or_default();
        table.line(format!(
            "{indent}    {} {document} of {name} is still `{asked}` after {most} rounds, the most that it may have",
            style.warning("warning:"),
        ));
    }
    for sub_step in &step.steps {
        add(sub_step, depth + 1, told, table);
    }
}
