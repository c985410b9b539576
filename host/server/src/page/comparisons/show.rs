//! A comparison: what the numbers say, the matrix of its cases, and a case that is looked into.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_engine::{ComparisonStatus, ComparisonView};
use stepwell_rendering::{facts, matrix, order, sentences, stopped, templates, variants};

use super::around::Linked;
use super::case;
use crate::App;
use crate::page::address::with_query;
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::{Page, Shown};

/// The order of the cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    /// As they were given.
    #[default]
    Given,
    /// Those first in which a version does worst beside the baseline.
    Worst,
}

/// What is looked at: all of it is in the address, so that a view can be sent to somebody.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Looks {
    #[serde(default)]
    sort: Option<Sort>,
    /// `differing`: only cases in which the versions came to different ends.
    #[serde(default)]
    only: Option<String>,
    /// `whole`: whole texts instead of what differs from the baseline.
    #[serde(default)]
    texts: Option<String>,
    /// The case that is looked into.
    #[serde(default)]
    pub(super) case: Option<usize>,
    /// Which of its repeats, from 1.
    #[serde(default)]
    repeat: Option<u32>,
}

impl Looks {
    /// The cases in the order that is asked for.
    pub(super) fn order(&self, view: &ComparisonView) -> Vec<usize> {
        order(view, self.sort() == Sort::Worst, self.only_differing())
    }

    fn sort(&self) -> Sort {
        self.sort.unwrap_or_default()
    }

    fn only_differing(&self) -> bool {
        self.only.as_deref() == Some("differing")
    }

    pub(super) fn whole_texts(&self) -> bool {
        self.texts.as_deref() == Some("whole")
    }

    pub(super) fn repeat(&self) -> u32 {
        self.repeat.unwrap_or(1)
    }

    /// The address of this view with another case opened.
    pub(super) fn with_case(&self, view: &ComparisonView, case: Option<usize>) -> String {
        self.address(view, case, 1)
    }

    /// The address of this view with another repeat of its case.
    pub(super) fn with_repeat(&self, view: &ComparisonView, repeat: u32) -> String {
        self.address(view, self.case, repeat)
    }

    fn address(&self, view: &ComparisonView, case: Option<usize>, repeat: u32) -> String {
        let case = case.map(|case| case.to_string()).unwrap_or_default();
        let repeat = if repeat == 1 {
            String::new()
        } else {
            repeat.to_string()
        };
        let sort = if self.sort() == Sort::Worst {
            "worst"
        } else {
            ""
        };
        let only = if self.only_differing() {
            "differing"
        } else {
            ""
        };
        let texts = if self.whole_texts() { "whole" } else { "" };
        with_query(
            &format!("/comparisons/{}", view.summary.id),
            &[
                ("sort", sort),
                ("only", only),
                ("texts", texts),
                ("case", &case),
                ("repeat", &repeat),
            ],
        )
    }
}

/// `GET /comparisons/{id}`.
pub(super) async fn show(
    State(app): State<App>,
    Path(given): Path<String>,
    Query(looks): Query<Looks>,
) -> Page {
    let id = app.engine.find_comparison(&given).await.shown(&app)?;
    if id.to_string() != given {
        return Ok(Redirect::to(&format!("/comparisons/{id}")).into_response());
    }
    let view = app.engine.comparison(id).await.shown(&app)?;
    let opened = match looks.case.filter(|case| *case < view.cases.len()) {
        Some(place) => case::case(&app, &view, &looks, place).await?,
        None => html! { div #case data-live {} },
    };
    let around = Linked {
        view: &view,
        looks: &looks,
    };
    let content = html! {
        (comparison_head(&view))
        (standing(&view, &around))
        div.stack.tight #numbers data-live { (variants(&view, &around)) }
        (templates(&view))
        (controls(&view, &looks))
        div.stack #matrix data-live { (matrix(&view, &looks.order(&view), &around)) }
        (opened)
    };
    let title = format!("{}: {}", view.summary.step, view.summary.labels.join(", "));
    Ok(frame(&app.about, Section::Comparisons, &title, &content).into_response())
}

fn comparison_head(view: &ComparisonView) -> Markup {
    let can_resume = matches!(
        view.summary.status,
        ComparisonStatus::Interrupted | ComparisonStatus::Stopped
    );
    let actions = html! {
        div.actions #actions data-live {
            @if view.summary.status == ComparisonStatus::Running {
                form method="post" action=(format!("/comparisons/{}/stop", view.summary.id)) { button { "Stop for now" } }
            }
            @if can_resume {
                form method="post" action=(format!("/comparisons/{}/resume", view.summary.id)) { button.first { "Go on" } }
            }
        }
    };
    let title = html! {
        (view.summary.step)
        @if let Some(prompt) = &view.summary.prompt { " " span.quiet { "· versions of " (prompt) } }
    };
    head(Some(("Comparisons", "/comparisons")), &title, &actions)
}

fn standing(view: &ComparisonView, around: &Linked) -> Markup {
    let done = view.cells.iter().filter(|cell| cell.has_outcome()).count();
    let under_way = view.summary.status != ComparisonStatus::Finished;
    html! {
        div.stack #standing data-live data-follows=(format!("/api/comparisons/{}/stream", view.summary.id)) data-cursor=(view.cursor) {
            (facts(view, &parts::moment(view.summary.created_at)))
            @if under_way { progress max=(view.cells.len()) value=(done) aria-label="Cells that are done" {} }
            (stopped(view, around))
            (sentences(view))
        }
    }
}

fn controls(view: &ComparisonView, looks: &Looks) -> Markup {
    html! {
        div.row.apart.baseline {
            h2 #cases-title { "Cases" }
            form.row method="get" action=(format!("/comparisons/{}", view.summary.id)) data-submit-on-change {
                @if let Some(case) = looks.case { input type="hidden" name="case" value=(case); }
                label.inline { "Order"
                    select name="sort" {
                        option value="given" { "as given" }
                        option value="worst" selected[looks.sort() == Sort::Worst] { "worst beside the baseline first" }
                    }
                }
                label.check { input type="checkbox" name="only" value="differing" checked[looks.only_differing()]; "Only what differs" }
                label.check { input type="checkbox" name="texts" value="whole" checked[looks.whole_texts()]; "Whole texts" }
                button data-without-scripts { "Show" }
            }
        }
    }
}
