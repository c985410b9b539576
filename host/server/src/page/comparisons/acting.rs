//! What a form does with a comparison: take it further, make a version current, rate a cell.

use axum::extract::{Form, State};
use serde::Deserialize;
use stepwell_engine::{CellAddress, RateCell, ResumeComparison};

use super::address;
use crate::App;
use crate::app::OfComparison;
use crate::page::address::{plain_lines, to};
use crate::page::parts::{Done, to_done};
use crate::page::problem::Page;

/// `POST /comparisons/{id}/resume`.
pub(super) async fn resume(State(app): State<App>, OfComparison(id): OfComparison) -> Page {
    let resume = app.runs.resume_comparison(id, ResumeComparison::default());
    resume.await?;
    Ok(to_done(address(id), Done::GoesOn))
}

/// `POST /comparisons/{id}/stop`: where it is; what its cells came to stays.
pub(super) async fn stop(State(app): State<App>, OfComparison(id): OfComparison) -> Page {
    app.runs.stop_comparison(id).await?;
    Ok(to_done(address(id), Done::Stopped))
}

/// The version that wins.
#[derive(Debug, Deserialize)]
pub(super) struct Winner {
    version: u32,
}

/// `POST /comparisons/{id}/promote`: makes a version current, with the comparison as the reason.
pub(super) async fn promote(
    State(app): State<App>,
    OfComparison(id): OfComparison,
    Form(winner): Form<Winner>,
) -> Page {
    let _edit = app.edit().await;
    let promoted = app
        .engine
        .promote(id, winner.version, app.person(String::new()));
    promoted.await?;
    Ok(to_done(address(id), Done::Current))
}

/// What a person says of a cell.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    case: u32,
    variant: u32,
    repeat: u32,
    /// Empty takes it back.
    score: String,
    #[serde(default)]
    comment: String,
    /// The query of the page, to come back to.
    #[serde(default)]
    back: String,
}

/// `POST /comparisons/{id}/rating`.
pub(super) async fn rate(
    State(app): State<App>,
    OfComparison(id): OfComparison,
    Form(said): Form<Said>,
) -> Page {
    let request = RateCell {
        cell: CellAddress {
            comparison: id,
            case: said.case,
            variant: said.variant,
            repeat: said.repeat,
        },
        score: said.score.parse().ok(),
        comment: plain_lines(&said.comment),
        by: app.person(String::new()),
    };
    app.engine.rate_cell(request).await?;
    let back = said.back.strip_prefix('?').unwrap_or_default();
    let done = format!("{}={}", Done::NAME, Done::Rated.word());
    Ok(to(format!("/comparisons/{id}?{back}&{done}#done")))
}
