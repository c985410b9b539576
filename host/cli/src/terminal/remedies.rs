//! What helps, as the terminal says it: by its commands and options.

use super::shell::quoted;
use stepwell_contract::Remedy;
use stepwell_engine::{Action, GivenField, worded};

/// What helps, as a sentence that begins small.
pub(crate) fn remedied(remedy: &Remedy) -> String {
    worded(remedy, command, option)
}

/// An action, as a command.
fn command(action: &Action) -> String {
    let command = match action {
        Action::StartRun => "run".to_owned(),
        Action::ListRuns => "runs".to_owned(),
        Action::ResumeRun(None) => "resume".to_owned(),
        Action::ResumeRun(Some(run)) => format!("resume {run}"),
        Action::RerunStep(None) => "step run".to_owned(),
        Action::RerunStep(Some((run, step))) => format!("step run {step} --run {run}"),
        Action::ReprocessStep(run, step) => format!("step reprocess {run} {step}"),
        Action::CancelRun(run) => format!("cancel {run}"),
        Action::ListFiles(run) => format!("files {run}"),
        Action::RestoreFile(run, path, None) => format!("files {run} --restore {path}"),
        Action::RestoreFile(run, path, Some(text)) => {
            format!("files {run} --restore {path} --text {:.12}", text.hex())
        }
        Action::OverwriteFile(run, path) => format!("files {run} --restore {path} --force"),
        Action::RemakeBranch(run) => {
            let run = run.map_or_else(|| "RUN".to_owned(), |run| run.to_string());
            format!("files {run} --branch")
        }
        Action::ListDocuments => "docs list".to_owned(),
        Action::PutDocument => "docs put".to_owned(),
        Action::ListCalls(None) => "calls".to_owned(),
        Action::ListCalls(Some(run)) => format!("calls {run}"),
        Action::ShowCall(call) => format!("calls show {call}"),
        Action::ListPrompts => "prompt list".to_owned(),
        Action::ListVersions(name) => format!("prompt list {name}"),
        Action::EditPrompt(None) => "prompt edit".to_owned(),
        Action::EditPrompt(Some(name)) => format!("prompt edit {name}"),
        Action::UsePrompt(name) => format!("prompt use {name} N"),
        Action::RemoveVersion(name, number) => format!("prompt rm {name} {number}"),
        Action::DiffPrompt(name, from, to) => format!("prompt diff {name} {from} {to}"),
        Action::DiffIntrinsic(name) => format!("prompt diff {name} intrinsic"),
        Action::TakeIntrinsic(name) => format!("prompt add {name} --intrinsic"),
        Action::ListPlugins => "plugin list".to_owned(),
        // There is no command for it: a folder is listed by the shell.
        Action::ListDefinitions => return "the project".to_owned(),
        Action::StartComparison => "compare".to_owned(),
        Action::ListComparisons => "comparisons".to_owned(),
        Action::ResumeComparison(comparison) => format!("comparison resume {comparison}"),
        Action::RemoveComparison(comparison) => format!("comparison rm {comparison}"),
        Action::StartImprovement => "prompt improve NAME --cases FILE".to_owned(),
        Action::ListImprovements => "improvements".to_owned(),
        Action::ResumeImprovement(improvement) => format!("improvement resume {improvement}"),
        Action::RemoveImprovement(improvement) => format!("improvement rm {improvement}"),
        Action::SalvageStore => "store salvage DIR".to_owned(),
        Action::Diagnose => "doctor".to_owned(),
        Action::Serve => "serve".to_owned(),
        Action::InspectPlugin => "plugin inspect".to_owned(),
        Action::CheckPlugin => "plugin check".to_owned(),
        Action::FetchPlugin(source) => format!("plugin pull {source}"),
        Action::VerifyPlugin(plugin) => format!("plugin verify {plugin} --key KEY.pub"),
        Action::NamePlugin(name) => format!("plugin add {name} PLUGIN"),
        Action::LockPlugins(None) => "plugin update FLOW.toml".to_owned(),
        Action::LockPlugins(Some(named)) => format!("plugin update {}", quoted(named)),
        Action::AgreeForRun(run) => format!("resume {run} --accept"),
        Action::AgreeForComparison(comparison) => {
            format!("comparison resume {comparison} --accept")
        }
        Action::ListOffered(provider) => format!("models list {provider}"),
        Action::ResumeRecorded => "resume --record FILE".to_owned(),
    };
    format!("`stepwell {command}`")
}

/// Something to give, as an option.
fn option(field: &GivenField) -> String {
    let option = match field {
        GivenField::Inputs(names) => {
            let inputs: Vec<_> = names
                .iter()
                .map(|name| format!("`--input {name}=TEXT`"))
                .collect();
            return format!(
                "{}; `@` and a file in place of the text reads it from there",
                inputs.join(" ")
            );
        }
        GivenField::Input => "--input NAME=TEXT".to_owned(),
        GivenField::Document(step, name) => format!("--document {step}/{name}=FILE"),
        GivenField::Rounds => "--rounds N".to_owned(),
        GivenField::Until(step) => format!("--until {step}"),
        GivenField::Workspace => "--workspace DIR".to_owned(),
        GivenField::PublishFiles => "--publish files".to_owned(),
        GivenField::Store => "--store DIR".to_owned(),
        GivenField::Allow => "serve --allow DIR".to_owned(),
        GivenField::Versions => "--versions".to_owned(),
        GivenField::Models => "--models".to_owned(),
        GivenField::Prompt => "--prompt NAME".to_owned(),
        GivenField::Run => "--run RUN".to_owned(),
        GivenField::Cases => "--cases FILE".to_owned(),
        GivenField::Confirmed => "--yes".to_owned(),
        GivenField::Agreement => "--accept".to_owned(),
        GivenField::ServerName => "serve --name NAME".to_owned(),
        GivenField::Record => "--record FILE".to_owned(),
        GivenField::RecordMatch => "--record-match".to_owned(),
        GivenField::InputFile => "--input NAME=@FILE".to_owned(),
        GivenField::Grant(grant, value) => format!("grants.{grant} = \"{value}\""),
    };
    format!("`{option}`")
}

#[cfg(test)]
mod tests {
    use stepwell_contract::{GoOn, RunId};

    use super::*;

    #[test]
    fn a_remedy_names_the_commands_that_help() {
        let run: RunId = "0198f5a0-0000-7000-8000-000000000000".parse().unwrap();
        for (remedy, expected) in [
            (
                Remedy::AnswerAgain {
                    then: GoOn::Run(run),
                },
                "`stepwell resume 0198f5a0-0000-7000-8000-000000000000` asks again",
            ),
            (
                Remedy::ListRuns,
                "`stepwell runs` lists them; the last characters of an id are enough, and `last` is the newest",
            ),
            (
                Remedy::GiveInputs {
                    names: vec!["a".into(), "b".into()],
                },
                "give it with `--input a=TEXT` `--input b=TEXT`; `@` and a file in place of the text reads it from there",
            ),
            (
                Remedy::ChooseStore,
                "check that you may write there, or name another folder with `--store DIR`",
            ),
        ] {
            assert_eq!(remedied(&remedy), expected);
        }
    }
}
