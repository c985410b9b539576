//! Which execution of a step is looked at, where it has several: items of a list, rounds.

use maud::{Markup, html};
use stepwell_engine::{ExecutionView, RunView, StepView};

use crate::page::address::Address;
use crate::page::parts::{self, Layout};

/// Executions that the list has at once: those around the one that is shown.
const LISTED: usize = 100;

/// The list, and what leads to the one before and the next one.
pub(super) fn chooser(
    run: &RunView,
    step: &StepView,
    shown: Option<&ExecutionView>,
    layout: Layout,
) -> Markup {
    let all = &step.executions;
    let at = shown.and_then(|shown| all.iter().position(|execution| execution.id == shown.id));
    let at = at.unwrap_or(0);
    let begin = at
        .saturating_sub(LISTED / 2)
        .min(all.len().saturating_sub(LISTED));
    let end = (begin + LISTED).min(all.len());
    let address = format!("/runs/{}", run.summary.id);
    let leads = |to: usize, rel: &str, said: &str, sign: &str| {
        let execution = &all[to];
        let there = Address::at(&address)
            .with("step", Some(&step.path))
            .with("of", Some(&execution.name));
        html! {
            a.button.step href=(parts::laid_out(there, layout)) rel=(rel) aria-label=(format!("{said}: {}", execution.name)) { (sign) }
        }
    };
    html! {
        form.row method="get" action=(address) data-submit-on-change {
            input type="hidden" name="step" value=(step.path);
            @if layout != Layout::default() { input type="hidden" name=(parts::LAYOUT) value=(layout.word()); }
            label for="of" { "Of its " (all.len()) }
            @if at > 0 { (leads(at - 1, "prev", "The one before", "←")) }
            select #of name="of" {
                @if begin > 0 { option value=(all[begin - 1].name) { "… " (begin) " before" } }
                @for execution in &all[begin..end] {
                    option value=(execution.name) selected[shown.is_some_and(|shown| shown.id == execution.id)] {
                        (execution.name) " · " (parts::step_word(execution.status).1)
                    }
                }
                @if end < all.len() { option value=(all[end].name) { "… " (all.len() - end) " more" } }
            }
            @if at + 1 < all.len() { (leads(at + 1, "next", "The next one", "→")) }
            button data-without-scripts { "Show" }
        }
    }
}
