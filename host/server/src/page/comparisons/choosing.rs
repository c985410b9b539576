//! The steps that can be compared, to choose one: those of the newest runs, and those of the definitions.

use maud::{Markup, html};
use stepwell_engine::{DefinitionView, ExecutionView, ListRuns, RunSummary};

use super::compared::plugin;
use crate::page::address::{Address, Pairs};
use crate::page::definitions::{definitions, folder};
use crate::page::parts;
use crate::{App, ProblemDetails};

/// Runs that are offered as the place where a step comes from.
const RUNS: usize = 12;

/// Steps by their paths, each with where it is compared.
type Links = Vec<(String, Address)>;

/// What was picked elsewhere and goes along to the form: the prompt, and versions of it.
struct Carried<'p>(Vec<(&'p str, &'p str)>);

impl<'p> Carried<'p> {
    fn of(pairs: &'p Pairs) -> Self {
        let names = ["prompt", "baseline", "version"].into_iter();
        let carried = names.flat_map(|name| pairs.all(name).map(move |value| (name, value)));
        Self(carried.collect())
    }

    /// The address of the form with this and all that is carried.
    fn on(&self, with: &[(&'static str, &str)]) -> Address {
        let values = with.iter().chain(&self.0);
        let there = Address::at("/comparisons/new");
        values.fold(there, |there, (name, value)| there.with(name, Some(value)))
    }
}

pub(super) async fn choice(app: &App, pairs: &Pairs) -> Result<Markup, ProblemDetails> {
    let wanted = pairs.get("prompt");
    let carried = Carried::of(pairs);
    let wanted_runs = parts::wanted_runs(pairs, None, RUNS)?;
    let searched = wanted_runs.leaves_out();
    let of_runs = of_runs(app, &wanted_runs, wanted, &carried).await?;
    let known = of_definitions(app, wanted, &carried).await;
    Ok(html! {
        form.row.find method="get" action="/comparisons/new" {
            @for (name, value) in &carried.0 { input type="hidden" name=(name) value=(value); }
            (parts::finding(&wanted_runs, "Words of a run's input, label or workflow"))
        }
        @if searched && of_runs.is_empty() { p.quiet { "No run with a step that could be compared fits that." } }
        @if of_runs.is_empty() && known.is_empty() && !searched {
            div.empty { p { "There is no run and no definition whose steps could be compared." } a.button.first href="/runs/new" { "Start a run" } }
        }
        @if !of_runs.is_empty() {
            section.stack aria-labelledby="runs-title" {
                h2 #runs-title { "On what a run gave" @if let Some(name) = wanted { span.quiet { " · with the prompt " (name) } } }
                p.quiet { "The step gets what it got in that run: its inputs, its documents, its view of the files." }
                ul.choice {
                    @for (run, links) in &of_runs {
                        li.card.stack.tight {
                            div.row.apart { strong { (parts::run_name(run)) } span.small.quiet { a href=(carried.on(&[("workflow", &run.workflow)])) { (run.workflow) } " " (parts::age(run.created_at)) } }
                            div.row { @for (step, address) in links { a.button href=(address) data-row { (step) } } }
                        }
                    }
                }
            }
        }
        @if !known.is_empty() {
            section.stack aria-labelledby="definitions-title" {
                h2 #definitions-title { "On cases of your own" }
                ul.choice {
                    @for (definition, links) in &known {
                        li.card.stack.tight {
                            div { strong { (definition.workflow) } " " code.small.quiet { (definition.file) } }
                            div.row { @for (step, address) in links { a.button href=(address) data-row { (step) } } }
                        }
                    }
                }
            }
        }
    })
}

/// The steps that runs have begun and that use the prompt that is wanted, or any.
async fn of_runs(
    app: &App,
    wanted_runs: &ListRuns,
    wanted: Option<&str>,
    carried: &Carried<'_>,
) -> Result<Vec<(RunSummary, Links)>, ProblemDetails> {
    let mut of_runs = Vec::new();
    for run in app.engine.runs(wanted_runs).await? {
        let Ok(view) = app.engine.run(run.id).await else {
            continue;
        };
        let id = run.id.to_string();
        let steps = view.all_steps().into_iter();
        let fitting = steps.filter(|step| step.executions.iter().any(ExecutionView::has_begun));
        let fitting = fitting.filter(|step| {
            let uses = |name: &str| step.prompts.iter().any(|used| used.name == name);
            wanted.map_or(!step.prompts.is_empty(), uses)
        });
        let links = fitting.map(|step| {
            let there = carried.on(&[("run", &id), ("step", step.path.as_str())]);
            (step.path.to_string(), there)
        });
        let links: Links = links.collect();
        if !links.is_empty() {
            of_runs.push((run, links));
        }
    }
    Ok(of_runs)
}

/// The steps of definitions that have a plugin, which declares the prompt that is wanted.
async fn of_definitions(
    app: &App,
    wanted: Option<&str>,
    carried: &Carried<'_>,
) -> Vec<(DefinitionView, Links)> {
    let mut known = Vec::new();
    for definition in definitions(app).await {
        let mut links = Links::new();
        let folder = folder(app, &definition.file);
        for step in definition.steps.iter().filter(|step| step.uses.is_some()) {
            if let Some(name) = wanted {
                let plugin = plugin(app, step.uses.as_deref(), &folder).await;
                let mut declared = plugin.iter().flat_map(|plugin| &plugin.description.prompts);
                if !declared.any(|prompt| prompt.name == name) {
                    continue;
                }
            }
            let from = ("definition", definition.file.as_str());
            let there = carried.on(&[from, ("step", step.path.as_str())]);
            links.push((step.path.to_string(), there));
        }
        if !links.is_empty() {
            known.push((definition, links));
        }
    }
    known
}
