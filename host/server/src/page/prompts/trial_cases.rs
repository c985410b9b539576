//! The cases that a text can be tried on: the steps of past runs that used the prompt.

use std::fmt;
use std::str::FromStr;

use maud::{Markup, html};
use stepwell_contract::{Name, RunId, StepPath};
use stepwell_engine::{DocumentPlace, ListRuns, StepView};

use crate::page::parts;
use crate::{App, ProblemDetails};

/// Runs that are looked through, from the newest on.
const LOOKED_AT: usize = 60;
/// Runs that are offered.
const RUNS: usize = 12;
/// Items of one step that are offered.
const ITEMS: usize = 50;

/// A step of a run, or one item of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) run: RunId,
    pub(super) step: StepPath,
    pub(super) items: Vec<u32>,
}

impl Case {
    fn place(&self) -> DocumentPlace {
        DocumentPlace {
            step: self.step.clone(),
            items: self.items.clone(),
            rounds: Vec::new(),
            take: None,
        }
    }
}

/// As a form sends it.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.run, self.place())
    }
}

impl FromStr for Case {
    type Err = ();

    fn from_str(given: &str) -> Result<Self, ()> {
        let (run, place) = given.split_once(' ').ok_or(())?;
        let place: DocumentPlace = place.parse().map_err(|_| ())?;
        Ok(Self {
            run: run.parse().map_err(|_| ())?,
            step: place.step,
            items: place.items,
        })
    }
}

/// What can be chosen, and what is.
pub(super) struct Cases {
    offered: Vec<(Case, String)>,
    pub(super) chosen: Option<Case>,
    search: String,
}

/// The cases of the newest runs that used the prompt and fit a search; the first of them, unless one is chosen.
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
    let first = || offered.first().map(|(case, _)| case.clone());
    let chosen = chosen.or_else(first);
    if let Some(chosen) = &chosen
        && !offered.iter().any(|(case, _)| case == chosen)
    {
        let told = format!("{} · as chosen before", chosen.place());
        offered.insert(0, (chosen.clone(), told));
    }
    Ok(Cases {
        offered,
        chosen,
        search: search.to_owned(),
    })
}

/// What a step of a run was given, each item by itself.
fn of_step(run: RunId, step: &StepView, told: &str) -> Vec<(Case, String)> {
    let mut cases: Vec<(Case, String)> = Vec::new();
    for execution in &step.executions {
        let positions = execution.at.iter();
        let case = Case {
            run,
            step: step.path.clone(),
            items: positions.filter_map(|position| position.item).collect(),
        };
        if cases.len() < ITEMS && !cases.iter().any(|(known, _)| *known == case) {
            let place = case.place();
            cases.push((case, format!("{place} · {told}")));
        }
    }
    cases
}

/// The field, with its search.
pub(super) fn picker(cases: &Cases) -> Markup {
    html! {
        div.field {
            label for="case" { "On what a run gave" }
            @if cases.offered.is_empty() {
                p.quiet {
                    @if cases.search.trim().is_empty() { "No run has used this prompt yet. " a href="/runs/new" { "Start a run" } }
                    @else { "No run that fits has used this prompt." }
                }
            } @else {
                select #case name="case" data-not-kept {
                    @for (case, told) in &cases.offered {
                        option value=(case) selected[Some(case) == cases.chosen.as_ref()] { (told) }
                    }
                }
            }
        }
        div.row.find {
            label.spoken for="search" { "Search among the runs" }
            input #search type="search" name="search" value=(cases.search) placeholder="Words of a run" data-key="/" data-not-kept;
            button { "Search" }
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
        ] {
            assert_eq!(given.parse::<Case>().unwrap().to_string(), given);
        }
        assert!("last a".parse::<Case>().is_err());
    }
}
