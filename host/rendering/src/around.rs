//! What a face puts around a comparison.

use maud::{Markup, html};
use stepwell_comparison::{CellAnswer, CellView, TextOf, VariantView};
use stepwell_contract::{Remedy, visible};

use crate::beside::Texts;

/// A text that may be too long to be shown at once.
#[derive(Debug, Clone, Copy)]
pub enum Whole<'w> {
    /// Of a cell.
    Cell(&'w CellView, TextOf<'w>),
    /// An input of a case, by the case's place and the input's name.
    Input(usize, &'w str),
    /// A variant's template, by the variant's place.
    Template(usize),
}

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

    /// Where a text is shown whole.
    fn all(&self, of: Whole) -> Option<String> {
        let _ = of;
        None
    }

    /// The answer that a cell of the matrix came to, where it is at hand.
    fn answer(&self, cell: &CellView) -> Option<&CellAnswer> {
        let _ = cell;
        None
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
