//! Improvements of prompts: what a model proposed, why, and what came of it.
//!
//! They are begun by the form that compares versions; here they are looked at, carried on and removed.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_contract::{ComparisonId, ImprovementId};
use stepwell_engine::{
    AdvanceImprovement, ComparisonStatus, ImprovementSummary, ImprovementView, ProposalView,
    standing_told,
};

use super::address::{Address, to};
use super::frame::{Section, frame, head};
use super::parts::{self, Done, to_done};
use super::problem::Page;
use crate::App;
use crate::app::OfImprovement;
use crate::asked::Query;

/// Improvements on the page: the newest.
const MOST: usize = 100;

/// The routes of the improvements.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/improvements", get(list))
        .route("/improvements/{id}", get(show))
        .route("/improvements/{id}/resume", get(back).post(resume))
        .route("/improvements/{id}/remove", get(back).post(remove))
}

/// The address of an improvement.
pub(super) fn address(id: ImprovementId) -> Address {
    Address::at(format!("/improvements/{id}"))
}

/// The address of a form that was sent, asked for again: leads to the improvement.
async fn back(OfImprovement(id): OfImprovement) -> Page {
    Ok(to(address(id)))
}

/// `POST /improvements/{id}/resume`.
async fn resume(State(app): State<App>, OfImprovement(id): OfImprovement) -> Page {
    let as_it_is = AdvanceImprovement::default();
    app.runs.advance_improvement(id, as_it_is).await?;
    Ok(to_done(address(id), Done::GoesOn))
}

/// `POST /improvements/{id}/remove`: its comparisons stay.
async fn remove(State(app): State<App>, OfImprovement(id): OfImprovement) -> Page {
    app.engine.remove_improvement(id).await?;
    Ok(to_done(Address::at("/improvements"), Done::Removed))
}

/// How a page of improvements is looked at.
#[derive(Debug, Default, Deserialize)]
struct Looks {
    /// What a form has done that led here.
    done: Option<String>,
}

impl Looks {
    fn notice(&self) -> Markup {
        let done = Done::of(self.done.as_deref());
        html! { @if let Some(done) = done { (parts::done_notice(done.sentence())) } }
    }
}

/// `GET /improvements`.
async fn list(State(app): State<App>, Query(looks): Query<Looks>) -> Page {
    let improvements = app.engine.improvements(None, Some(MOST)).await?;
    let content = html! {
        (head(Some(("Prompts", "/prompts")), &html! { "Improvements" }, &html! {}))
        (looks.notice())
        div.stack #improvements data-live data-follows="/api/stream" {
            (parts::left_out(improvements.gaps("improvement")))
            @if improvements.is_empty() {
                div.empty {
                    p { "No improvements yet." }
                    p { "A model proposes versions of a prompt from what failed, and one that is better beyond chance is made current." }
                    a.button.first href="/comparisons/new" { "Choose a step" }
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
async fn show(
    State(app): State<App>,
    Path(given): Path<String>,
    Query(looks): Query<Looks>,
) -> Page {
    let id = app.engine.find_improvement(&given).await?;
    if id.to_string() != given {
        return Ok(to(format!("/improvements/{id}")));
    }
    let view = app.engine.improvement(id).await?;
    let prompt = &view.summary.prompt;
    let back = format!("/prompts/{prompt}");
    let content = html! {
        (head(Some((prompt.as_str(), &back)), &html! { "Improvement" }, &html! {}))
        (looks.notice())
        div.stack #improvement data-live data-follows="/api/stream" {
            (facts(&view))
            @if let Some(problem) = &view.problem {
                p { strong { "Stopped: " } (problem.message) }
            }
            (actions(&view))
            @for proposal in &view.proposals { (proposal_card(proposal)) }
        }
    };
    let title = format!("Improvement of {prompt}");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}

/// What can be done with it where it is.
fn actions(view: &ImprovementView) -> Markup {
    let id = view.summary.id;
    let is_under_way = view.summary.status == ComparisonStatus::Running;
    let under_way = view
        .comparisons
        .last()
        .filter(|_| view.summary.end.is_none());
    html! {
        div.actions {
            @if let Some(comparison) = under_way {
                a.button href=(format!("/comparisons/{comparison}")) { "The comparison that it stands at" }
            }
            @if view.summary.end.is_none() && !is_under_way {
                form method="post" action=(format!("/improvements/{id}/resume")) { button.first { "Go on" } }
            }
            @if !is_under_way {
                form method="post" action=(format!("/improvements/{id}/remove")) {
                    details.more {
                        summary { "Remove" }
                        p.quiet { "Its comparisons stay, and what it cost stays in the totals." }
                        button.away { "Remove it for good" }
                    }
                }
            }
        }
    }
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
