//! The calls, newest first, below what they took together.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{RunId, StepPath};
use stepwell_engine::{CallView, Selection};
use stepwell_store::{CallGroup, CallState, CallTotals};
use strum::VariantArray as _;

use super::totals::{By, sum, totals};
use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// Calls on one page.
const PAGE: usize = 50;

/// `GET /calls`.
pub(super) async fn list(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let run = match pairs.get("run") {
        Some(given) => Some(app.engine.find_run(given).await?),
        None => None,
    };
    let selection = Selection {
        run,
        step: pairs.said("step", "that is no path of a step")?,
        round: None,
    };
    let by = pairs.said("by", "calls are added up by no such thing")?;
    let by = by.unwrap_or(By::Step);
    let skipped: usize = pairs
        .said("skip", "that is no number of calls")?
        .unwrap_or(0);
    let groups = app.engine.totals_of_calls(&selection).await?;
    // One more than is shown tells whether there are older ones.
    let calls = app.engine.newest_calls(&selection, skipped, PAGE + 1);
    let calls = calls.await?;
    let content = html! {
        (head(None, &html! { "Calls" }, &html! {}))
        (parts::left_out(calls.gaps("call")))
        @if run.is_some() || selection.step.is_some() { (narrowed(run, selection.step.as_ref())) }
        div.stack #calls data-live data-follows="/api/stream" {
            @if groups.is_empty() {
                div.empty { p { "No calls yet." } p { "What the steps of a run ask a model, and what it answers, is kept here." } }
            } @else {
                (together(&groups, by, &selection))
                (each(&calls, skipped, by, &selection))
            }
        }
    };
    Ok(frame(&app.about, Section::Calls, "Calls", &content).into_response())
}

fn here(selection: &Selection, by: By, skip: usize) -> Address {
    Address::at("/calls")
        .with("run", selection.run)
        .with("step", selection.step.as_ref())
        .with("by", Some(by.word()))
        .with("skip", Some(skip).filter(|skip| *skip > 0))
}

fn narrowed(run: Option<RunId>, step: Option<&StepPath>) -> Markup {
    html! {
        p {
            "Of "
            @if let Some(run) = run { a href=(format!("/runs/{run}")) { "one run" } }
            @if run.is_some() && step.is_some() { ", " }
            @if let Some(step) = step { "step " code { (step) } }
            ". " a href="/calls" { "All calls" }
        }
    }
}

fn together(groups: &[(CallGroup, CallTotals)], by: By, selection: &Selection) -> Markup {
    html! {
        section.stack aria-labelledby="totals-title" {
            div.row.apart.baseline {
                h2 #totals-title { "Together, by " (by.word()) }
                nav aria-label="Add up by" {
                    ul.tabs {
                        @for one in By::VARIANTS.iter().copied() {
                            li { a href=(here(selection, one, 0)) aria-current=[(one == by).then_some("true")] { (one.word()) } }
                        }
                    }
                }
            }
            div.card.flush tabindex="0" role="region" aria-label="Totals" {
                table.cards.totals {
                    thead { tr { th { (by.word()) } th.number { "Calls" } th.number { "Failed" } th.number { "Tokens in" } th.number { "Tokens out" } th.number { "Money" } th.number { "Median" } } }
                    tbody { @for (key, total) in totals(groups, by) { tr { th scope="row" { (key) } (figures(&total)) } } }
                    tfoot { tr { th scope="row" { "Together" } (figures(&sum(groups))) } }
                }
            }
        }
    }
}

fn figures(total: &CallTotals) -> Markup {
    let at_least = |unknown: u64| if unknown == 0 { "" } else { "≥ " };
    html! {
        td.number data-label="Calls" { (total.calls) }
        td.number data-label="Failed" { (total.failed) }
        td.number data-label="In" { (at_least(total.unknown_tokens)) (parts::tokens(Some(total.input_tokens))) }
        td.number data-label="Out" { (at_least(total.unknown_tokens)) (parts::tokens(Some(total.output_tokens))) }
        td.number data-label="Money" { @if total.money().is_some() { (at_least(total.unknown_money)) } (parts::money(total.money())) }
        td.number data-label="Median" { (parts::milliseconds(total.median_ms())) }
    }
}

fn each(calls: &[CallView], skipped: usize, by: By, selection: &Selection) -> Markup {
    html! {
        section.stack aria-labelledby="each-title" {
            h2 #each-title { "Each" }
            div.card.flush tabindex="0" role="region" aria-label="Calls" {
                table.cards.each {
                    thead { tr { th { "When" } th { "Step" } th { "Model" } th { "Prompt" } th.number { "Tokens" } th.number { "Took" } th { "End" } } }
                    tbody { @for call in calls.iter().take(PAGE) { (row(call)) } }
                }
            }
            nav.row aria-label="Pages" {
                @if skipped > 0 { a.button href=(here(selection, by, skipped.saturating_sub(PAGE))) rel="prev" { "Newer" } }
                @if calls.len() > PAGE { a.button href=(here(selection, by, skipped + PAGE)) rel="next" { "Older" } }
            }
        }
    }
}

fn row(call: &CallView) -> Markup {
    let sides = [call.usage.input_tokens, call.usage.output_tokens];
    let tokens = sides
        .into_iter()
        .flatten()
        .map(u64::from)
        .reduce(|input, output| input + output);
    let (class, end) = match call.state {
        CallState::Answered => (
            "state success",
            call.finish.as_deref().unwrap_or("answered"),
        ),
        CallState::Failed => (
            "state failure",
            call.error
                .as_ref()
                .map_or("failed", |error| error.code.as_str()),
        ),
        CallState::Intended => ("state pending", "under way"),
    };
    html! {
        tr {
            td { a href=(format!("/calls/{}", call.id)) data-row { (parts::age(call.created_at)) } }
            td { (call.execution) }
            td { (call.model) }
            td { @for used in &call.prompts { (used.named()) " " } }
            td.number data-label="Tokens" { (parts::tokens(tokens)) }
            td.number data-label="Took" { (parts::milliseconds(call.attempts.last().and_then(|attempt| attempt.duration_ms))) }
            td { span class=(class) { (end) } }
        }
    }
}
