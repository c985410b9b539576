//! What a face puts around a comparison.

use maud::{Markup, html};
use stepwell_comparison::{CellView, VariantView};
use stepwell_contract::Remedy;

use crate::texts::{Room, visible};

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

/// How texts are shown.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// Whether each opens by a click, or by a key.
    pub folded: bool,
    /// Whether they are shown whole, and not as what differs from the baseline.
    pub whole: bool,
    /// How much of each there is room for.
    pub(crate) room: Room,
}

impl Texts {
    /// As the page shows them: all that there is.
    #[must_use]
    pub fn open(whole: bool) -> Self {
        Self {
            folded: false,
            whole,
            room: Room::UNBOUNDED,
        }
    }

    /// As a file holds them, of so many cells.
    #[must_use]
    pub(crate) fn folded(cells: usize) -> Self {
        Self {
            folded: true,
            whole: false,
            room: Room::for_cells(cells),
        }
    }
}
