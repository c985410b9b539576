//! What the steps of a definition may do, as the terminal says it.

use std::collections::BTreeSet;

use stepwell_contract::{Budget, LimitAmount, amounts};
use stepwell_engine::{
    BudgetOf, ExplainedDefinition, ExplainedPermission, ExplainedPlugin, ExplainedStep, Given,
    GivenBy, Hindrance, InLock, OfSource, SaidAt, SaidIn, Standing,
};

use crate::terminal::{Style, Table, plain_line, quoted, remedied, size};

/// How the files are named in which something is said.
pub(super) struct Places {
    pub(super) definition: String,
    pub(super) operator: String,
}

impl Places {
    fn of(&self, said: SaidAt) -> String {
        let file = match said.file {
            SaidIn::Definition => &self.definition,
            SaidIn::Operator => &self.operator,
        };
        match said.line {
            Some(line) => plain_line(&format!("{file}:{line}")),
            None => plain_line(file),
        }
    }

    /// One of the operator's sources.
    fn source(&self, source: &OfSource) -> String {
        let name = plain_line(&source.name);
        format!("[sources.{name}] ({})", self.of(source.said))
    }
}

pub(super) fn text(told: &ExplainedDefinition, places: &Places, style: Style) -> String {
    let steps = told.steps.iter();
    let steps: Vec<String> = steps.map(|step| of_step(step, places, style)).collect();
    steps.join("\n") + &verdict(told, places, style)
}

fn of_step(step: &ExplainedStep, places: &Places, style: Style) -> String {
    let title = style.strong(&format!("step {}", plain_line(&step.path.to_string())));
    let mut text = format!("{title}\n{}", of_plugin(&step.plugin, places));
    if let Some(problem) = &step.plugin.problem {
        let message = plain_line(&problem.message);
        text += &format!(
            "  {} {message}: what it imports isn't known\n",
            style.warning("warning:")
        );
        let hint = plain_line(&remedied(&problem.remedy));
        text += &format!("  {} {hint}\n", style.hint("hint:"));
    }
    text += &format!("\n{}", permissions(&step.permissions, places, style));
    text += &bounds(step, places);
    text += &denied(&step.permissions, style);
    text + &idle(&step.permissions, places, style)
}

fn of_plugin(plugin: &ExplainedPlugin, places: &Places) -> String {
    let mut table = Table::indented(2);
    let at = places.of(plugin.said);
    table.row(["uses", &format!("{} ({at})", plain_line(&plugin.uses))]);
    if let Some(title) = &plugin.title {
        table.row(["plugin", &plain_line(title)]);
    }
    if let Some(digest) = &plugin.digest {
        table.row(["digest", &digest.to_string()]);
    }
    if let Some(key) = &plugin.signed_by {
        table.row(["signed by", &key.to_string()]);
    }
    if !plugin.sources.is_empty() {
        let sources = plugin.sources.iter().map(|source| places.source(source));
        table.row(["source", &sources.collect::<Vec<_>>().join(", ")]);
    }
    table.row(["lock", in_lock(plugin.lock)]);
    table.text()
}

fn in_lock(lock: InLock) -> &'static str {
    match lock {
        InLock::Agreed => "stepwell.lock has it",
        InLock::NoLock => "there is no stepwell.lock",
        InLock::Unknown => "whether stepwell.lock has it isn't known",
        InLock::Missing => "stepwell.lock doesn't have it",
        InLock::Another => "stepwell.lock has another one in its place",
    }
}

fn permissions(all: &[ExplainedPermission], places: &Places, style: Style) -> String {
    let mut table = Table::indented(2);
    for one in all {
        let mut title = one.permission.line().title;
        let mut word = standing(one, style);
        let mut given = one.given.iter().map(|given| of_given(one, given, places));
        let first = given.next().unwrap_or_default();
        for what in std::iter::once(first).chain(given) {
            table.row([title, &word, &what]);
            // The next ones belong to the same line.
            (title, word) = ("", String::new());
        }
    }
    table.text()
}

fn standing(one: &ExplainedPermission, style: Style) -> String {
    let is_forbidden = |hindrance: &Hindrance| matches!(hindrance, Hindrance::Source(_));
    let mut hindrances = one.given.iter().flat_map(|given| &given.hindered_by);
    match one.standing {
        Standing::Yes => style.good("yes"),
        Standing::No => "no".to_owned(),
        Standing::Denied => style.warning("no, denied"),
        Standing::Hindered if hindrances.any(is_forbidden) => style.bad("no, forbidden"),
        // Why stands behind it.
        Standing::Hindered => style.bad("no"),
        Standing::Idle => style.warning("no, not used"),
        Standing::Unknown => "if it can".to_owned(),
    }
}

/// One thing that is given: what, by what and where, and what keeps the step from it.
fn of_given(one: &ExplainedPermission, given: &Given, places: &Places) -> String {
    let what = plain_line(&given.what);
    let key = one.permission.line().key.unwrap_or_default();
    let by = match &given.by {
        GivenBy::Line => key.to_owned(),
        GivenBy::LineAndInside(said) => {
            format!("{key}, and http.inside ({}) names it", places.of(*said))
        }
        GivenBy::Step => "the step's model".to_owned(),
        GivenBy::Defaults => "the workflow's default model".to_owned(),
        GivenBy::Operator => "the operator's default model".to_owned(),
        GivenBy::InsteadOf(model) => format!("where {} can't answer", plain_line(model)),
    };
    let at = given.said.map(|said| format!(" ({})", places.of(said)));
    let what = match what.is_empty() {
        true => by,
        false => format!("{what}: {by}"),
    };
    let mut text = what + &at.unwrap_or_default();
    for hindrance in &given.hindered_by {
        text += &format!("; {}", hindered(hindrance, places));
    }
    text
}

fn hindered(hindrance: &Hindrance, places: &Places) -> String {
    match hindrance {
        Hindrance::Source(source) => format!("forbidden by {}", places.source(source)),
        Hindrance::NoModel(reason) => plain_line(reason),
        Hindrance::NotLent(reason) => format!("it can't be lent: {}", plain_line(reason)),
        Hindrance::Inside => {
            let file = plain_line(&places.operator);
            format!("it stands inside of the network, and `http.inside` of {file} doesn't name it")
        }
        Hindrance::NoWorkspace => "it does nothing without `grants.workspace`".to_owned(),
    }
}

fn bounds(step: &ExplainedStep, places: &Places) -> String {
    let mut table = Table::indented(2);
    for budget in &step.budgets {
        let of = match &budget.of {
            BudgetOf::ThisStep => "this step of a run".to_owned(),
            BudgetOf::EachStep => "each step of a run".to_owned(),
            BudgetOf::Run => "a run".to_owned(),
            BudgetOf::Day => "a day".to_owned(),
            BudgetOf::Source(name) => format!("all plugins of {} in a run", plain_line(name)),
        };
        let at = places.of(budget.said);
        table.row([
            "spends at most",
            &most(budget.most),
            &format!("{of} ({at})"),
        ]);
    }
    for limit in &step.limits {
        let built_in = amount(limit.built_in);
        let at = places.of(limit.said);
        table.row([
            limit.limit.setting(),
            &amount(limit.amount),
            &format!("instead of {built_in} ({at})"),
        ]);
    }
    match table.is_empty() {
        true => String::new(),
        false => format!("\n{}", table.text()),
    }
}

fn most(budget: Budget) -> String {
    budget.shown()
}

fn amount(amount: LimitAmount) -> String {
    match amount {
        LimitAmount::Milliseconds(milliseconds) => amounts::duration(milliseconds),
        LimitAmount::Bytes(bytes) => size(bytes),
        LimitAmount::Count(count) => count.to_string(),
    }
}

/// What its component would use, and is told no.
fn denied(all: &[ExplainedPermission], style: Style) -> String {
    let mut table = Table::indented(4);
    for one in all.iter().filter(|one| one.standing == Standing::Denied) {
        let line = one.permission.line();
        let by = one.by.iter().map(|name| plain_line(name));
        let by: BTreeSet<String> = by.collect();
        let by = by.into_iter().collect::<Vec<_>>().join(", ");
        table.row([line.title, &by, &format!("it is told: {}", line.without)]);
    }
    let title = style.strong("its component has functions for this, and no line permits it");
    section(&title, &table)
}

/// Lines of the definition that do nothing.
fn idle(all: &[ExplainedPermission], places: &Places, style: Style) -> String {
    let mut table = Table::indented(4);
    for one in all.iter().filter(|one| one.standing == Standing::Idle) {
        let line = one.permission.line();
        let at = one.given.iter().filter_map(|given| given.said);
        let at: BTreeSet<String> = at.map(|said| places.of(said)).collect();
        let at = at.into_iter().collect::<Vec<_>>().join(", ");
        table.row([line.title, line.key.unwrap_or_default(), &at]);
    }
    let title = style.strong("these lines do nothing: its component has no function for that");
    section(&title, &table)
}

fn section(title: &str, table: &Table) -> String {
    match table.is_empty() {
        true => String::new(),
        false => format!("\n  {title}\n{}", table.text()),
    }
}

/// Whether a run of it would be refused.
fn verdict(told: &ExplainedDefinition, places: &Places, style: Style) -> String {
    let refused = style.bad("a run of it would be refused");
    if let Some(why) = &told.refused {
        return format!("\n{refused}: {}\n", plain_line(why));
    }
    let errors = told.problems.iter().filter(|problem| problem.is_error());
    match errors.count() as u64 {
        0 => String::new(),
        count => format!(
            "\n{refused}: {}; `stepwell run {} --check` tells of each\n",
            amounts::counted(count, "error"),
            quoted(&places.definition)
        ),
    }
}
