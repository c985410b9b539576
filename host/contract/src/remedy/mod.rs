//! What helps, as data: made where a problem is found, and worded by whoever tells a person of it.

mod about;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{CommitId, ComparisonId, Digest, ImprovementId, Language, Name, RunId, StepPath};
pub use about::{Choice, FolderProblem, GoOn, Grant, GuestMend, Obstacle};

/// What helps with a problem. One that this build doesn't know is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Remedy {
    /// Check the inputs of a step in the definition.
    CheckInputs {
        /// The step.
        step: StepPath,
        /// The definition's file.
        file: Option<String>,
    },
    /// Look at what the model answered, and let it be asked again, perhaps with a clearer prompt.
    AskAgain {
        /// What goes on.
        then: GoOn,
    },
    /// The same for a step of a run: what was answered can also be read again for free, by a mended plugin.
    ReadOrAskAgain {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// The prompt, where the step has one alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<String>,
    },
    /// Run the step again: it may ask then.
    RunStep {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
    },
    /// Mend the prompt, and run the step with its current version.
    MendPrompt {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// The prompt, where the step has one alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<String>,
    },
    /// Go on: the step asks its question again.
    AnswerAgain {
        /// What goes on.
        then: GoOn,
    },
    /// Mend what the message says, and go on.
    MendWhatItSays {
        /// What goes on.
        then: GoOn,
    },
    /// Raise a limit of a step, and go on.
    RaiseLimit {
        /// The key, such as `limits.cpu`.
        setting: String,
        /// The step.
        step: StepPath,
        /// The definition's file.
        file: Option<String>,
        /// What goes on.
        then: GoOn,
    },
    /// It is a mistake of the plugin: run the step again when its file is mended.
    MendPlugin {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// What its author can do, where that can be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mend: Option<GuestMend>,
    },
    /// Grant a step something.
    AddGrant {
        /// What.
        grant: Grant,
        /// How far, such as `read` or `write`.
        value: String,
    },
    /// Check the sandbox.
    CheckSandbox,
    /// Leave files out of a step's copy of the workspace, or raise its limit, and go on.
    ShrinkCopy {
        /// The step.
        step: StepPath,
        /// What goes on.
        then: GoOn,
    },
    /// Clear the way of a file, and go on.
    ClearTheWay {
        /// What stands in it.
        obstacle: Obstacle,
        /// What goes on; none where the same is to be asked again.
        then: Option<GoOn>,
    },
    /// Go on from the files of now; let steps that change the same file run one after the other.
    RunInOrder {
        /// What goes on.
        then: GoOn,
    },
    /// Correct the document or the definition that an input comes from, and go on.
    CorrectInput {
        /// What goes on.
        then: GoOn,
    },
    /// Give more rounds to what has used up its own, or mend the rest by hand.
    MoreRounds {
        /// The run.
        run: RunId,
    },
    /// Correct the document that a list is read from, or run the step that wrote it again.
    CorrectList,
    /// Nothing: that is what came of the version, and it stays.
    KeepOutcome {
        /// The cell's run, in which the calls are.
        run: RunId,
    },
    /// Start a run.
    StartRun,
    /// Look among the runs.
    ListRuns,
    /// Start a comparison.
    StartComparison,
    /// Look among the comparisons.
    ListComparisons,
    /// Start an improvement of a prompt.
    StartImprovement,
    /// Look among the improvements.
    ListImprovements,
    /// Carry an improvement to its end, or remove it.
    EndImprovement {
        /// The improvement.
        improvement: ImprovementId,
    },
    /// Give so many cases, or say of fewer what each is for.
    GiveMoreCases {
        /// How many there have to be.
        cases: usize,
    },
    /// Give each case a check, or a judge.
    GiveChecks,
    /// Look among the calls.
    ListCalls,
    /// Look at the attempts of a call.
    LookAtCall {
        /// The call.
        call: Uuid,
    },
    /// Give more characters of an id.
    GiveMoreOfId {
        /// Those that fit.
        ids: Vec<String>,
    },
    /// Name one of these.
    ChooseAmong {
        /// What they are.
        what: Choice,
        /// Their names; may be none.
        names: Vec<String>,
    },
    /// Give these inputs.
    GiveInputs {
        /// Their names.
        names: Vec<String>,
    },
    /// Say yes to what a run will probably take, or raise what the operator lets pass without.
    ConfirmRun,
    /// Give the models a price, or say what needs a yes in tokens.
    PriceModels,
    /// Give a document, too.
    GiveDocument {
        /// The step.
        step: StepPath,
        /// The document.
        name: String,
    },
    /// Give the document from which the items are read.
    GiveListInstead,
    /// Let the run stop at a step, correct its document, and resume.
    CorrectInRound {
        /// The step.
        step: StepPath,
    },
    /// Make a version current that fits, or keep the step's versions under another name.
    FitPrompt {
        /// The name under which the versions are kept.
        name: Name,
        /// The name that the plugin declares.
        declared: String,
    },
    /// Look at what a plugin brings along for a prompt, and take it as a version.
    TakeIntrinsic {
        /// The prompt.
        name: Name,
    },
    /// Choose another name in the step's `prompts`.
    RenamePrompt,
    /// Leave a setting out.
    LeaveOutSetting,
    /// Choose, make or open another workspace.
    ChooseWorkspace {
        /// What is wrong with this one.
        problem: FolderProblem,
    },
    /// Keep a copy of a file; then let it be overwritten.
    OverwriteFile {
        /// The run.
        run: RunId,
        /// The file's path.
        path: String,
    },
    /// Bring another person's text back that a run replaced, or the lack of a file.
    RestoreFile {
        /// The run.
        run: RunId,
        /// The file's path.
        path: String,
        /// The text; none is whatever was there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Digest>,
    },
    /// Take a text all the same that a person said no to.
    TakeDropped {
        /// The run.
        run: RunId,
        /// The file's path.
        path: String,
        /// The text.
        text: Digest,
    },
    /// Look among the files of a run.
    ListFiles {
        /// The run.
        run: RunId,
    },
    /// Make a repository with a commit, or let the run publish files.
    HaveRepository,
    /// Mend what it says, or let the run publish files.
    PublishFiles,
    /// Keep a document in another file.
    KeepElsewhere {
        /// The step.
        step: StepPath,
    },
    /// Put a run's branch back where it left it, or let go of it, and go on.
    ClearBranch {
        /// The branch.
        branch: String,
        /// Where the run left it, if somebody moved it.
        left_at: Option<CommitId>,
        /// Whether there is no such branch any more.
        #[serde(default)]
        is_gone: bool,
        /// What goes on.
        then: GoOn,
    },
    /// Delete a run's branch: nothing else has what it wrote.
    DeleteBranch {
        /// The branch.
        branch: String,
    },
    /// Decline only what is asked now.
    DeclineWhatIsOpen,
    /// Wait until it ends.
    Wait,
    /// Wait until it ends, or stop it.
    WaitOrStop,
    /// Run one of its steps again, or correct a document.
    RerunOrCorrect,
    /// Look at what differs, and agree to the plugins, or put back those that were agreed to.
    AgreeToPlugins {
        /// A definition's file, or a plugin; none where it isn't known.
        #[serde(default)]
        named: Option<String>,
    },
    /// Let a run use the plugins that it was begun with, or carry its steps out with those of now.
    AgreeForRun {
        /// The run.
        run: RunId,
    },
    /// Let a comparison use the plugins that it was begun with.
    AgreeForComparison {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// Name a plugin without name and password, and log in instead.
    KeepPasswordOut,
    /// Fetch a plugin into a file, and name that.
    PullIntoFile,
    /// Name a plugin on another machine in a form that there is.
    NameSource,
    /// Fetch a plugin by itself, which tells more of why it isn't had.
    FetchPlugin {
        /// What names it.
        source: String,
    },
    /// Have a plugin signed by one whom the operator demands.
    HaveSigned {
        /// What names it.
        plugin: String,
        /// The source by which it is demanded.
        source: String,
    },
    /// Name a key of a source that can be read.
    NameKey {
        /// The source.
        source: String,
    },
    /// Agree to the plugins of a definition, which writes what says which were agreed to.
    BeginLock {
        /// A definition's file, or a plugin; none where it isn't known.
        #[serde(default)]
        named: Option<String>,
    },
    /// Put the file back that says which plugins were agreed to, or begin a new one.
    RestoreLock,
    /// Let its folder be written to.
    MakeWritable,
    /// Go on with the run first: what is waited for is carried out then.
    GoOnFirst {
        /// The run.
        run: RunId,
    },
    /// Nothing is left to do.
    NothingLeft,
    /// End it for good first.
    CancelRun {
        /// The run.
        run: RunId,
    },
    /// It stays as long as something needs it.
    LeaveRun,
    /// Make other cells: this one stays as it is.
    CompareAgain,
    /// Look at what somebody else changed, and save again.
    LookAtDifference {
        /// The prompt.
        name: Name,
        /// The version that the change started from.
        based_on: u32,
        /// The version that is the latest by now.
        latest: u32,
    },
    /// Write something.
    WriteSomething,
    /// Look among the built-in steps; name a file by its path.
    ListPlugins,
    /// Build a step by a command, in a checkout of Stepwell.
    BuildStep {
        /// The command.
        command: String,
    },
    /// Say where the plugin is that a name is to stand for, or write its path.
    NamePlugin {
        /// The name.
        name: Name,
    },
    /// Name a built-in step as one.
    NameBuiltin {
        /// Its name.
        name: String,
    },
    /// Name a file from the definition's folder on.
    StartAtDefinition,
    /// Name a file that can be read, of at most so many bytes.
    NameReadableFile {
        /// How many.
        most: u64,
    },
    /// Name another path.
    NamePath,
    /// Name something below the project, give the command itself, or let the operator allow the folder.
    AllowFolder,
    /// Look among the definitions.
    ListDefinitions,
    /// Look at the models and their keys.
    ListModels,
    /// Wait for the process that holds the store, or stop it.
    WaitForHolder,
    /// Ask for the same again in a moment.
    Patience,
    /// Free some space, and ask for the same again.
    FreeSpace,
    /// Free some space or mend what the message says; the run goes on then.
    FreeSpaceAndGoOn,
    /// See that the store's folder can be written, or choose another.
    ChooseStore,
    /// Put a backup in the store's place, or choose another.
    RestoreBackup,
    /// Name a folder that is empty, or isn't there yet.
    NameEmptyFolder,
    /// Remove something from the store's folder that isn't the store's own: what a link leads to stays.
    RemoveStray {
        /// Its path.
        path: String,
    },
    /// Name a folder outside of the store's.
    NameFolderOutside,
    /// Look at every record that can't be read.
    ListUnreadable,
    /// Look among the prompts.
    ListPrompts,
    /// Look among the versions of a prompt.
    ListVersions {
        /// The prompt.
        name: Name,
    },
    /// Remove a comparison, with the cells that it made.
    RemoveComparison {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// A version can't be read: use another one, save its text again, or remove it.
    LeaveVersion {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
    },
    /// Make another version current first.
    UseAnotherVersion {
        /// The prompt.
        name: Name,
    },
    /// Look among the documents.
    ListDocuments,
    /// Name one of the forms that wait.
    NameForm {
        /// A question of one of them, as an answer names it.
        place: String,
    },
    /// Name the document of one item.
    NameItem {
        /// One of them, as a person names it.
        example: String,
    },
    /// Name an earlier revision.
    NameRevision {
        /// The last one.
        last: u32,
    },
    /// Report a mistake of Stepwell; what is stored is there, and the run goes on.
    ReportBug,
    /// Give a number from 1 to 5.
    GiveRating,
    /// Carry the comparison on first.
    CarryOnFirst {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// Name a cell that there is.
    NameCell {
        /// How many cases there are.
        cases: u32,
        /// How many variants.
        variants: u32,
        /// How many repeats.
        repeats: u32,
    },
    /// Name one of the versions that are compared.
    NameComparedVersion,
    /// Compare fewer of everything.
    CompareLess,
    /// Compare without batches, or say that the provider takes some.
    LeaveOutBatch {
        /// The provider.
        provider: String,
    },
    /// Compare models instead of versions.
    CompareModels,
    /// Say which prompt differs.
    NamePrompt {
        /// The prompts of the step.
        names: Vec<String>,
    },
    /// Leave a version out.
    LeaveOutVersion,
    /// Give each case an id of its own.
    GiveOwnIds,
    /// Mend the case, and compare again.
    MendCase,
    /// Give the inputs of a case, or compare within a run.
    GiveCaseInputs,
    /// Name a run in which the step has begun, or give the inputs of the cases.
    NameOtherRun,
    /// Name a step by its path.
    NameStep,
    /// Name one of its sub-steps.
    NameSubStep,
    /// Name a step that judges.
    NameJudge,
    /// Check the folder for temporary files.
    CheckTemporaryFolder,
    /// Wait until a run ends whose process holds the store, or have a server hold it, which carries on any number of runs.
    WaitOrServe,
    /// Use a server's address, or have it go by the name.
    NameServer,
    /// Show the server's token.
    ShowToken,
    /// Give the same command again.
    GiveAgain,
    /// Be the user whose store it is, or choose a store of one's own.
    OwnStore,
    /// End the process that holds the store, and start it with this build.
    UseOneBuild,
    /// Build a plugin as a component.
    BuildComponent {
        /// Whether its file may be cut off, and not only built for something else.
        is_unknown: bool,
        /// The language that it is written in, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
    },
    /// Build a plugin against this host's contract.
    BuildForContract,
    /// Build a plugin whose functions are plain ones.
    BuildSynchronous {
        /// The language that it is written in, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
    },
    /// Its author has to mend what a plugin says of itself.
    MendDescription {
        /// Whether it didn't even say it.
        is_missing: bool,
        /// The language that it is written in, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
        /// What its author can do, where that can be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mend: Option<GuestMend>,
    },
    /// Its author has to build a plugin with less in it.
    BuildSmaller,
    /// Raise a setting of `stepwell.toml`, if the plugin is trusted.
    AllowCostlyPlugin {
        /// The setting.
        setting: String,
    },
    /// Look which models a provider has, mend the model's name, and go on.
    ListOffered {
        /// The provider.
        provider: String,
        /// What goes on.
        then: GoOn,
    },
    /// Record into a file: this one holds no recorded answers.
    RecordCassette,
    /// Record into another file, or remove this one.
    RecordElsewhere {
        /// Whether the run that was recorded into it can go on there.
        goes_on: bool,
    },
    /// Leave out how recorded answers are to be matched: the file says it.
    KeepMatching {
        /// How it is.
        matching: String,
    },
    /// Put a large text into a file, and give that as an input.
    GiveAsInput,
    /// Name the workspace by a relative path; another directory is given with the run.
    NameWorkspaceBelow,
    /// What a plugin's check, or a template's, says itself.
    Said {
        /// What to do, for a person.
        text: String,
    },
    /// One of a later build.
    #[serde(untagged)]
    Other(serde_json::Value),
}

impl Remedy {
    /// What somebody else says is to be done.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said { text: text.into() }
    }

    /// Whether this build knows what it means, and can say it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The same, where not the run goes on but the comparison that it is a cell of, or the improvement that this belongs to.
    #[must_use]
    pub fn within(mut self, whole: GoOn) -> Self {
        if let Self::ReadOrAskAgain { .. } = self {
            return Self::AskAgain { then: whole };
        }
        match &mut self {
            Self::AskAgain { then }
            | Self::AnswerAgain { then }
            | Self::MendWhatItSays { then }
            | Self::RaiseLimit { then, .. }
            | Self::ShrinkCopy { then, .. }
            | Self::RunInOrder { then }
            | Self::ClearBranch { then, .. }
            | Self::ListOffered { then, .. }
            | Self::CorrectInput { then } => *then = whole,
            Self::ClearTheWay { then, .. } => *then = then.map(|_| whole),
            _ => {}
        }
        self
    }
}

#[cfg(test)]
mod tests;
