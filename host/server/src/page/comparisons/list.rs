//! The comparisons, newest first.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_engine::ComparisonSummary;
use stepwell_rendering::state;

use crate::App;
use crate::asked::Query;
use crate::page::address::Pairs;
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done};
use crate::page::problem::Page;

/// Comparisons on one page.
const PAGE: usize = 50;

/// `GET /comparisons`.
pub(super) async fn list(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let before = match pairs.get("before") {
        Some(given) => Some(app.engine.find_comparison(given).await?),
        None => None,
    };
    let found = app.engine.comparisons(before, Some(PAGE + 1)).await;
    let mut comparisons = found?;
    let more = comparisons.len() > PAGE;
    comparisons.truncate(PAGE);
    let actions =
        html! { div.actions { a.button.first href="/comparisons/new" { "Compare versions" } } };
    let content = html! {
        (head(None, &html! { "Comparisons" }, &actions))
        @if let Some(done) = Done::of(pairs.get(Done::NAME)) { (parts::done_notice(done.sentence())) }
        (parts::left_out(comparisons.gaps("comparison")))
        div.stack #comparisons data-live data-follows="/api/stream" {
            @if comparisons.is_empty() {
                div.empty {
                    p { "No comparisons yet." }
                    p { "Put versions of a prompt side by side on the same cases, see what differs, and make the better one current." }
                }
            } @else {
                div.card.flush {
                    table.runs.comparisons {
                        thead { tr { th { "State" } th { "Step" } th { "Side by side" } th.number { "Cases" } th.number { "Repeats" } th.number { "Began" } } }
                        tbody { @for comparison in &comparisons { (row(comparison)) } }
                    }
                }
            }
        }
        @if let Some(last) = comparisons.last().filter(|_| more) {
            nav.row aria-label="Pages" { a.button href=(format!("/comparisons?before={}", last.id)) rel="next" { "Older" } }
        }
    };
    let page = frame(&app.about, Section::Comparisons, "Comparisons", &content);
    Ok(page.into_response())
}

fn row(comparison: &ComparisonSummary) -> Markup {
    html! {
        tr {
            td { (state(comparison.status)) }
            td { a.name href=(format!("/comparisons/{}", comparison.id)) data-row { (comparison.step) } }
            td { @for label in &comparison.labels { span.tag { (label) } " " } }
            td.number data-label="Cases" { (comparison.case_count) }
            td.number data-label="Repeats" { (comparison.repeats) }
            td.number { (parts::age(comparison.created_at)) }
        }
    }
}
