//! Comparisons: versions of a prompt, and models, side by side on the same cases.

mod acting;
mod answers;
mod around;
mod case;
mod compared;
mod form;
mod given;
mod list;
mod looks;
mod show;
mod starting;
mod text;

use axum::Router;
use axum::routing::get;
use stepwell_contract::ComparisonId;

use super::problem::Page;
use crate::App;
use crate::app::OfComparison;
use crate::page::address::{Address, to};

pub(super) use compared::plugin;
pub(super) use given::{case_file, cases, input_fields};
pub(super) use text::address as whole_text;

/// The routes of the comparisons.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/comparisons", get(list::list).post(starting::start))
        .route("/comparisons/new", get(starting::form))
        .route(
            "/comparisons/improve",
            get(form_again).post(starting::improve),
        )
        .route("/comparisons/{id}", get(show::show))
        .route("/comparisons/{id}/text", get(text::text))
        .route("/comparisons/{id}/resume", get(back).post(acting::resume))
        .route(
            "/comparisons/{id}/remove",
            get(acting::ask_to_remove).post(acting::remove),
        )
        .route("/comparisons/{id}/stop", get(back).post(acting::stop))
        .route("/comparisons/{id}/promote", get(back).post(acting::promote))
        .route("/comparisons/{id}/rating", get(back).post(acting::rate))
}

/// The address of a form that was sent, asked for again: leads to the comparison.
async fn back(OfComparison(id): OfComparison) -> Page {
    Ok(to(address(id)))
}

/// The same of the form that begins one.
async fn form_again() -> Page {
    Ok(to(Address::at("/comparisons/new")))
}

/// The address of a comparison.
fn address(id: ComparisonId) -> Address {
    Address::at(format!("/comparisons/{id}"))
}
