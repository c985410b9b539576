//! Improvements of prompts: what a model proposed, why, and what came of it.
//!
//! They are begun and carried on at the terminal or over the API; here they are looked at.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use maud::{Markup, html};
use stepwell_contract::ComparisonId;
use stepwell_engine::{ImprovementSummary, ImprovementView, ProposalView, standing_told};

use super::address::to;
use super::frame::{Section, frame, head};
use super::parts;
use super::problem::Page;
use crate::App;

/// Improvements on the page: the newest.
const MOST: usize = 100;

/// The routes of the improvements.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/improvements", get(list))
        .route("/improvements/{id}", get(show))
}

/// `GET /improvements`.
async fn list(State(app): State<App>) -> Page {
    let improvements = app.engine.improvements(None, Some(MOST)).await?;
    let content = html! {
        (head(Some(("Prompts", "/prompts")), &html! { "Improvements" }, &html! {}))
        div.stack #improvements data-live data-follows="/api/stream" {
            (parts::left_out(improvements.gaps("improvement")))
            @if improvements.is_empty() {
                div.empty {
                    p { "No improvements yet." }
                    p { "A model proposes versions of a prompt from what failed, and one that is better beyond chance is made current: "
                        code { "stepwell prompt improve NAME --cases FILE" } " at the terminal." }
                }
            } @else {
                div.card.flush {
                    table.runs {
                        thead { tr { th { "Prompt" } th { "Step" } th { "Came to" } th.number { "Proposals" } th.number { "Began" } } }
                        tbody { @for improvement in &improvements.items { (row(improvement)) } }
                    }
                }
            }
        }
    };
    Ok(frame(&app.about, Section::Prompts, "Improvements", &content).into_response())
}

fn row(improvement: &ImprovementSummary) -> Markup {
    html! {
        tr {
            td { a.name href=(format!("/improvements/{}", improvement.id)) data-row { (improvement.prompt) } }
            td { (improvement.step) }
            td { (improvement.told()) }
            td.number data-label="Proposals" { (improvement.proposal_count) }
            td.number { (parts::age(improvement.created_at)) }
        }
    }
}

/// `GET /improvements/{id}`.
async fn show(State(app): State<App>, Path(given): Path<String>) -> Page {
    let id = app.engine.find_improvement(&given).await?;
    if id.to_string() != given {
        return Ok(to(format!("/improvements/{id}")));
    }
    let view = app.engine.improvement(id).await?;
    let prompt = &view.summary.prompt;
    let back = format!("/prompts/{prompt}");
    let content = html! {
        (head(Some((prompt.as_str(), &back)), &html! { "Improvement" }, &html! {}))
        div.stack #improvement data-live data-follows="/api/stream" {
            (facts(&view))
            @if let Some(problem) = &view.problem {
                p { strong { "Stopped: " } (problem.message) }
            }
            @if view.summary.end.is_none() {
                p.quiet { code { "stepwell improvement resume " (id) } " at the terminal carries it on." }
            }
            @for proposal in &view.proposals { (proposal_card(proposal)) }
        }
    };
    let title = format!("Improvement of {prompt}");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}

fn facts(view: &ImprovementView) -> Markup {
    let summary = &view.summary;
    let spent = &view.spent;
    html! {
        dl.facts {
            div { dt { "Came to" } dd { (summary.told()) } }
            div { dt { "Step" } dd { (summary.step) } }
            div {
                dt { "Began from" }
                dd { "v" (view.baseline) @if let Some(standing) = &view.standing { ": " (standing_told(standing)) } }
            }
            div { dt { "Cases" } dd { (view.training.len()) " for training, " (view.validation.len()) " kept back for validation" } }
            div { dt { "Spent" } dd { (parts::spent_tokens(spent)) } }
            div { dt { "Began" } dd { (parts::moment(summary.created_at)) } }
        }
    }
}

fn proposal_card(proposal: &ProposalView) -> Markup {
    let name = format!("Proposal {}", proposal.number);
    html! {
        section.card.stack aria-label=(name) {
            div.row.apart.baseline {
                h2 { (name) }
                span.quiet.small {
                    "round " (proposal.round)
                    @if let Some(made_from) = proposal.made_from { ", made from " (made_from) }
                }
            }
            p { strong { (parts::sentence(&proposal.told())) } }
            @if let Some(reason) = &proposal.reason { p { (reason) } }
            dl.facts {
                (tried("Training", proposal.training.as_ref().map(standing_told), proposal.trained_by))
                (tried("Validation", proposal.validation.as_ref().map(standing_told), proposal.validated_by))
                (tried("Asked", Some(String::new()), Some(proposal.asked_by)))
            }
            @if let Some(sentence) = &proposal.sentence { p.small { (sentence) } }
            @if let Some(text) = &proposal.text {
                details.more { summary { "Text" } (parts::prompt_text(&format!("Text of proposal {}", proposal.number), text)) }
            }
        }
    }
}

/// How it did somewhere, and the comparison in which it did.
fn tried(name: &str, told: Option<String>, comparison: Option<ComparisonId>) -> Markup {
    html! {
        @if let Some(comparison) = comparison {
            div {
                dt { (name) }
                dd {
                    @if let Some(told) = told.filter(|told| !told.is_empty()) { (told) " · " }
                    a href=(format!("/comparisons/{comparison}")) { "the comparison" }
                }
            }
        }
    }
}
