//! The questions that a run waits with, to be answered in place.

use maud::{Markup, html};
use stepwell_contract::{Question, RunId};
use stepwell_engine::{QuestionView, RunView};

/// The forms of a run; of one step where one is looked at.
pub(super) fn questions(run: &RunView, step: Option<&str>) -> Markup {
    let asked = run.questions.iter().enumerate();
    let asked = asked.filter(|(_, asked)| step.is_none_or(|step| asked.path.as_str() == step));
    html! {
        div.stack #questions data-live {
            @for (index, asked) in asked { (form(run.summary.id, index, asked)) }
        }
    }
}

fn form(run: RunId, index: usize, asked: &QuestionView) -> Markup {
    let id = |what: &str| format!("q{index}-{what}");
    let draft = format!("answers/{run}/{}/{}", asked.step, asked.asked_at);
    html! {
        form.card.stack.question method="post" action=(format!("/runs/{run}/answers"))
            aria-labelledby=(id("title")) data-draft=(draft) {
            div.stack.tight {
                p.small.quiet { (asked.step) " asks" }
                h2 id=(id("title")) { (asked.form.title) }
                @if !asked.form.guidance.is_empty() { p.guidance { (asked.form.guidance) } }
            }
            input type="hidden" name="step" value=(asked.path) data-fixed;
            @for (number, question) in asked.form.questions.iter().enumerate() {
                @match asked.answers.get(number).and_then(Option::as_ref) {
                    Some(answer) => div.field {
                        strong { (question.text) }
                        p.guidance { (answer) }
                    },
                    None => (field(&id(&number.to_string()), question)),
                }
            }
            div.actions {
                button.first { "Answer" }
                button name="decline" value="yes" formnovalidate { "Go on without an answer" }
            }
        }
    }
}

fn field(id: &str, question: &Question) -> Markup {
    let name = format!("answer.{}", question.key);
    let suggested = question.suggested.as_deref().unwrap_or_default();
    html! {
        div.field {
            label for=(id) { (question.text) }
            @for annotation in &question.annotations {
                span.hint { (annotation.name) ": " (annotation.value) }
            }
            @if question.choices.is_empty() {
                textarea id=(id) name=(name) rows="3" required { "\n" (suggested) }
            } @else {
                // What is offered is a help and no limit: another answer may be typed.
                @let list = format!("{id}-choices");
                input id=(id) name=(name) value=(suggested) list=(list) required autocomplete="off";
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
