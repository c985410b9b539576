//! The questions that a run waits with, to be answered in place.

use maud::{Markup, html};
use stepwell_contract::Question;
use stepwell_engine::{QuestionView, RunStatus, RunSummary, RunView};

use super::texts::whole_about;
use crate::page::parts::{self, Room};

/// Names, in a form that is sent, the questions to which an empty answer is one.
pub(super) const OPTIONAL: &str = "optional";

/// The forms of a run; of one step where one is looked at.
pub(super) fn questions(run: &RunView, step: Option<&str>) -> Markup {
    let asked = run.questions.iter().enumerate();
    let asked = asked.filter(|(_, asked)| step.is_none_or(|step| asked.path.as_str() == step));
    html! {
        div.stack #questions data-live {
            @for (index, asked) in asked { (form(&run.summary, index, asked)) }
        }
    }
}

fn form(summary: &RunSummary, index: usize, asked: &QuestionView) -> Markup {
    let run = summary.id;
    // That nobody answers any more is said to a run at rest, which is taken up anew with it.
    let may_assume = summary.status != RunStatus::Started;
    let id = |what: &str| format!("q{index}-{what}");
    let draft = format!("answers/{run}/{}/{}", asked.step, asked.asked_at);
    html! {
        form.card.stack.question method="post" action=(format!("/runs/{run}/answers"))
            aria-labelledby=(id("title")) data-draft=(draft) {
            div.stack.tight {
                p.small.quiet { (asked.step) " asks" }
                h2 id=(id("title")) data-said { (asked.form.title) }
                @if !asked.form.guidance.is_empty() { (parts::guidance(2, &asked.form.guidance)) }
            }
            @if let Some(about) = &asked.form.about {
                details.more #(id("about")) {
                    summary { "Read the text that these questions are about" }
                    @let shown = Room::PAGE.shown(about);
                    (parts::markdown("What the questions are about", 2, shown))
                    (parts::cut(shown, about, whole_about(run, &asked.step).as_str()))
                }
            }
            input type="hidden" name="step" value=(asked.path) data-fixed;
            input type="hidden" name="form" value=(asked.id) data-fixed;
            @for (number, question) in asked.form.questions.iter().enumerate() {
                @match asked.answers.get(number).and_then(Option::as_ref) {
                    Some(answer) => div.field {
                        strong { (question.text) }
                        p.answered { (answer) }
                    },
                    None => (field(&id(&number.to_string()), question)),
                }
            }
            div.actions {
                button.first { "Answer" }
                @if may_assume { button name="assume" value="yes" formnovalidate { "Let the steps assume" } }
                button name="decline" value="yes" formnovalidate { "Decline" }
            }
            p.small.quiet {
                @if may_assume {
                    "“Let the steps assume”: from now on nobody answers in this run, and its steps write down what they assumed. "
                }
                "“Decline”: " (asked.step) " is told that you don't answer, and most steps end with that."
            }
        }
    }
}

fn field(id: &str, question: &Question) -> Markup {
    let name = format!("answer.{}", question.key);
    let suggested = question.suggested.as_deref().unwrap_or_default();
    let optional = !question.is_required();
    let rows = match question.is_annotated("multiline", "true") {
        true => "8",
        false => "3",
    };
    html! {
        div.field {
            label for=(id) { (question.text) @if optional { span.quiet { " (may be left empty)" } } }
            @if optional { input type="hidden" name=(OPTIONAL) value=(question.key); }
            @if question.choices.is_empty() {
                textarea id=(id) name=(name) rows=(rows) required[!optional] { "\n" (suggested) }
            } @else {
                // What is offered is a help and no limit: another answer may be typed.
                @let list = format!("{id}-choices");
                input id=(id) name=(name) value=(suggested) list=(list) required[!optional] autocomplete="off";
                datalist id=(list) { @for choice in &question.choices { option value=(choice) {} } }
                div.row {
                    @for choice in &question.choices {
                        button type="button" data-fills=(id) data-text=(choice) data-with-scripts hidden { (choice) }
                    }
                }
                span.hint { "One of: " (question.choices.join(", ")) " – or your own words." }
            }
        }
    }
}
