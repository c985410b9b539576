//! What models cost, in each cut, with ways on to what it was spent on.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use maud::{Markup, html};
use stepwell_contract::amounts;
use stepwell_engine::{Cost, CostBy, CostFigures, CostOf, PromptVersion, WantedCost};
use strum::VariantArray as _;

use super::address::{Address, Pairs, of_version};
use super::frame::{Section, frame, head};
use super::parts;
use super::problem::Page;
use crate::App;
use crate::asked::Query;

/// Parts that one page shows; the sums are of all.
const MOST: usize = 500;

/// The routes of the costs.
pub(super) fn router() -> Router<App> {
    Router::new().route("/cost", get(show))
}

/// `GET /cost`.
async fn show(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let run = match pairs.get("run") {
        Some(given) => Some(app.engine.find_run(given).await?),
        None => None,
    };
    let by = pairs.said("by", "the costs are added up by no such thing")?;
    let wanted = WantedCost {
        by: by.unwrap_or_default(),
        since: pairs.said("since", "a day is written as 2026-01-31")?,
        run,
        workflow: pairs.get("workflow").map(str::to_owned),
        step: pairs.said("step", "that is no path of a step")?,
    };
    let cost = app.engine.cost(&wanted).await?;
    let content = html! {
        (head(None, &html! { "Cost" }, &html! {}))
        (finding(&wanted))
        div.stack #costs data-live data-follows="/api/stream" {
            @if cost.rows.is_empty() { (nothing(&wanted)) } @else { (parts_of(&cost, &wanted)) (remarks(&cost)) }
        }
    };
    Ok(frame(&app.about, Section::Cost, "Cost", &content).into_response())
}

fn here(wanted: &WantedCost) -> Address {
    Address::at("/cost")
        .with("by", Some(wanted.by.word()))
        .with("since", wanted.since)
        .with("run", wanted.run)
        .with("workflow", wanted.workflow.as_ref())
        .with("step", wanted.step.as_ref())
}

/// The last characters of an id: what tells runs of one day apart.
fn tail(id: impl std::fmt::Display) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(6)..].to_owned()
}

fn is_narrowed(wanted: &WantedCost) -> bool {
    let WantedCost {
        by: _,
        since,
        run,
        workflow,
        step,
    } = wanted;
    since.is_some() || run.is_some() || workflow.is_some() || step.is_some()
}

fn finding(wanted: &WantedCost) -> Markup {
    html! {
        search {
            form.row.find method="get" action="/cost" {
                input type="hidden" name="by" value=(wanted.by.word());
                label for="since" { "Since" }
                input #since type="date" name="since" value=[wanted.since];
                @if let Some(run) = wanted.run { label.check { input type="checkbox" name="run" value=(run) checked; "only one run" } }
                @if let Some(step) = &wanted.step { label.check { input type="checkbox" name="step" value=(step) checked; "only " (step) } }
                @if let Some(workflow) = &wanted.workflow { label.check { input type="checkbox" name="workflow" value=(workflow) checked; "only " (workflow) } }
                button { "Show" }
                @if is_narrowed(wanted) { a href=(Address::at("/cost").with("by", Some(wanted.by.word()))) { "All of it" } }
            }
        }
    }
}

fn nothing(wanted: &WantedCost) -> Markup {
    html! {
        div.empty {
            @if is_narrowed(wanted) { p { "No call fits that." } }
            @else {
                p { "Nothing was spent yet." }
                p { "What the steps of runs and comparisons ask models is added up here." }
            }
        }
    }
}

fn parts_of(cost: &Cost, wanted: &WantedCost) -> Markup {
    html! {
        section.stack aria-labelledby="cost-title" {
            div.row.apart.baseline {
                h2 #cost-title { "By " (cost.by.word()) }
                nav aria-label="Add up by" {
                    ul.tabs {
                        @for by in CostBy::VARIANTS.iter().copied() {
                            li { a href=(here(&WantedCost { by, ..wanted.clone() })) aria-current=[(by == cost.by).then_some("true")] { (by.word()) } }
                        }
                    }
                }
            }
            div.card.flush tabindex="0" role="region" aria-label="Costs" {
                table.cards.totals {
                    thead { tr { th { (cost.by.word()) } th.number { "Calls" } th.number { "Tokens in" } th.number { "Cached" } th.number { "Tokens out" } th.number { "Reasoning" } th.number { "Money" } } }
                    tbody { @for row in cost.rows.iter().take(MOST) { tr { th scope="row" { (named(&row.of, wanted)) } (figures(&row.figures)) } } }
                    tfoot { tr { th scope="row" { "Together" } (figures(&cost.whole)) } }
                }
            }
            @if cost.rows.len() > MOST { p.quiet { "These are " (MOST) " of " (cost.rows.len()) "; the sums are of all. “Since” narrows them, and so does a step." } }
        }
    }
}

/// A part by its name, which leads on where there is something to look at.
fn named(of: &CostOf, wanted: &WantedCost) -> Markup {
    let linked = |address: String, text: String| html! { a href=(address) data-row { (text) } };
    match of {
        CostOf::Run { run, workflow } => {
            let name = workflow.clone().unwrap_or_else(|| "a run".into());
            html! { (linked(format!("/runs/{run}"), name)) " " small.quiet { (tail(run)) } }
        }
        CostOf::Comparison { comparison } => html! {
            (linked(format!("/comparisons/{comparison}"), "comparison".into())) " " small.quiet { (tail(comparison)) }
        },
        CostOf::Item { run, step, .. } => {
            let address = Address::at(format!("/runs/{run}")).with("step", Some(step));
            html! { a href=(address) data-row { (of.named()) } " " small.quiet { (tail(run)) } }
        }
        CostOf::Step { step } => {
            let only = WantedCost {
                by: CostBy::Item,
                step: Some(step.clone()),
                ..wanted.clone()
            };
            html! { a href=(here(&only)) data-row { (step) } }
        }
        CostOf::Prompts { prompts } if !prompts.is_empty() => html! {
            @for (place, PromptVersion { name, number }) in prompts.iter().enumerate() {
                a data-row[place == 0] href=(of_version(name, Some(*number).filter(|number| *number > 0))) { (stepwell_engine::named(name, *number)) } " "
            }
        },
        CostOf::Day { day } => {
            let only = WantedCost {
                by: CostBy::Run,
                since: Some(*day),
                ..wanted.clone()
            };
            html! { a href=(here(&only)) title="Runs since then" data-row { (day) } }
        }
        CostOf::Prompts { .. }
        | CostOf::Model { .. }
        | CostOf::Provider { .. }
        | CostOf::Removed => html! { (of.named()) },
    }
}

fn figures(figures: &CostFigures) -> Markup {
    let CostFigures { spent, .. } = figures;
    let at_least = if spent.unknown_tokens == 0 {
        ""
    } else {
        "≥ "
    };
    html! {
        td.number data-label="Calls" {
            (spent.calls)
            @if figures.failed > 0 { " " small.quiet { (figures.failed) " failed" } }
            @if figures.replayed.calls > 0 { " " small.quiet { (figures.replayed.calls) " recorded" } }
        }
        td.number data-label="In" { @if spent.input_tokens.is_some() { (at_least) } (parts::tokens(spent.input_tokens)) }
        td.number data-label="Cached" { (amounts::tokens(figures.cache_read_tokens)) }
        td.number data-label="Out" { @if spent.output_tokens.is_some() { (at_least) } (parts::tokens(spent.output_tokens)) }
        td.number data-label="Reasoning" { (amounts::tokens(figures.reasoning_tokens)) }
        td.number data-label="Money" { (figures.money_in_words()) }
    }
}

fn remarks(cost: &Cost) -> Markup {
    html! {
        section.stack.tight aria-labelledby="remarks-title" {
            h2 #remarks-title { "Of it" }
            ul.plain {
                @for remark in cost.remarks() { li { (parts::sentence(&remark)) } }
                @if let Some(day) = cost.prices_as_of {
                    li.quiet { "Prices are yours where " code { "stepwell.toml" } " has them, else those of the known providers as of " (day) "." }
                }
            }
        }
    }
}
