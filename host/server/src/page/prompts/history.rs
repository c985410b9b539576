//! How the versions of a prompt have done so far.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use maud::html;
use stepwell_rendering::history;

use super::name_of;
use crate::App;
use crate::page::address::of_version;
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// `GET /prompts/{name}/history`.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>) -> Page {
    let name = name_of(&name)?;
    // One that nobody knows is said to be none.
    app.engine.prompt(&name).await?;
    let done = app.engine.prompt_history(&name).await?;
    let version = |version: &stepwell_engine::VersionHistory| {
        let words = format!("v{}", version.number);
        html! {
            @if version.kept { a href=(of_version(&name, Some(version.number))) { strong { (words) } } }
            @else { strong { (words) } }
            @if let Some(saved) = version.saved_at { div.small.quiet { "saved " (parts::age(saved)) } }
        }
    };
    let comparison = |id: stepwell_contract::ComparisonId| {
        let whole = id.to_string();
        html! { a.mono.small href=(format!("/comparisons/{id}")) { (whole[whole.len() - 8..]) } }
    };
    let back = format!("/prompts/{name}");
    let content = html! {
        (head(Some((name.as_str(), &back)), &html! { "Scores and costs" }, &html! {}))
        div.stack #history data-live data-follows="/api/stream" {
            @if done.comparisons == 0 {
                p.quiet { "No comparison of its versions is kept, so nothing says how well they do. " a href=(format!("/comparisons/new?prompt={name}")) { "Compare versions" } }
            }
            (history(&done, version, comparison))
        }
    };
    let title = format!("Scores and costs of {name}");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}
