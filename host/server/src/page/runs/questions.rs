//! The questions that a run waits with, to be answered in place.

use maud::{Markup, html};
use stepwell_contract::Question;
use stepwell_engine::{QuestionView, RunStatus, RunView};

use super::texts::whole_about;
use crate::ProblemDetails;
use crate::page::address::Pairs;
use crate::page::parts::{self, Room};

/// Names, in a form that is sent, the questions to which an empty answer is one.
pub(super) const OPTIONAL: &str = "optional";

/// Names, in a form that is sent, the execution that asks.
const OF: &str = "of";

/// What was sent as the answer to a form that asks about something else by now.
pub(super) struct Refused<'a> {
    pub(super) typed: &'a Pairs,
    pub(super) problem: &'a ProblemDetails,
}

impl Refused<'_> {
    /// Whether it was sent by the form of this execution.
    fn is_of(&self, asked: &QuestionView) -> bool {
        self.typed.get("step") == Some(asked.path.as_str())
            && self.typed.get(OF).is_none_or(|of| of == asked.step)
    }

    fn said(&self, run: &RunView) -> Markup {
        let is_asked = run.questions.iter().any(|asked| self.is_of(asked));
        html! {
            div.notice.warn role="alert" #refused {
                strong { (parts::sentence(&self.problem.detail)) }
                p {
                    @if is_asked { "What is asked now stands below, with what is different: look at it, and decide anew. What you wrote besides is still there." }
                    @else { "It isn't asked any more." }
                }
            }
        }
    }
}

/// The forms of a run; of one step where one is looked at.
pub(super) fn questions(
    run: &RunView,
    step: Option<&str>,
    refused: Option<&Refused<'_>>,
) -> Markup {
    let asked = run.questions.iter().enumerate();
    let asked = asked.filter(|(_, asked)| step.is_none_or(|step| asked.path.as_str() == step));
    html! {
        @if let Some(refused) = refused { (refused.said(run)) }
        div.stack #questions data-live {
            @for (index, asked) in asked {
                (form(run, index, asked, refused.filter(|refused| refused.is_of(asked))))
            }
        }
    }
}

fn form(
    run: &RunView,
    index: usize,
    asked: &QuestionView,
    refused: Option<&Refused<'_>>,
) -> Markup {
    let summary = &run.summary;
    // Another plugin that asks may take what it doesn't offer.
    let step = run.step(asked.path.as_str());
    let is_gate = step.is_some_and(|step| step.gate.is_some());
    let run = summary.id;
    // That nobody answers any more is said to a run at rest, which is taken up anew with it.
    let may_assume = summary.status != RunStatus::Started;
    let id = |what: &str| format!("q{index}-{what}");
    let draft = format!("answers/{run}/{}/{}", asked.step, asked.asked_at);
    html! {
        form.card.stack.question method="post" action=(format!("/runs/{run}/answers"))
            aria-labelledby=(id("title")) data-draft=(draft)
            data-newer=[refused.map(|_| "typed")] data-at=[refused.map(|_| super::address(run, asked.path.as_str()))] {
            div.stack.tight {
                p.small.quiet { (asked.step) " asks" }
                h2 id=(id("title")) data-said { (asked.form.title) }
                @if !asked.form.guidance.is_empty() { (parts::guidance(2, &asked.form.guidance)) }
            }
            @if let Some(about) = &asked.form.about {
                @let is_changed = !asked.changed.is_empty();
                @if is_changed {
                    div.notice.warn {
                        strong { "Since this was asked, somebody changed " (changed(&asked.changed)) "." }
                        p { "A yes does something else by now: what it does is said first in the text below." }
                    }
                }
                // Under a name of its own: one that a person left folded stays so.
                details.more #(id(if is_changed { "about-changed" } else { "about" })) open[is_changed] {
                    summary { "Read the text that these questions are about" }
                    @let shown = Room::PAGE.shown(about);
                    (parts::markdown("What the questions are about", 2, shown))
                    (parts::cut(shown, about, whole_about(run, &asked.step).as_str()))
                }
            }
            input type="hidden" name="step" value=(asked.path);
            input type="hidden" name="form" value=(asked.id) data-base;
            input type="hidden" name=(OF) value=(asked.step);
            @for (number, question) in asked.form.questions.iter().enumerate() {
                @match asked.answers.get(number).and_then(Option::as_ref) {
                    Some(answer) => div.field {
                        strong { (question.text) }
                        p.answered { (answer) }
                    },
                    None => (field(&id(&number.to_string()), question, is_gate, refused.map(|refused| refused.typed))),
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

fn changed(paths: &[String]) -> Markup {
    html! {
        @for (place, path) in paths.iter().enumerate() {
            @if place > 0 { ", " }
            code { (path) }
        }
    }
}

/// A question, with what was typed as its answer where that comes back. What was decided doesn't: it was decided of something else.
fn field(id: &str, question: &Question, is_gate: bool, typed: Option<&Pairs>) -> Markup {
    let name = format!("answer.{}", question.key);
    let suggested = match typed {
        None => question.suggested.as_deref().unwrap_or_default(),
        Some(_) if !question.choices.is_empty() => "",
        Some(typed) => typed.get(&name).unwrap_or_default(),
    };
    let optional = !question.is_required();
    let rows = match question.is_annotated("multiline", "true") {
        true => "8",
        false => "3",
    };
    html! {
        div.field {
            label for=(id) { (question.text) @if optional { span.quiet { " (may be left empty)" } } }
            @if optional { input type="hidden" name=(OPTIONAL) value=(question.key) data-with-field; }
            @if question.choices.is_empty() {
                textarea id=(id) name=(name) rows=(rows) required[!optional] { "\n" (suggested) }
            } @else {
                // What is offered is a help and no limit, unless a gate asks: another answer may be typed.
                @let list = format!("{id}-choices");
                input id=(id) name=(name) value=(suggested) list=(list) required[!optional] autocomplete="off" data-decides;
                datalist id=(list) { @for choice in &question.choices { option value=(choice) {} } }
                div.row {
                    @for choice in &question.choices {
                        button type="button" data-fills=(id) data-text=(choice) data-with-scripts hidden { (choice) }
                    }
                }
                span.hint { "One of: " (question.choices.join(", ")) (if is_gate { "." } else { " – or your own words." }) }
            }
        }
    }
}
