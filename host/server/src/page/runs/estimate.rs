//! What a run would probably take, step by step.

use maud::{Markup, html};
use stepwell_contract::RunEstimate;

/// What a run would take, with how each figure came about.
pub(super) fn estimated(estimate: &RunEstimate) -> Markup {
    html! {
        div.notice #estimate role="status" {
            strong { "It will probably take " (estimate.total.to_string()) "." }
            @if !estimate.steps.is_empty() {
                table.cards {
                    thead { tr { th { "Step" } th.number { "Calls" } th.number { "Tokens in" } th.number { "Tokens out" } th { "Known" } } }
                    tbody {
                        @for step in &estimate.steps {
                            tr {
                                th scope="row" { (step.step) }
                                td.number data-label="Calls" { (step.takes.calls.shown()) }
                                td.number data-label="In" { (step.takes.input_tokens.shown()) }
                                td.number data-label="Out" { (step.takes.output_tokens.shown()) }
                                td.small data-label="Known" {
                                    (step.basis.to_string())
                                    @for unsure in &step.unsure { "; " (unsure.to_string()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
