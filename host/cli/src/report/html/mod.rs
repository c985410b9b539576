//! One HTML file that holds a whole comparison: no script, no picture, nothing that is fetched.
//!
//! Everything from outside is text: the macro `html!` escapes it, and a policy in the head forbids whatever could act.

mod cases;
mod figures;
mod texts;
mod variants;

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use stepwell_engine::{CellDetail, ComparisonStatus, ComparisonView};
use stepwell_server::TOKENS;

use crate::terminal::{remedied, spent};

/// What is made of the colours that the report and the page share.
const STYLE: &str = include_str!("style.css");

/// No script runs and nothing is loaded, even where a text should get past the escaping.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report; a cell whose texts are not given shows its figures alone.
pub(crate) fn html(view: &ComparisonView, details: &[CellDetail]) -> String {
    let summary = &view.summary;
    let title = match &summary.prompt {
        Some(prompt) => format!("Comparison of prompt {prompt}"),
        None => format!("Comparison in step {}", summary.step),
    };
    let room = texts::Room::for_cells(details.len());
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
                style { (PreEscaped(TOKENS)) (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head(view, &title))
                    (sentences(view))
                    (variants::variants(view))
                    (variants::prompts(view))
                    (cases::overview(view))
                    (cases::cases(view, details, room))
                }
                footer { p { "Made by Stepwell from comparison " code { (summary.id) } "." } }
            }
        }
    };
    page.into_string()
}

fn head(view: &ComparisonView, title: &str) -> Markup {
    let summary = &view.summary;
    let (class, status) = match summary.status {
        ComparisonStatus::Running => ("", "running"),
        ComparisonStatus::Interrupted => ("warn", "interrupted"),
        ComparisonStatus::Finished => ("good", "finished"),
        ComparisonStatus::Stopped => ("bad", "stopped"),
    };
    let done = view.cells.iter().filter(|cell| cell.has_outcome()).count();
    markup! {
        header {
            h1 { (title) }
            p.quiet {
                "Step " code { (summary.step) } ", plugin " code { (summary.plugin) } ". "
                "Begun " (summary.created_at.strftime("%Y-%m-%d %H:%M UTC")) ". "
                span class=(format!("tag {class}")) { (status) }
            }
            dl.facts {
                (fact("Versions and models", &view.variants.len().to_string()))
                (fact("Cases", &view.cases.len().to_string()))
                @if summary.repeats > 1 { (fact("Repeats", &summary.repeats.to_string())) }
                (fact("Cells", &match done == view.cells.len() {
                    true => done.to_string(),
                    false => format!("{done} of {}", view.cells.len()),
                }))
                (fact("Spent", &spent(&view.spent)))
            }
            @if let Some(problem) = &summary.problem {
                div.problem {
                    p { strong { "Stopped: " } (texts::visible(&problem.message)) }
                    @if let Some(remedy) = problem.advice() { p.quiet { (texts::visible(&remedied(&remedy))) } }
                }
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    markup! { div { dt { (name) } dd { (value) } } }
}

fn sentences(view: &ComparisonView) -> Markup {
    markup! {
        @if !view.sentences.is_empty() {
            section.said aria-labelledby="said" {
                h2 #said { "What the numbers say" }
                @for sentence in &view.sentences { p { (texts::visible(sentence)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::{HOSTILE, against_golden, details, view};

    #[test]
    fn a_comparison_as_html() {
        against_golden("comparison.html", &html(&view(), &details()));
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let page = html(&view(), &details());
        let escaped = maud::html! { (HOSTILE) }.into_string();
        assert!(page.contains(&escaped));
        for acting in ["<script", "<img", "</pre><script", "alert('x')</script>"] {
            assert!(!page.contains(acting), "{acting}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
    }

    #[test]
    fn a_report_names_nothing_that_is_fetched() {
        let page = html(&view(), &details());
        for fetched in ["src=\"", "@import", "url(", "<link", "href=\"http"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    }

    #[test]
    fn every_cell_has_its_place_without_its_texts() {
        let view = view();
        let page = html(&view, &[]);
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
        let page = html(&view, &[]);
        assert!(
            page.contains("<span class=\"tag bad\">1 of 2 passed</span>"),
            "{page}"
        );
        assert!(
            page.contains("<span class=\"tag good\">2 of 2 passed</span>"),
            "{page}"
        );
    }
}
