//! One HTML file that holds a whole comparison: no script, no picture, nothing that is fetched.
//!
//! A policy in the head forbids whatever could act.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use stepwell_comparison::{CellDetail, ComparisonView};
use stepwell_contract::{Remedy, visible};

use crate::STYLE;
use crate::around::Around;
use crate::beside::Texts;
use crate::cases::{Side, given, sides};
use crate::in_order::page_in_order;
use crate::matrix::{matrix, order};
use crate::summary::{columns, facts, sentences, stopped};
use crate::texts::said;
use crate::variants::{templates, variants};

/// What only a report has.
const OWN_STYLE: &str = include_str!("../assets/report.css");

/// No script runs and nothing is loaded, even where a text should get past the escaping.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A file: nobody answers it.
struct File<'f> {
    worded: &'f dyn Fn(&Remedy) -> String,
    texts: Texts,
}

impl Around for File<'_> {
    fn case(&self, place: usize) -> String {
        format!("#case-{place}")
    }

    fn remedy(&self, remedy: &Remedy) -> Markup {
        said(&(self.worded)(remedy))
    }

    fn texts(&self) -> Texts {
        self.texts
    }
}

/// The report; a cell whose texts are not given shows its figures alone. What helps is `worded` for who gets it.
#[must_use]
pub fn html(
    view: &ComparisonView,
    details: &[CellDetail],
    worded: &dyn Fn(&Remedy) -> String,
) -> String {
    let summary = &view.summary;
    let title = match &summary.prompt {
        Some(prompt) => format!("Comparison of prompt {prompt}"),
        None => format!("Comparison in step {}", summary.step),
    };
    let texts = Texts::folded(details.len());
    let file = File { worded, texts };
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
            }
            body {
                main {
                    (head(view, &title, &file))
                    (sentences(view))
                    section.stack { h2 { "Versions" } (variants(view, &file)) (templates(view, &file)) }
                    section.stack { h2 { "Cases" } (matrix(view, &order(view, false, false), &file)) }
                    @for place in 0..view.cases.len() { (case(view, details, place, &file)) }
                }
                footer { p { "Made by Stepwell from comparison " code { (summary.id) } "." } }
            }
        }
    };
    page_in_order(page).into_string()
}

fn head(view: &ComparisonView, title: &str, file: &File) -> Markup {
    let summary = &view.summary;
    let began = markup! { (summary.created_at.strftime("%-d %b %Y, %H:%M UTC")) };
    markup! {
        header.stack {
            h1 { (title) }
            p.quiet { "Step " code { (summary.step) } ", plugin " code { (summary.plugin) } "." }
            (facts(view, &began))
            (stopped(view, file))
        }
    }
}

/// A case with what every version made of it, once for each repeat.
fn case(view: &ComparisonView, details: &[CellDetail], place: usize, file: &File) -> Markup {
    let case = &view.cases[place];
    markup! {
        section.card.stack.case id=(format!("case-{place}")) {
            h2 { "Case " (visible(&case.id)) }
            details.more { summary { "What it gives" } div.stack { (given(place, case, file)) } }
            @for repeat in 1..=view.summary.repeats {
                @if view.summary.repeats > 1 { h3 { "Repeat " (repeat) } }
                @let cells = columns(view).into_iter().filter_map(|variant| side(view, details, (place, variant, repeat)));
                (sides(view, &cells.collect::<Vec<_>>(), file))
            }
        }
    }
}

fn side<'v>(
    view: &'v ComparisonView,
    details: &'v [CellDetail],
    (case, variant, repeat): (usize, usize, u32),
) -> Option<Side<'v>> {
    let cell = view.cell(case, variant, repeat)?;
    let detail = details.iter().find(|detail| {
        let other = &detail.cell;
        (other.case, other.variant, other.repeat) == (cell.case, cell.variant, cell.repeat)
    });
    Some(Side {
        cell,
        detail,
        distinct: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{HOSTILE, against_golden, details, view};

    fn report(view: &ComparisonView, details: &[CellDetail]) -> String {
        html(view, details, &|remedy| match remedy {
            Remedy::Said { text } => text.clone(),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn a_comparison_as_html() {
        against_golden("comparison.html", &report(&view(), &details()));
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let page = report(&view(), &details());
        let escaped = maud::html! { (HOSTILE) }.into_string();
        assert!(page.contains(&escaped));
        for acting in ["<script", "<img", "</pre><script", "alert('x')</script>"] {
            assert!(!page.contains(acting), "{acting}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
    }

    #[test]
    fn a_report_names_nothing_that_is_fetched() {
        let page = report(&view(), &details());
        for fetched in ["src=\"", "@import", "url(", "<link", "href=\"http"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    }

    #[test]
    fn every_cell_has_its_place_without_its_texts() {
        let view = view();
        let page = report(&view, &[]);
        assert_eq!(page.matches("<article").count(), view.cells.len());
    }

    #[test]
    fn repeats_are_told_as_so_many_of_all() {
        let mut view = view();
        view.summary.repeats = 2;
        view.cells = view
            .cells
            .iter()
            .flat_map(|cell| [cell.clone(), cell.clone()])
            .collect();
        view.cells[1].passed = Some(true);
        let page = report(&view, &[]);
        assert!(
            page.contains("<span class=\"state failure\">1 of 2 passed</span>"),
            "{page}"
        );
        assert!(
            page.contains("<span class=\"state success\">2 of 2 passed</span>"),
            "{page}"
        );
    }
}
