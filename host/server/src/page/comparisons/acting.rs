//! What a form does with a comparison: take it further, make a version current, rate a cell.

use axum::extract::{Form, State};
use serde::Deserialize;
use stepwell_contract::ComparisonId;
use stepwell_engine::{CellAddress, RateCell, RemoveComparisons, ResumeComparison};

use super::address;
use crate::App;
use crate::app::OfComparison;
use crate::page::address::{Address, plain_lines, to};
use crate::page::frame::Section;
use crate::page::parts::{Done, to_done};
use crate::page::problem::Page;
use crate::page::removing::{Going, may_not_go};

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

fn removal(comparison: ComparisonId, only_say: bool) -> RemoveComparisons {
    RemoveComparisons {
        comparisons: vec![comparison],
        only_say,
    }
}

/// `GET /comparisons/{id}/remove`: what would go.
pub(super) async fn ask_to_remove(State(app): State<App>, OfComparison(id): OfComparison) -> Page {
    let told = match app.engine.remove_comparisons(removal(id, true)).await {
        Ok(told) => told,
        Err(error) => {
            let (there, what) = (address(id).to_string(), "this comparison");
            return may_not_go(&app, Section::Comparisons, what, &there, error.into());
        }
    };
    let step = told.comparisons.first().map(|gone| gone.step.to_string());
    let cells = told.comparisons.iter().map(|gone| gone.cells).sum();
    let with = match cells {
        0 => "It made no cells of its own.".to_owned(),
        1 => "The cell that it made goes along with it.".to_owned(),
        cells => format!("The {cells} cells that it made go along with it."),
    };
    let going = Going {
        section: Section::Comparisons,
        what: "this comparison",
        back: (
            step.as_deref().unwrap_or("Comparison"),
            address(id).to_string(),
        ),
        with,
        stays: "What its calls cost still counts.",
        bytes: told.bytes,
        action: address(id).part("remove").to_string(),
    };
    Ok(going.page(&app))
}

/// `POST /comparisons/{id}/remove`.
pub(super) async fn remove(State(app): State<App>, OfComparison(id): OfComparison) -> Page {
    app.runs.remove_comparisons(removal(id, false)).await?;
    Ok(to_done(Address::at("/comparisons"), Done::Removed))
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
