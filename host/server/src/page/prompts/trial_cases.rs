//! What a text can be tried with: the steps of past runs that used the prompt, and plugins and steps of definitions that are given
//! their inputs by hand.

use std::fmt;
use std::str::FromStr;

use maud::{Markup, html};
use stepwell_contract::{Field, Name, RunId, StepPath};
use stepwell_engine::{DocumentPlace, ListRuns, PluginView, StepView};

use crate::page::address::Pairs;
use crate::page::comparisons::{case_file, input_fields, plugin};
use crate::page::definitions::{definitions, folder};
use crate::page::parts;
use crate::{App, ProblemDetails};

/// Runs that are looked through, from the newest on.
const LOOKED_AT: usize = 60;
/// Runs that are offered.
const RUNS: usize = 12;
/// Items of one step that are offered.
const ITEMS: usize = 50;

/// The step that a text is tried with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Case {
    /// A step of a run, or one item of it, with what it had there.
    OfRun {
        run: RunId,
        step: StepPath,
        items: Vec<u32>,
    },
    /// A plugin alone, by what `uses` says.
    Plugin(String),
    /// A step of a definition, by its file.
    Definition { step: StepPath, file: String },
}

const PLUGIN: &str = "plugin";
const DEFINITION: &str = "definition";

fn place(step: &StepPath, items: &[u32]) -> DocumentPlace {
    DocumentPlace {
        step: step.clone(),
        items: items.to_vec(),
        rounds: Vec::new(),
        take: None,
    }
}

/// As a form sends it.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfRun { run, step, items } => write!(formatter, "{run} {}", place(step, items)),
            Self::Plugin(uses) => write!(formatter, "{PLUGIN} {uses}"),
            Self::Definition { step, file } => write!(formatter, "{DEFINITION} {step} {file}"),
        }
    }
}

impl FromStr for Case {
    type Err = ();

    fn from_str(given: &str) -> Result<Self, ()> {
        let (kind, rest) = given.split_once(' ').ok_or(())?;
        if kind == PLUGIN {
            return Ok(Self::Plugin(rest.to_owned()));
        }
        if kind == DEFINITION {
            let (step, file) = rest.split_once(' ').ok_or(())?;
            return Ok(Self::Definition {
                step: step.parse().map_err(|_| ())?,
                file: file.to_owned(),
            });
        }
        let place: DocumentPlace = rest.parse().map_err(|_| ())?;
        Ok(Self::OfRun {
            run: kind.parse().map_err(|_| ())?,
            step: place.step,
            items: place.items,
        })
    }
}

/// What can be chosen, and what is.
pub(super) struct Cases {
    /// What runs gave.
    offered: Vec<(Case, String)>,
    /// What needs no run.
    by_hand: Vec<(Case, String)>,
    /// The inputs of all of them that can be given by hand.
    inputs: Vec<Field>,
    pub(super) chosen: Option<Case>,
    search: String,
}

/// What the newest runs gave that used the prompt and fit a search, and what can be given by hand; the first of them, unless one is
/// chosen.
pub(super) async fn cases(
    app: &App,
    name: &Name,
    search: &str,
    chosen: Option<Case>,
) -> Result<Cases, ProblemDetails> {
    let words = Some(search.trim()).filter(|words| !words.is_empty());
    let wanted = ListRuns {
        search: words.map(str::to_owned),
        ..ListRuns::newest(LOOKED_AT)
    };
    let mut offered = Vec::new();
    let mut runs = 0;
    for run in app.engine.runs(&wanted).await? {
        // One that can't be read is no case.
        let Ok(view) = app.engine.run(run.id).await else {
            continue;
        };
        let before = offered.len();
        for step in view.all_steps() {
            let uses = |used: &str| used == name.as_str();
            if step.prompts.iter().any(|used| uses(&used.name)) {
                let told = format!(
                    "{} · {}",
                    parts::run_name(&run),
                    run.created_at.strftime("%-d %b %Y")
                );
                offered.extend(of_step(run.id, step, &told));
            }
        }
        runs += usize::from(offered.len() > before);
        if runs == RUNS {
            break;
        }
    }
    let (by_hand, inputs) = by_hand(app, name).await;
    let mut all = offered.iter().chain(&by_hand);
    let first = || all.clone().next().map(|(case, _)| case.clone());
    let chosen = chosen.or_else(first);
    if let Some(Case::OfRun { step, items, .. }) = &chosen
        && !all.any(|(case, _)| Some(case) == chosen.as_ref())
    {
        let told = format!("{} · as chosen before", place(step, items));
        offered.splice(0..0, chosen.clone().map(|chosen| (chosen, told)));
    }
    Ok(Cases {
        offered,
        by_hand,
        inputs,
        chosen,
        search: search.to_owned(),
    })
}

/// The built-in steps and the steps of definitions that use the prompt, and what they are given.
async fn by_hand(app: &App, name: &Name) -> (Vec<(Case, String)>, Vec<Field>) {
    let mut found = Vec::new();
    let mut inputs: Vec<Field> = Vec::new();
    let mut add = |case: Case, told: String, plugin: &PluginView| {
        let mut prompts = plugin.description.prompts.iter();
        if prompts.any(|prompt| prompt.name == name.as_str()) {
            found.push((case, told));
            for input in &plugin.description.inputs {
                if !inputs.iter().any(|known| known.name == input.name) {
                    inputs.push(input.clone());
                }
            }
        }
    };
    for plugin in app.engine.builtin_plugins().await.unwrap_or_default() {
        let case = Case::Plugin(plugin.uses.clone());
        add(case, format!("{} alone", plugin.uses), &plugin);
    }
    for definition in definitions(app).await {
        let folder = folder(app, &definition.file);
        for step in &definition.steps {
            // One that can't be loaded is told where it is used.
            let Some(plugin) = plugin(app, step.uses.as_deref(), &folder).await else {
                continue;
            };
            let case = Case::Definition {
                step: step.path.clone(),
                file: definition.file.clone(),
            };
            add(
                case,
                format!("{} of {}", step.path, definition.file),
                &plugin,
            );
        }
    }
    (found, inputs)
}

/// What a step of a run was given, each item by itself.
fn of_step(run: RunId, step: &StepView, told: &str) -> Vec<(Case, String)> {
    let mut cases: Vec<(Case, String)> = Vec::new();
    // What was left out was given nothing.
    for execution in step.executions.iter().filter(|it| it.has_begun()) {
        let positions = execution.at.iter();
        let items: Vec<u32> = positions.filter_map(|position| position.item).collect();
        let told = format!("{} · {told}", place(&step.path, &items));
        let case = Case::OfRun {
            run,
            step: step.path.clone(),
            items,
        };
        if cases.len() < ITEMS && !cases.iter().any(|(known, _)| *known == case) {
            cases.push((case, told));
        }
    }
    cases
}

/// The field, with its search, and what is given by hand.
pub(super) fn picker(cases: &Cases, given: &Pairs) -> Markup {
    let option = |(case, told): &(Case, String)| {
        html! { option value=(case) selected[Some(case) == cases.chosen.as_ref()] { (told) } }
    };
    html! {
        div.field {
            label for="case" { "Try it on" }
            @if cases.offered.is_empty() {
                p.quiet {
                    @if cases.search.trim().is_empty() { "No run has used this prompt yet. " a href="/runs/new" { "Start a run" } }
                    @else { "No run that fits has used this prompt." }
                }
            }
            @if !(cases.offered.is_empty() && cases.by_hand.is_empty()) {
                select #case name="case" data-not-kept {
                    optgroup label="What a run gave" { @for one in &cases.offered { (option(one)) } }
                    optgroup label="What you give by hand" { @for one in &cases.by_hand { (option(one)) } }
                }
            }
        }
        div.row.find {
            label.spoken for="search" { "Search among the runs" }
            input #search type="search" name="search" value=(cases.search) placeholder="Words of a run" data-key="/" data-not-kept;
            button { "Search" }
        }
        (by_hand_fields(cases, given))
    }
}

/// What is given by hand: in a step of a run it takes the place of what that was given.
fn by_hand_fields(cases: &Cases, given: &Pairs) -> Markup {
    let needs_it = !matches!(cases.chosen, None | Some(Case::OfRun { .. }));
    let typed = given.of("input.").any(|(_, text)| !text.is_empty());
    html! {
        details.more #by-hand open[needs_it || typed] {
            summary { "Inputs by hand" }
            p.small.quiet { "What you leave empty is as in the run." }
            (input_fields(&cases.inputs, given))
        }
        details.more #case-file open[given.get("cases").is_some()] {
            summary { "A case of a case file" }
            (case_file(given))
            div.field {
                label for="which" { "Which case" }
                input #which name="which" value=[given.get("which")] placeholder="its id, where there are several" autocomplete="off";
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_reads_back_as_it_is_written() {
        for given in [
            "0198f5a0-0000-7000-8000-000000000000 requirement/refine",
            "0198f5a0-0000-7000-8000-000000000000 a/b[2][0]",
            "plugin builtin:refine",
            "definition a/b some folder/flow.toml",
        ] {
            assert_eq!(given.parse::<Case>().unwrap().to_string(), given);
        }
        assert!("last a".parse::<Case>().is_err());
    }
}
