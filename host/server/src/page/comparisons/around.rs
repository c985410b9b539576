//! What the page puts around a comparison: links that keep the view, and the forms of a person who decides.

use maud::{Markup, html};
use stepwell_contract::Remedy;
use stepwell_engine::{CellAnswer, CellStatus, CellView, ComparisonView, VariantView};
use stepwell_rendering::{Around, Texts, Whole};

use super::answers::Answers;
use super::looks::Looks;
use super::text;
use crate::page::address::of_version;
use crate::page::parts;
use crate::page::prompts::of_trial;

/// The page of a comparison, as it is looked at.
pub(super) struct Linked<'p> {
    pub(super) view: &'p ComparisonView,
    pub(super) looks: &'p Looks,
    /// What the cells of the matrix were answered.
    pub(super) answers: &'p Answers,
}

impl Around for Linked<'_> {
    fn case(&self, place: usize) -> String {
        let address = self.looks.with_case(self.view, Some(place));
        format!("{address}#case-{place}")
    }

    fn is_open(&self, place: usize) -> bool {
        self.looks.case == Some(place)
    }

    /// Leads to the version where it is still kept.
    fn name(&self, variant: &VariantView) -> Markup {
        let prompt = self.view.summary.prompt.as_ref();
        let address = prompt.zip(variant.version.filter(|_| variant.kept));
        html! {
            @if let (true, Some(name)) = (variant.unsaved, prompt) {
                a href=(of_trial(name).with("trial", Some(self.view.summary.id))) { (variant.label) }
            } @else if let Some((prompt, version)) = address {
                a href=(of_version(prompt, Some(version))) { (variant.label) }
            } @else { (variant.label) }
        }
    }

    fn actions(&self, variant: &VariantView) -> Markup {
        html! {
            @if let Some(version) = variant.version.filter(|_| variant.kept && !variant.current) {
                form method="post" action=(format!("/comparisons/{}/promote", self.view.summary.id)) {
                    input type="hidden" name="version" value=(version);
                    button data-key="m" { "Make v" (version) " current" }
                }
            }
        }
    }

    fn links(&self, cell: &CellView) -> Markup {
        html! { @if let Some(run) = cell.run { a.small href=(format!("/runs/{run}")) { "its run" } } }
    }

    fn all(&self, of: Whole) -> Option<String> {
        Some(text::address(self.view.summary.id, of).to_string())
    }

    fn answer(&self, cell: &CellView) -> Option<&CellAnswer> {
        self.answers.get(cell)
    }

    fn remedy(&self, remedy: &Remedy) -> Markup {
        parts::remedy(remedy)
    }

    fn rating(&self, cell: &CellView) -> Markup {
        rating(self.view, self.looks, cell)
    }

    fn texts(&self) -> Texts {
        Texts::open(self.looks.whole_texts(), self.looks.layout())
    }
}

/// The form in which a person says what they think of a cell.
fn rating(view: &ComparisonView, looks: &Looks, cell: &CellView) -> Markup {
    if !matches!(cell.status, CellStatus::Success | CellStatus::Failure) {
        return html! { p.quiet { "n/a" } };
    }
    let given = cell.rating.as_ref();
    let id = |what: &str| format!("rating-{}-{what}", cell.variant);
    let address = looks.with_repeat(view, looks.repeat());
    let address = address.as_str();
    let back = address.find('?').map_or("", |at| &address[at..]);
    html! {
        form.stack.tight method="post" action=(format!("/comparisons/{}/rating", view.summary.id)) {
            input type="hidden" name="case" value=(cell.case);
            input type="hidden" name="variant" value=(cell.variant);
            input type="hidden" name="repeat" value=(cell.repeat);
            input type="hidden" name="back" value=(back);
            div.inline {
                label for=(id("score")) { "You say" }
                select id=(id("score")) name="score" {
                    option value="" { "nothing" }
                    @for (score, word) in [(5_u8, "good"), (4, ""), (3, ""), (2, ""), (1, "bad")] {
                        option value=(score) selected[given.is_some_and(|given| given.score == score)] { (score) @if !word.is_empty() { " " (word) } }
                    }
                }
            }
            div.field {
                label for=(id("comment")) { "Why" }
                input id=(id("comment")) name="comment" value=(given.map(|given| given.comment.as_str()).unwrap_or_default()) autocomplete="off";
            }
            div { button { "Keep the rating" } }
        }
    }
}
