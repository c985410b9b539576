//! The words of problem details: the sorts of errors, and what the API calls what helps.

use stepwell_engine::{Action, ErrorCode, GivenField};

/// The sort of an error, for a person.
pub(super) fn title_of(code: &ErrorCode) -> &'static str {
    match code {
        ErrorCode::Definition => "The definition has problems",
        ErrorCode::NoSuchRun => "There is no such run",
        ErrorCode::AmbiguousRun => "Several runs fit",
        ErrorCode::NoSuchComparison => "There is no such comparison",
        ErrorCode::NoSuchImprovement => "There is no such improvement",
        ErrorCode::TooFewCases => "There are too few cases",
        ErrorCode::NoSuchCall => "There is no such call",
        ErrorCode::NoSuchStep => "There is no such step",
        ErrorCode::NoSuchDefinition => "There is no such definition",
        ErrorCode::NoSuchPrompt => "There is no such prompt",
        ErrorCode::NoSuchVersion => "There is no such version",
        ErrorCode::NoSuchDocument => "There is no such document",
        ErrorCode::NoSuchRevision => "There is no such revision",
        ErrorCode::NoSuchCell => "There is no such cell",
        ErrorCode::NoSuchFile => "There is no such file",
        ErrorCode::AmbiguousDocument => "Several documents fit",
        ErrorCode::SeveralAsk => "Several questions fit",
        ErrorCode::WrongState | ErrorCode::NothingAsked | ErrorCode::NoOutcome => {
            "The state doesn't allow it"
        }
        ErrorCode::Outdated | ErrorCode::ChangedSince => "Somebody changed it meanwhile",
        ErrorCode::Plugin => "A plugin can't be used",
        ErrorCode::PluginsDiffer => "A plugin isn't the one that was agreed to",
        ErrorCode::PluginUnsigned => "A plugin isn't signed as it has to be",
        ErrorCode::PluginLock => "What was agreed to can't be read",
        ErrorCode::Template | ErrorCode::Note => "The prompt can't be saved",
        ErrorCode::VersionIsCurrent => "The current version can't be deleted",
        ErrorCode::UnknownModel => "There is no such model",
        ErrorCode::Model => "A model can't be used",
        ErrorCode::Workspace => "The workspace can't be used",
        ErrorCode::OutOfReach => "It lies outside of the project",
        ErrorCode::NoPath => "It is no path that can be followed",
        ErrorCode::StoreFull => "No space is left for the store",
        ErrorCode::Store => "The store can't be used",
        ErrorCode::StoreFailed => "The run had to stop",
        ErrorCode::Bug => "A mistake in Stepwell itself",
        ErrorCode::Busy => "The store is held by a run",
        ErrorCode::NoRoom => "Other large files are worked on",
        ErrorCode::Crowded => "Too many connections are open",
        ErrorCode::Ending => "The server is about to end",
        ErrorCode::BadRequest => "The request can't be understood",
        ErrorCode::WrongBody => "The body doesn't fit",
        ErrorCode::NoSuchRoute => "There is nothing here",
        ErrorCode::WrongMethod => "The method is another one",
        ErrorCode::NotConfirmed => "It needs a yes first",
        ErrorCode::NotJson => "The body is not JSON",
        ErrorCode::BadBody => "The body can't be read",
        ErrorCode::TooLarge => "The body is too large",
        ErrorCode::TooSlow => "The body didn't come",
        ErrorCode::TooManyBodies => "Other bodies are worked on",
        ErrorCode::TooManyGuesses => "Too many wrong tokens",
        ErrorCode::NoToken => "A token is needed",
        ErrorCode::ForeignName => "The server has another name",
        ErrorCode::ForeignOrigin => "Another site gets nothing here",
        ErrorCode::Page | ErrorCode::Form => "The page can't be shown",
        ErrorCode::Configuration => "The configuration has problems",
        ErrorCode::Usage => "The command line can't be understood",
        ErrorCode::NotSaved => "The text is not saved",
        ErrorCode::Registry => "The registry can't be used",
        ErrorCode::System => "The system doesn't allow it",
        ErrorCode::UnknownInput
        | ErrorCode::MissingInput
        | ErrorCode::UnknownDocument
        | ErrorCode::MissingDocument
        | ErrorCode::CannotBeGiven
        | ErrorCode::UnknownPrompt
        | ErrorCode::SeveralPrompts
        | ErrorCode::PromptMisfit
        | ErrorCode::Setting
        | ErrorCode::StepName
        | ErrorCode::File
        | ErrorCode::NothingToCompare
        | ErrorCode::TooManyCells
        | ErrorCode::NoBatches
        | ErrorCode::NotCompared
        | ErrorCode::Case
        | ErrorCode::Judge
        | ErrorCode::Rating
        | ErrorCode::Invalid
        | ErrorCode::Other(_) => "Something given doesn't fit",
    }
}

/// An action as the API names it: by its operation.
pub(super) fn operation(action: &Action) -> String {
    let operation = match action {
        Action::StartRun => "start_run",
        Action::ListRuns => "list_runs",
        Action::ResumeRun(_) => "resume_run",
        Action::CancelRun(_) => "cancel_run",
        Action::RerunStep(_) => "rerun_step",
        Action::ReprocessStep(..) => "reprocess_step",
        Action::ListFiles(_) => "list_files",
        Action::RestoreFile(..) | Action::OverwriteFile(..) => "restore_file",
        Action::RemakeBranch(_) => "remake_branch",
        Action::ListDocuments => "list_documents",
        Action::PutDocument => "put_document",
        Action::ListCalls(_) => "list_calls",
        Action::ShowCall(_) => "get_call",
        Action::ListPrompts => "list_prompts",
        Action::ListVersions(_) => "get_prompt",
        Action::EditPrompt(_) => "add_version",
        Action::UsePrompt(_) => "use_version",
        Action::RemoveVersion(..) => "remove_version",
        Action::DiffPrompt(..) => "diff_prompt",
        Action::DiffIntrinsic(_) => "diff_prompt",
        Action::TakeIntrinsic(_) => "take_intrinsic",
        Action::ListPlugins => "list_plugins",
        Action::ListDefinitions => "list_definitions",
        Action::StartComparison => "start_comparison",
        Action::ListComparisons => "list_comparisons",
        Action::ResumeComparison(_) => "resume_comparison",
        Action::RemoveComparison(_) => "remove_comparisons",
        Action::StartImprovement => "start_improvement",
        Action::ListImprovements => "list_improvements",
        Action::ResumeImprovement(_) => "advance_improvement",
        Action::RemoveImprovement(_) => "remove_improvement",
        Action::SalvageStore => return "`stepwell store salvage DIR` at the server".to_owned(),
        Action::Diagnose => return "`stepwell doctor` at the server".to_owned(),
        Action::Serve => return "`stepwell serve`".to_owned(),
        Action::InspectPlugin => "get_plugin",
        Action::CheckPlugin => "check_plugin",
        Action::FetchPlugin(source) => {
            return format!("`stepwell plugin pull {source}` at the server");
        }
        Action::VerifyPlugin(plugin) => {
            return format!("`stepwell plugin verify {plugin} --key KEY.pub` at the server");
        }
        Action::NamePlugin(name) => {
            return format!("`stepwell plugin add {name} PLUGIN` at the server");
        }
        Action::LockPlugins(_) => "lock_plugins",
        Action::AgreeForRun(_) => {
            return "`lock_plugins` with `run` and `agreement`: `\"all\"`".to_owned();
        }
        Action::AgreeForComparison(_) => {
            return "`lock_plugins` with `comparison` and `agreement`: `\"all\"`".to_owned();
        }
        Action::ListOffered(provider) => {
            return format!("`stepwell models list {provider}` at the server");
        }
        Action::ResumeRecorded => {
            return "`stepwell resume --record FILE` at the server".to_owned();
        }
    };
    format!("`{operation}`")
}

/// Something to give, as a request of the API names it.
pub(super) fn field(field: &GivenField) -> String {
    let name = match field {
        GivenField::Inputs(_) | GivenField::Input => "inputs",
        GivenField::Document(..) => "documents",
        GivenField::Rounds => "rounds",
        GivenField::Until(step) => return format!("`until`: `{step}`"),
        GivenField::Workspace => "workspace",
        GivenField::PublishFiles => "publish",
        GivenField::Store => return "the server's `--store DIR`".to_owned(),
        GivenField::Allow => return "the server's `--allow DIR`".to_owned(),
        GivenField::ServerName => return "the server's `--name NAME`".to_owned(),
        GivenField::Versions => "versions",
        GivenField::Models => "models",
        GivenField::Prompt => "prompt",
        GivenField::Run => "within",
        GivenField::Cases => "cases",
        GivenField::Record => return "the server's `--record FILE`".to_owned(),
        GivenField::RecordMatch => return "the server's `--record-match`".to_owned(),
        GivenField::InputFile => return "`inputs.NAME`".to_owned(),
        GivenField::Agreement => return "`agreement`: `\"all\"`".to_owned(),
        GivenField::Confirmed => return "`confirmed`: `true`".to_owned(),
        GivenField::Grant(grant, value) => return format!("`grants.{grant} = \"{value}\"`"),
    };
    format!("`{name}`")
}
