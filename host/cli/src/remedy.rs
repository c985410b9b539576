//! What helps with a problem that a command alone meets, as data: the terminal words it, and `--json` gives it as it is.
//!
//! What every face can meet is a [`Remedy`] of the contract.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stepwell_contract::{Name, Remedy, Undertaking};
use stepwell_scaffold::Language;

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Helps {
    /// What every face has words for.
    Shared(Remedy),
    /// What a command alone is told.
    Own(CommandRemedy),
}

impl From<Remedy> for Helps {
    fn from(remedy: Remedy) -> Self {
        Self::Shared(remedy)
    }
}

impl From<CommandRemedy> for Helps {
    fn from(remedy: CommandRemedy) -> Self {
        Self::Own(remedy)
    }
}

/// What a file is named for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub(crate) enum GivenFile {
    /// The cases of a comparison.
    Cases,
    /// A plugin.
    Plugin,
    /// The tests of a plugin.
    PluginTests,
    /// A workflow.
    Definition,
    /// What `stepwell status --json` printed.
    RunJson,
    /// A document's new text.
    Document,
    /// A document that is given with a run.
    GivenDocument,
    /// A prompt's template.
    Template,
    /// A text that is tried.
    Trial,
    /// The input of this name.
    Input { name: String },
    /// The answer to the question of this key.
    Answer { key: String },
    /// Recorded answers.
    Cassette,
}

/// What helps with a problem that a command alone meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum CommandRemedy {
    /// Name the right file.
    NameFile {
        #[serde(flatten)]
        file: GivenFile,
    },
    /// Read how the command is used.
    ReadUsage { usage: String },
    /// Go to the project's folder, or name its store; a run makes one.
    GoToProject,
    /// Move a file away that stands where the store should, or name another folder.
    MoveStoreAway,
    /// Put the store's file back from a copy, or move away what is left of it.
    PutStoreFileBack {
        #[serde(serialize_with = "displayed")]
        path: PathBuf,
    },
    /// Remove a link to a store, or say that it is meant.
    RemoveOrNameLink {
        #[serde(serialize_with = "displayed")]
        path: PathBuf,
    },
    /// Go on with what the process carried on that is gone.
    GoOnWith {
        #[serde(serialize_with = "as_words")]
        what: Undertaking,
    },
    /// Add a text that a person wrote, once it is mended.
    AddKept {
        name: Name,
        #[serde(serialize_with = "displayed")]
        file: PathBuf,
    },
    /// Set the variable that names an editor, or add the text from a file.
    SetEditor { name: Name },
    /// Set an editor that returns when its file is closed.
    ChooseEditor,
    /// Name two versions.
    NameTwoVersions { name: Name },
    /// Name the step that uses the prompt.
    NameUsingStep,
    /// It has so many proposals.
    ChooseProposal { proposals: usize },
    /// Name one of these.
    NameOneOf { names: Vec<String> },
    /// These are the cases.
    ChooseCase { cases: Vec<String> },
    /// These are compared.
    ChooseCompared { compared: Vec<String> },
    /// Say which case of the file is meant.
    SayWhichCase { cases: Vec<String> },
    /// Leave `--answers` out.
    LeaveOutAnswers,
    /// Leave `--case` out.
    LeaveOutCase,
    /// Leave `--prompt` out.
    LeaveOutPrompt,
    /// Say which prompt a version is of.
    SayWhichPrompt { name: String },
    /// Look at what the step is given.
    LookAtGiven,
    /// Name a step of the run, or one item of it.
    NameStepOfRun,
    /// Name a step of the definition.
    NameStepOfDefinition,
    /// Name the definition, such as this one.
    NameDefinition { file: Option<String> },
    /// Name the step, or an item of it.
    NameStepOrItem { step: String },
    /// Name the run.
    NameRun,
    /// Say in what the step is, or name a plugin.
    SayWhereStepIs { verb: String, step: String },
    /// Run the workflow first, name its definition, or name a plugin.
    RunWorkflowFirst { plugin: String },
    /// Set up a model; `keyed` is the provider whose key is there.
    SetUpModel {
        #[serde(skip_serializing_if = "Option::is_none")]
        keyed: Option<KeyedProvider>,
    },
    /// Look at the providers' addresses and variables.
    ListProviders,
    /// Give the provider's address.
    GiveBaseUrl {
        title: String,
        provider: String,
        example: String,
    },
    /// The provider is known by another name.
    NameProvider { title: String, name: String },
    /// Name a provider that there is.
    ChooseProvider {
        #[serde(skip_serializing_if = "Option::is_none")]
        question: Option<String>,
        names: Vec<String>,
    },
    /// Name the cassette again.
    NameCassetteAgain,
    /// Say yes before.
    SayYesBefore,
    /// Build the step that this build leaves out, or choose no workflow.
    BuildLeftOut { command: String },
    /// Leave out what names an SDK.
    LeaveOutSdk,
    /// Name the folder of an SDK, or leave it out.
    NameSdk { language: Language },
    /// Name another folder.
    NameOtherFolder,
    /// Name a new folder; `demonstration` is the one whose demonstration can be run again.
    NameNewFolder {
        #[serde(skip_serializing_if = "Option::is_none")]
        demonstration: Option<PathBuf>,
    },
    /// Name a folder.
    NameFolder,
    /// Edit the configuration that is there.
    EditConfiguration,
    /// Edit what is there, and check the workflow.
    EditWorkflow { flow: String },
    /// Move it away.
    MoveAway,
    /// Print the JSON of the run anew.
    PrintAgain,
    /// Put a plugin where the run looks for it.
    PutPlugin {
        #[serde(serialize_with = "displayed")]
        path: PathBuf,
        #[serde(skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// Give each input once.
    GiveOnce,
    /// Look at what came, as far as anything did.
    ShowRaw,
    /// Say how a plugin is built, in its project's file or on the command line.
    SayHowToBuild {
        #[serde(serialize_with = "displayed")]
        file: PathBuf,
        /// The language of the project, where that can be told.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
    },
    /// Name the folder of a plugin's project.
    NameProject,
    /// Name what the build makes, in its project's file or on the command line.
    NameMade {
        #[serde(serialize_with = "displayed")]
        file: PathBuf,
    },
    /// Look at what is wrong with a component that isn't used.
    CheckRefused { component: String },
    /// Mend what the build says.
    MendBuild,
    /// Log in to a registry.
    LogIn { host: String },
    /// Give name and password.
    GivePassword { host: String },
    /// Give the password of a key.
    GiveKeyPassword,
    /// Make a key of the kind that is read.
    MakeKey,
    /// Sign the file before it goes to a server.
    SignFile,
    /// Look at how the plugin is named, and whether one has to be logged in to see it.
    CheckReference,
    /// Fetch it anew: nothing was kept.
    PullAgain,
    /// See that the registry can be reached.
    ReachRegistry,
    /// Look at what is wrong with a plugin.
    CheckPlugin { file: String },
    /// Take a plugin's name away, to give it to another one.
    RemovePluginName { name: Name },
    /// Say where a plugin is, and not only a word.
    SayWherePluginIs { given: String },
    /// Choose a token that a request can show.
    ChooseToken,
    /// Remove the token's file: the next start makes another.
    RemoveTokenFile {
        #[serde(serialize_with = "displayed")]
        file: PathBuf,
    },
    /// Set the variable with a token of one's own.
    SetToken,
    /// See that the token's file can be read and written, or set the variable.
    ReachTokenFile {
        #[serde(serialize_with = "displayed")]
        file: PathBuf,
    },
    /// Start again in a moment.
    StartAgain,
    /// Listen at another address.
    ListenElsewhere,
    /// Set the machine's clock.
    SetClock,
}

/// A provider whose key is in the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeyedProvider {
    pub(crate) provider: String,
    pub(crate) variable: String,
}

fn as_words<S: serde::Serializer>(what: &Undertaking, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(what)
}

/// A path need not be a text, and is shown all the same.
fn displayed<S: serde::Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&path.display())
}
