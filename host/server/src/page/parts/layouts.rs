//! How what differs is laid out, as it is chosen on a page and kept in addresses.

use maud::{Markup, html};
use stepwell_rendering::Layout;
use strum::VariantArray as _;

use crate::page::address::Address;

/// The name by which the choice stands in addresses.
pub(crate) const LAYOUT: &str = "diff";

/// An address that keeps the choice.
pub(crate) fn laid_out(address: Address, layout: Layout) -> Address {
    let chosen = (layout != Layout::default()).then_some(layout.word());
    address.with(LAYOUT, chosen)
}

/// The choice among those of a form, with its name above it. Where there is no room for two columns, it isn't shown, and
/// changes nothing.
pub(crate) fn layout_choice(layout: Layout) -> Markup {
    html! {
        div.pick.layouts { label for="layout" { "What differs" } (select(layout)) }
    }
}

/// The same in a row, with its name beside it.
pub(crate) fn layout_in_row(layout: Layout) -> Markup {
    html! { label.inline.layouts for="layout" { "What differs" (select(layout)) } }
}

/// The choice as a form of its own, which keeps what else is in the address.
pub(crate) fn layout_form(action: &str, kept: &[(&str, Option<&str>)], layout: Layout) -> Markup {
    html! {
        form.row.layouts method="get" action=(action) data-submit-on-change {
            @for (name, value) in kept {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            (layout_in_row(layout))
            button data-without-scripts { "Show" }
        }
    }
}

fn select(layout: Layout) -> Markup {
    html! {
        select #layout name=(LAYOUT) {
            @for one in Layout::VARIANTS { option value=(one.word()) selected[*one == layout] { (one.said()) } }
        }
    }
}
