//! Comparisons: versions of a prompt, and models, side by side on the same cases.

mod acting;
mod case;
mod charts;
mod compared;
mod form;
mod list;
mod matrix;
mod numbers;
mod show;
mod starting;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use maud::{Markup, html};
use stepwell_engine::{CellStatus, CellView, ComparisonStatus, ComparisonView};

use super::problem::{Page, Shown};
use crate::App;

/// The routes of the comparisons.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/comparisons", get(list::list).post(starting::start))
        .route("/comparisons/new", get(starting::form))
        .route("/comparisons/{id}", get(show::show))
        .route("/comparisons/{id}/resume", get(back).post(acting::resume))
        .route("/comparisons/{id}/stop", get(back).post(acting::stop))
        .route("/comparisons/{id}/promote", get(back).post(acting::promote))
        .route("/comparisons/{id}/rating", get(back).post(acting::rate))
}

/// The address of a form that was sent, asked for again: leads to the comparison.
async fn back(State(app): State<App>, Path(id): Path<String>) -> Page {
    let id = app.engine.find_comparison(&id).await.shown(&app)?;
    Ok(Redirect::to(&format!("/comparisons/{id}")).into_response())
}

/// Where a comparison is.
fn state(status: ComparisonStatus) -> Markup {
    let (class, word) = match status {
        ComparisonStatus::Running => ("running", "running"),
        ComparisonStatus::Interrupted => ("interrupted", "interrupted"),
        ComparisonStatus::Finished => ("success", "finished"),
        ComparisonStatus::Stopped => ("failure", "stopped"),
    };
    html! { span class=(format!("state {class}")) { (word) } }
}

/// The places of the variants as they are shown: the baseline first.
fn columns(view: &ComparisonView) -> Vec<usize> {
    let baseline = view.baseline as usize;
    let others = (0..view.variants.len()).filter(|variant| *variant != baseline);
    std::iter::once(baseline).chain(others).collect()
}

/// The name of a column, where its head isn't in sight.
fn labelled(view: &ComparisonView, variant: usize) -> String {
    let label = &view.variants[variant].label;
    if variant == view.baseline as usize {
        format!("{label} (baseline)")
    } else {
        label.clone()
    }
}

/// The cells of a case with a variant: its repeats.
fn repeats(view: &ComparisonView, case: usize, variant: usize) -> Vec<&CellView> {
    let repeats = 1..=view.summary.repeats;
    repeats
        .filter_map(|repeat| view.cell(case, variant, repeat))
        .collect()
}

/// What the repeats of a case came to, together.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outcome {
    /// Those that have one.
    done: usize,
    failed: usize,
    passed: usize,
    checked: usize,
    /// The mean of the judges' scores.
    score: Option<f64>,
}

impl Outcome {
    fn of(cells: &[&CellView]) -> Self {
        let done = cells.iter().filter(|cell| cell.has_outcome());
        let scores: Vec<f64> = cells.iter().filter_map(|cell| cell.score).collect();
        #[allow(clippy::cast_precision_loss)]
        let score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
        Self {
            done: done.clone().count(),
            failed: done
                .filter(|cell| cell.status == CellStatus::Failure)
                .count(),
            passed: cells
                .iter()
                .filter(|cell| cell.passed == Some(true))
                .count(),
            checked: cells.iter().filter(|cell| cell.passed.is_some()).count(),
            score,
        }
    }

    /// The share that is good: of checked ones those that passed, else those that did not fail.
    fn rate(&self) -> Option<f64> {
        let (good, of) = match self.checked {
            0 => (self.done - self.failed, self.done),
            checked => (self.passed, checked),
        };
        #[allow(clippy::cast_precision_loss)]
        (of > 0).then(|| good as f64 / of as f64)
    }

    /// How much better it is than another; none where one of them is not there.
    fn better_than(&self, other: &Self) -> Option<f64> {
        let rate = self.rate()? - other.rate()?;
        let score = self
            .score
            .zip(other.score)
            .map_or(0.0, |(one, other)| one - other);
        Some(rate + score / 10.0)
    }
}
