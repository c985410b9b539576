//! What is held against what: the choice of the other one, and what differs from it.

use maud::{Markup, html};
use stepwell_rendering::{Layout, Shown, difference};

use super::laid_out;
use crate::page::address::Address;

/// The choice of the other one among those of a form: nothing, or one of these, by their numbers.
pub(crate) fn compare_with(others: impl Iterator<Item = (u32, String)>, chosen: u32) -> Markup {
    html! {
        div.pick {
            label for="against" { "Compare with" }
            select #against name="against" data-key="d" {
                option value="0" { "nothing" }
                @for (number, told) in others { option value=(number) selected[number == chosen] { (told) } }
            }
        }
    }
}

/// What differs from an old text to a new one, which is whole at another address. Unchanged lines unfold at this one, from the
/// line on that it names.
pub(crate) fn differs(
    label: &str,
    (old, new): (&str, &str),
    here: Address,
    whole: &str,
    (layout, from): (Layout, Option<u32>),
) -> Markup {
    let here = laid_out(here, layout);
    let further = |line| format!("{}#line-{line}", here.clone().with("from", Some(line)));
    let shown = Shown::in_layout(layout)
        .with_whole(whole)
        .unfolding(from, &further);
    difference(label, old, new, shown)
}
