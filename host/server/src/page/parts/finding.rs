//! What finds runs among all there are: the same on each page that lists them.

use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{ListRuns, RunStatus};
use strum::VariantArray as _;

use super::run_word;
use crate::ProblemDetails;
use crate::page::address::Pairs;
use crate::page::problem::no_word;

/// Which runs an address asks for, so many of them, those before a run where one is named.
///
/// # Errors
/// It names a state that there isn't.
pub(crate) fn wanted_runs(
    pairs: &Pairs,
    before: Option<RunId>,
    limit: usize,
) -> Result<ListRuns, ProblemDetails> {
    let given = |name: &str| {
        let given = pairs.get(name).map(str::trim);
        given.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let status = match given("status") {
        None => None,
        Some(word) => Some(word.parse().map_err(|_| {
            let message = format!("no run is ever `{word}`");
            no_word(message, "choose one of the states")
        })?),
    };
    Ok(ListRuns {
        before,
        limit: Some(limit),
        status,
        workflow: given("workflow"),
        search: given("search"),
    })
}

/// The fields of a form that asks for them.
pub(crate) fn finding(wanted: &ListRuns, placeholder: &str) -> Markup {
    html! {
        label.spoken for="search" { "Search among the runs" }
        input #search type="search" name="search" value=[wanted.search.as_ref()] placeholder=(placeholder) data-key="/";
        label.spoken for="status" { "State" }
        select #status name="status" {
            option value="" { "any state" }
            @for status in RunStatus::VARIANTS {
                option value=(<&str>::from(status)) selected[wanted.status == Some(*status)] { (run_word(*status)) }
            }
        }
        @if let Some(workflow) = &wanted.workflow {
            label.check { input type="checkbox" name="workflow" value=(workflow) checked; "only " (workflow) }
        }
        button { "Search" }
    }
}
