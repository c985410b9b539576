//! What helps, for somebody at the page: what the page can do itself is named in its words, as a link to where it is done; what
//! only the terminal can do is said to be done there.

use std::cell::RefCell;
use std::fmt::Display;

use maud::{Markup, PreEscaped, html};
use stepwell_contract::{Remedy, RunId, StepPath};
use stepwell_engine::{Action, GivenField, WarningView, worded};

use super::{said, sentence};
use crate::page::address::{AGAIN, Address};

/// What helps, as a sentence.
pub(crate) fn remedy(remedy: &Remedy) -> Markup {
    let named = RefCell::new(Vec::new());
    let name = |action: &Action| {
        let mut named = named.borrow_mut();
        named.push(offered(action));
        mark(named.len() - 1)
    };
    let words = worded(remedy, name, field);
    let named = named.into_inner();
    let elsewhere = named
        .iter()
        .any(|offered| matches!(offered, Offered::AtTheTerminal(_)));
    let shown = match elsewhere {
        true => html! { "At the terminal: " (said(&words)) },
        false => sentence(&words),
    };
    let mut shown = shown.into_string();
    for (place, offered) in named.iter().enumerate() {
        let mark = mark(place);
        let begins = shown.starts_with(&mark);
        shown = shown.replace(&mark, &offered.link(begins).into_string());
    }
    PreEscaped(shown)
}

/// What stands for an action until its link is put there: characters that no text has a use for.
fn mark(place: usize) -> String {
    format!("\u{e000}{place}\u{e001}")
}

/// What of something that is shown can't be read, where there is such.
pub(crate) fn left_out(gaps: Option<String>) -> Markup {
    html! {
        @if let Some(gaps) = gaps {
            div.notice.bad {
                strong { (gaps) "." }
                p { (remedy(&Remedy::ListUnreadable)) }
            }
        }
    }
}

/// What a run is to be warned of.
pub(crate) fn warned(warning: &WarningView) -> Markup {
    sentence(&warning.told(remedy_text))
}

/// What helps, as a part of a sentence.
pub(crate) fn remedy_text(remedy: &Remedy) -> String {
    worded(remedy, |action| offered(action).words(), field)
}

/// Where somebody at the page has an action done.
enum Offered {
    /// Here, under this name, at this address where it has one.
    Here(&'static str, Option<Address>),
    /// The page can't: by this command.
    AtTheTerminal(String),
}

impl Offered {
    /// As text.
    fn words(&self) -> String {
        match self {
            Self::Here(words, _) => (*words).to_owned(),
            Self::AtTheTerminal(command) => format!("`stepwell {command}`"),
        }
    }

    /// As what is clicked.
    fn link(&self, begins: bool) -> Markup {
        match self {
            Self::Here(words, address) => {
                let words = match begins {
                    true => capital(words),
                    false => (*words).to_owned(),
                };
                html! {
                    @match address { Some(address) => a href=(address) { (words) }, None => (words) }
                }
            }
            Self::AtTheTerminal(_) => said(&self.words()),
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The forms that carry out a step of a run again.
fn again(run: impl Display, of: &StepPath) -> Address {
    step(run, of).with(AGAIN, Some("yes")).place(AGAIN)
}

/// The step of a run.
fn step(run: impl Display, step: &StepPath) -> Address {
    Address::at(format!("/runs/{run}")).with("step", Some(step))
}

fn offered(action: &Action) -> Offered {
    let at = |address: String| Some(Address::at(address));
    let run = |run: &RunId| at(format!("/runs/{run}"));
    let of_prompt = |name: &dyn Display| Some(Address::at("/prompts").part(name));
    let (words, address) = match action {
        Action::OverwriteFile(run, path) => {
            return Offered::AtTheTerminal(format!("files {run} --restore {path} --force"));
        }
        Action::StartImprovement => (
            "“Let a model improve it instead” where versions are compared",
            at("/comparisons/new".into()),
        ),
        Action::ResumeImprovement(id) => ("“Go on”", at(format!("/improvements/{id}"))),
        Action::RemoveImprovement(id) => ("“Remove”", at(format!("/improvements/{id}"))),
        Action::SalvageStore => return Offered::AtTheTerminal("store salvage DIR".to_owned()),
        Action::Diagnose => return Offered::AtTheTerminal("doctor".to_owned()),
        Action::ListOffered(provider) => {
            return Offered::AtTheTerminal(format!("models list {provider}"));
        }
        Action::ResumeRecorded => {
            return Offered::AtTheTerminal("resume --record FILE".to_owned());
        }
        Action::Serve => return Offered::AtTheTerminal("serve".to_owned()),
        Action::InspectPlugin => return Offered::AtTheTerminal("plugin inspect".to_owned()),
        Action::FetchPlugin(source) => {
            return Offered::AtTheTerminal(format!("plugin pull {source}"));
        }
        Action::VerifyPlugin(plugin) => {
            return Offered::AtTheTerminal(format!("plugin verify {plugin} --key KEY.pub"));
        }
        Action::NamePlugin(name) => {
            return Offered::AtTheTerminal(format!("plugin add {name} PLUGIN"));
        }
        Action::LockPlugins(named) => {
            let named = named.as_deref().unwrap_or("FLOW.toml");
            return Offered::AtTheTerminal(format!("plugin update {named}"));
        }
        Action::AgreeForRun(run) => {
            return Offered::AtTheTerminal(format!("resume {run} --accept"));
        }
        Action::AgreeForComparison(id) => {
            return Offered::AtTheTerminal(format!("comparison resume {id} --accept"));
        }
        Action::CheckPlugin => return Offered::AtTheTerminal("plugin check".to_owned()),
        Action::RestoreFile(id, ..) => ("“Put it back” at the step that replaced it", run(id)),
        Action::RemakeBranch(id) => (
            "“Make it again” on the run's page",
            id.as_ref().and_then(run),
        ),
        Action::CancelRun(id) => ("“Cancel” on the run's page", run(id)),
        Action::StartRun => ("“Start a run”", at("/runs/new".into())),
        Action::ListRuns => ("the page “Runs”", at("/runs".into())),
        Action::ResumeRun(id) => ("“Try again” or “Go on”", id.as_ref().and_then(run)),
        Action::RerunStep(of) => (
            "“Run this step again”",
            of.as_ref().map(|(id, path)| again(id, path)),
        ),
        Action::ReprocessStep(id, path) => ("“Read the answer again”", Some(again(id, path))),
        Action::ListFiles(id) => ("the page of the run", run(id)),
        Action::ListDocuments => ("the page of the run", None),
        Action::PutDocument => ("“Correct it” on its page", None),
        Action::ListCalls(id) => (
            "the page “Calls”",
            Some(Address::at("/calls").with("run", id.as_ref())),
        ),
        Action::ShowCall(id) => ("the call's page", at(format!("/calls/{id}"))),
        Action::ListPrompts => ("the page “Prompts”", at("/prompts".into())),
        Action::ListVersions(name) => ("the prompt's page", of_prompt(name)),
        Action::EditPrompt(name) => (
            "“Edit” on the prompt's page",
            match name {
                Some(name) => of_prompt(name).map(|at| at.part("edit")),
                None => at("/prompts".into()),
            },
        ),
        Action::UsePrompt(name) => ("“Make current” on the prompt's page", of_prompt(name)),
        Action::RemoveVersion(name, number) => (
            "“Delete” on the version's page",
            of_prompt(name).map(|at| at.with("version", Some(number))),
        ),
        Action::DiffPrompt(name, from, to) => (
            "“Compare with” on the prompt's page",
            of_prompt(name).map(|at| {
                let shown = at.with("version", Some(to));
                shown.with("against", Some(from))
            }),
        ),
        Action::DiffIntrinsic(name) => ("its page", of_prompt(name).map(|at| at.part("intrinsic"))),
        Action::TakeIntrinsic(_) => ("“Take it” there", None),
        Action::ListPlugins => ("the page “Plugins”", at("/plugins".into())),
        Action::ListDefinitions => ("the page “Start a run”", at("/runs/new".into())),
        Action::StartComparison => ("“Compare versions”", at("/comparisons/new".into())),
        Action::ListImprovements => ("the page “Improvements”", at("/improvements".into())),
        Action::ListComparisons => ("the page “Comparisons”", at("/comparisons".into())),
        Action::RemoveComparison(id) => (
            "“Remove …” on the comparison's page",
            at(format!("/comparisons/{id}")),
        ),
        Action::ResumeComparison(id) => ("“Go on”", at(format!("/comparisons/{id}"))),
    };
    Offered::Here(words, address)
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
        GivenField::PublishFiles => "files published into the workspace".to_owned(),
        GivenField::Store => "the server's `--store DIR`".to_owned(),
        GivenField::Allow => "the server's `--allow DIR`".to_owned(),
        GivenField::Record => "the server's `--record FILE`".to_owned(),
        GivenField::RecordMatch => "the server's `--record-match`".to_owned(),
        GivenField::InputFile => "the field of that input".to_owned(),
        GivenField::ServerName => "the server's `--name NAME`".to_owned(),
        GivenField::Versions => "“Versions”".to_owned(),
        GivenField::Models => "“Models”".to_owned(),
        GivenField::Prompt => "“Prompt”".to_owned(),
        GivenField::Run => "from its page".to_owned(),
        GivenField::Cases => "a case file".to_owned(),
        GivenField::Agreement => "`--accept`".to_owned(),
        GivenField::Confirmed => "“Start all the same”".to_owned(),
        GivenField::Grant(grant, value) => format!("`grants.{grant} = \"{value}\"`"),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::GoOn;

    use super::*;

    #[test]
    fn what_the_page_can_do_is_said_in_its_words() {
        let run: RunId = "0198f5a0-0000-7000-8000-000000000000".parse().unwrap();
        let then = GoOn::Run(run);
        let step: stepwell_contract::StepPath = "a".parse().unwrap();
        for (remedied, expected) in [
            (
                Remedy::AskAgain { then },
                "<a href=\"/calls\">The page “Calls”</a> shows what the model answered; \
                 <a href=\"/runs/0198f5a0-0000-7000-8000-000000000000\">“Try again” or “Go on”</a> asks again, a clearer \
                 prompt may help (<a href=\"/prompts\">“Edit” on the prompt's page</a>)",
            ),
            (
                Remedy::RaiseLimit {
                    setting: "limits.cpu".into(),
                    step: step.clone(),
                    file: None,
                    then,
                },
                "Raise <code>limits.cpu</code> of step <code>a</code> in the definition, then \
                 <a href=\"/runs/0198f5a0-0000-7000-8000-000000000000\">“Try again” or “Go on”</a>",
            ),
            (
                Remedy::MendPlugin {
                    run,
                    step,
                    mend: None,
                },
                "This is a bug of the plugin; when its file is mended, \
                 <a href=\"/runs/0198f5a0-0000-7000-8000-000000000000?step=a&amp;again=yes#again\">“Run this step again”</a> takes the new one",
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
