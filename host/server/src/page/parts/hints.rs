//! What helps, for somebody at the page: what the page can do itself is named in its words, what only the terminal can do
//! is said to be done there.

use std::cell::Cell;

use maud::{Markup, html};
use stepwell_contract::Remedy;
use stepwell_engine::{Action, GivenField, worded};

use super::{said, sentence};

/// What helps, as a sentence.
pub(crate) fn remedy(remedy: &Remedy) -> Markup {
    let elsewhere = Cell::new(false);
    let named = |action: &Action| {
        elsewhere.set(elsewhere.get() || matches!(offered(action), Offered::AtTheTerminal(_)));
        on_the_page(action)
    };
    let words = worded(remedy, named, field);
    html! {
        @if elsewhere.get() { "At the terminal: " (said(&words)) } @else { (sentence(&words)) }
    }
}

/// What helps, as a part of a sentence.
pub(crate) fn remedy_text(remedy: &Remedy) -> String {
    worded(remedy, on_the_page, field)
}

/// Where somebody at the page has an action done.
enum Offered {
    /// Here, under this name.
    Here(&'static str),
    /// The page can't: by this command.
    AtTheTerminal(String),
}

fn offered(action: &Action) -> Offered {
    let words = match action {
        Action::RestoreFile(run, path) => {
            return Offered::AtTheTerminal(format!("files {run} --restore {path}"));
        }
        Action::OverwriteFile(run, path) => {
            return Offered::AtTheTerminal(format!("files {run} --restore {path} --force"));
        }
        Action::CancelRun(run) => return Offered::AtTheTerminal(format!("cancel {run}")),
        Action::RemoveComparison(comparison) => {
            return Offered::AtTheTerminal(format!("comparison rm {comparison}"));
        }
        Action::SalvageStore => return Offered::AtTheTerminal("store salvage DIR".to_owned()),
        Action::Diagnose => return Offered::AtTheTerminal("doctor".to_owned()),
        Action::StartRun => "“Start a run”",
        Action::ListRuns => "the page “Runs”",
        Action::ResumeRun(_) => "“Try again” or “Go on”",
        Action::RerunStep(_) => "“Run this step again”",
        Action::ReprocessStep(..) => "“Read the answer again”",
        Action::ListFiles(_) | Action::ListDocuments => "the page of the run",
        Action::PutDocument => "“Correct it” on its page",
        Action::ListCalls(_) => "the page “Calls”",
        Action::ShowCall(_) => "the call's page",
        Action::ListPrompts => "the page “Prompts”",
        Action::ListVersions(_) => "the prompt's page",
        Action::EditPrompt(_) => "“Edit” on the prompt's page",
        Action::UsePrompt(_) => "“Make current” on the prompt's page",
        Action::RemoveVersion(..) => "“Delete” on the version's page",
        Action::DiffPrompt(..) => "“Compare with” on the prompt's page",
        Action::ListPlugins => "the page “Plugins”",
        Action::ListDefinitions => "the page “Start a run”",
        Action::StartComparison => "“Compare versions”",
        Action::ListComparisons => "the page “Comparisons”",
        Action::ResumeComparison(_) => "“Go on”",
    };
    Offered::Here(words)
}

/// An action as the page names it.
fn on_the_page(action: &Action) -> String {
    match offered(action) {
        Offered::Here(words) => words.to_owned(),
        Offered::AtTheTerminal(command) => format!("`stepwell {command}`"),
    }
}

/// Something to give, as the page's forms name it.
fn field(field: &GivenField) -> String {
    match field {
        GivenField::Inputs(names) => match names.as_slice() {
            [] => "its inputs".to_owned(),
            names => format!("the field {}", names.join(", ")),
        },
        GivenField::Input => "the inputs of the case".to_owned(),
        GivenField::Document(step, name) => format!("the document `{name}` of step `{step}`"),
        GivenField::Rounds => "“More rounds”".to_owned(),
        GivenField::Until(step) => format!("“Stop after” `{step}`"),
        GivenField::Workspace => "another workspace".to_owned(),
        GivenField::Store => "the server's `--store DIR`".to_owned(),
        GivenField::Allow => "the server's `--allow DIR`".to_owned(),
        GivenField::Versions => "“Versions”".to_owned(),
        GivenField::Models => "“Models”".to_owned(),
        GivenField::Prompt => "“Prompt”".to_owned(),
        GivenField::Run => "from its page".to_owned(),
        GivenField::Cases => "a case file".to_owned(),
        GivenField::Grant(grant, value) => format!("`grants.{grant} = \"{value}\"`"),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::{GoOn, RunId};

    use super::*;

    #[test]
    fn what_the_page_can_do_is_said_in_its_words() {
        let run: RunId = "0198f5a0-0000-7000-8000-000000000000".parse().unwrap();
        let then = GoOn::Run(run);
        let step: stepwell_contract::StepPath = "a".parse().unwrap();
        for (remedied, expected) in [
            (
                Remedy::AskAgain { then },
                "The page “Calls” shows what the model answered; “Try again” or “Go on” asks again, a clearer prompt may \
                 help (“Edit” on the prompt's page)",
            ),
            (
                Remedy::RaiseLimit {
                    setting: "limits.cpu".into(),
                    step: step.clone(),
                    file: None,
                    then,
                },
                "Raise <code>limits.cpu</code> of step <code>a</code> in the definition, then “Try again” or “Go on”",
            ),
            (
                Remedy::MendPlugin { run, step },
                "This is a bug of the plugin; when its file is mended, “Run this step again” takes the new one",
            ),
            (
                Remedy::ListModels,
                "At the terminal: <code>stepwell doctor</code> shows the models and their keys",
            ),
            (Remedy::said("an order of fields"), "An order of fields"),
            // Somebody else's words decide nothing.
            (
                Remedy::said("run `stepwell doctor`"),
                "Run <code>stepwell doctor</code>",
            ),
        ] {
            assert_eq!(remedy(&remedied).into_string(), expected);
        }
    }
}
