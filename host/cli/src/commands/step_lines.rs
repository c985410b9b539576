//! The steps of a run as lines of `stepwell status`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use stepwell_contract::amounts;
use stepwell_engine::{
    ExecutionView, RoundsView, StepStatus, StepView, WarningView, named, why_skipped,
};
use stepwell_store::KeptDocument;

use crate::terminal::{Style, Table, ago, between, now, plain, plain_line, remedied};

/// Lines that a person changed at a gate that are shown, and characters of an answer.
const MOST_CHANGED: usize = 20;
const MOST_OF_ANSWER: usize = 100;

/// What people changed at gates, as diffs, by the name of the execution.
pub(super) type Corrections = BTreeMap<String, String>;

/// What is told of a run's steps beside their states.
pub(super) struct Told<'v> {
    pub(super) corrections: &'v Corrections,
    pub(super) warnings: &'v [WarningView],
    pub(super) style: Style,
}

/// The lines below a step in a table.
struct Below<'t> {
    indent: String,
    table: &'t mut Table,
}

impl Below<'_> {
    /// One more, which holds nothing that a terminal would act on.
    fn line(&mut self, text: &str) {
        let indent = &self.indent;
        self.table.line(format!("{indent}    {text}"));
    }
}

impl Told<'_> {
    /// Adds a step, what is told of it, and its sub-steps.
    pub(super) fn add(&self, step: &StepView, depth: usize, table: &mut Table) {
        let indent = "  ".repeat(depth);
        // Of earlier rounds only what they left is worth a look: `stepwell docs list` has it.
        let executions: Vec<_> = step.of_last_round().collect();
        let several = executions.len() > 1 || step.items.is_some();
        let prompts = step.prompts.iter();
        let prompts: Vec<_> = prompts
            .map(|prompt| named(&prompt.name, prompt.number))
            .collect();
        table.row([
            format!("{indent}{}", step.id),
            self.style.step(step.status),
            progress(step, &executions, several),
            step.model_told().unwrap_or_default(),
            prompts.join(", "),
        ]);
        let mut below = Below { indent, table };
        if step.gate.is_some() {
            decided_before(step, self.corrections, &mut below);
        }
        for execution in executions {
            if several && execution.status != StepStatus::Success {
                let name = format!("{}  {}", below.indent, execution.name);
                let status = self.style.step(execution.status);
                below.table.row([name, status]);
            }
            self.came_of(step, execution, &mut below);
        }
        self.warn(step, several, &mut below);
        for sub_step in &step.steps {
            self.add(sub_step, depth + 1, table);
        }
    }

    /// What came of an execution.
    fn came_of(&self, step: &StepView, execution: &ExecutionView, below: &mut Below<'_>) {
        if let Some(reason) = &execution.skipped {
            below.line(&plain(&why_skipped(reason)));
        }
        if step.gate.is_some() {
            for line in agreed_lines(execution, self.corrections) {
                below.line(&plain(&line));
            }
        }
        for line in execution.kept.iter().flat_map(kept_lines) {
            below.line(&plain(&line));
        }
        let Some(problem) = &execution.problem else {
            return;
        };
        let code = plain_line(&problem.code.to_string());
        let message = format!("{code}: {}", plain(&problem.message));
        for line in message.lines() {
            below.line(line);
        }
        // The run went on without it: `resume` has nothing to mend.
        if step.optional {
            below.line("the step is optional: the run goes on without it");
        } else if let Some(remedy) = problem.advice() {
            let hint = self.style.hint("hint:");
            below.line(&format!("{hint} {}", plain_line(&remedied(&remedy))));
        }
    }

    /// What is worth a warning about a step and its rounds.
    fn warn(&self, step: &StepView, several: bool, below: &mut Below<'_>) {
        let marked = self.style.warning("warning:");
        for warning in self.warnings.iter().filter(|it| it.step == step.path) {
            let which = match several {
                true => format!("{}: ", warning.execution),
                false => String::new(),
            };
            let told = plain_line(&format!("{which}{}", warning.told(remedied)));
            below.line(&format!("{marked} {told}"));
        }
        let is_warned = |rounds: &&RoundsView| {
            let mut warnings = self.warnings.iter();
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
            below.line(&format!(
                "{marked} {document} of {name} is still `{asked}` after {most} rounds, the most that it may have"
            ));
        }
    }
}

/// How long a step took, or how many of its executions are done, and in which round it is.
fn progress(step: &StepView, executions: &[&ExecutionView], several: bool) -> String {
    let took = match executions {
        [only] if !several => {
            let took = only.ended_at.map(|end| between(only.started_at, end));
            took.unwrap_or_default()
        }
        executions if several => {
            let is_done = |it: &&&ExecutionView| {
                matches!(it.status, StepStatus::Success | StepStatus::Skipped)
            };
            let done = executions.iter().filter(is_done).count();
            let all = step.items.map_or(executions.len(), |items| items as usize);
            format!("{done} of {all}")
        }
        _ => String::new(),
    };
    match step.rounds.as_slice() {
        [only] if step.items.is_none() => {
            let round = format!("round {} of at most {}", only.round, only.most);
            [took, round].join(if step.uses.is_some() { ", " } else { "" })
        }
        _ => took,
    }
}

/// What was decided at a gate in earlier rounds: that is what led to the last one.
fn decided_before(step: &StepView, corrections: &Corrections, below: &mut Below<'_>) {
    let last: Vec<_> = step.of_last_round().map(|it| it.id).collect();
    let earlier = step.executions.iter().filter(|it| !last.contains(&it.id));
    for execution in earlier {
        for line in agreed_lines(execution, corrections) {
            below.line(&plain(&format!("{}: {line}", execution.name)));
        }
    }
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
