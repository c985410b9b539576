//! What a face puts around a comparison.

use maud::{Markup, html};
use stepwell_comparison::{CellView, VariantView};
use stepwell_contract::Remedy;

use crate::beside::Texts;
use crate::texts::visible;

/// The links, forms and buttons of a face. What it doesn't say otherwise is as in a file that nobody answers.
pub trait Around {
    /// Where a case is shown.
    fn case(&self, place: usize) -> String;

    /// Whether a case is the one that is looked into.
    fn is_open(&self, place: usize) -> bool {
        let _ = place;
        false
    }

    /// The name of a variant.
    fn name(&self, variant: &VariantView) -> Markup {
        html! { (variant.label) }
    }

    /// What can be done with a variant.
    fn actions(&self, variant: &VariantView) -> Markup {
        let _ = variant;
        html! {}
    }

    /// What leads further from a cell.
    fn links(&self, cell: &CellView) -> Markup {
        let _ = cell;
        html! {}
    }

    /// What helps where something is wrong.
    fn remedy(&self, remedy: &Remedy) -> Markup;

    /// What a person says of a cell, or is asked to say.
    fn rating(&self, cell: &CellView) -> Markup {
        html! {
            @if let Some(rating) = &cell.rating {
                p { (rating.score) " of 5" @if !rating.comment.is_empty() { ": " (visible(&rating.comment)) } }
            } @else { p.quiet { "n/a" } }
        }
    }

    /// How the texts of a case are shown.
    fn texts(&self) -> Texts;
}
