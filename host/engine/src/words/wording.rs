//! Remedies in words: the sentence is the same everywhere, what is to be done in it is named by each face.

use stepwell_contract::{
    ComparisonId, Digest, GoOn, Grant, ImprovementId, Name, Remedy, RunId, StepPath, amounts,
};
use uuid::Uuid;

use super::wording_parts::{
    branch_cleared, branch_deleted, built_synchronously, choice, cleared, describe_mended, folder,
    guest_mend, made_a_component, no_branch, repository,
};

/// Something that a person can have done by every face, or at the terminal alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operation of its name")]
pub enum Action {
    StartRun,
    ListRuns,
    ResumeRun(Option<RunId>),
    CancelRun(RunId),
    RerunStep(Option<(RunId, StepPath)>),
    ReprocessStep(RunId, StepPath),
    ListFiles(RunId),
    RestoreFile(RunId, String, Option<Digest>),
    OverwriteFile(RunId, String),
    RemakeBranch(Option<RunId>),
    ListDocuments,
    PutDocument,
    ListCalls(Option<RunId>),
    ShowCall(Uuid),
    ListPrompts,
    ListVersions(Name),
    EditPrompt(Option<String>),
    UsePrompt(String),
    RemoveVersion(Name, u32),
    DiffPrompt(Name, u32, u32),
    DiffIntrinsic(Name),
    TakeIntrinsic(Name),
    ListPlugins,
    ListDefinitions,
    StartComparison,
    ListComparisons,
    ResumeComparison(ComparisonId),
    RemoveComparison(ComparisonId),
    StartImprovement,
    ListImprovements,
    ResumeImprovement(ImprovementId),
    RemoveImprovement(ImprovementId),
    Diagnose,
    SalvageStore,
    Serve,
    InspectPlugin,
    CheckPlugin,
    NamePlugin(Name),
    LockPlugins(Option<String>),
    AgreeForRun(RunId),
    AgreeForComparison(ComparisonId),
    FetchPlugin(String),
    VerifyPlugin(String),
    ListOffered(String),
    ResumeRecorded,
}

/// Something that is given with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the part of a request of its name")]
pub enum GivenField {
    Inputs(Vec<String>),
    Input,
    Document(StepPath, String),
    Until(StepPath),
    Rounds,
    Workspace,
    PublishFiles,
    Store,
    Allow,
    Versions,
    Models,
    Prompt,
    Run,
    Cases,
    Grant(Grant, String),
    Confirmed,
    Agreement,
    ServerName,
    Record,
    RecordMatch,
    InputFile,
}

/// A remedy as a sentence without its full stop, where each face says how it names actions and fields; what it writes between
/// backticks is written as it is. One of a later build has no words.
#[must_use]
pub fn worded(
    remedy: &Remedy,
    action: impl Fn(&Action) -> String,
    field: impl Fn(&GivenField) -> String,
) -> String {
    let act = |named: Action| action(&named);
    let give = |named: GivenField| field(&named);
    let go_on = |then: &GoOn| match then {
        GoOn::Run(run) => act(Action::ResumeRun(Some(*run))),
        GoOn::Comparison(comparison) => act(Action::ResumeComparison(*comparison)),
        GoOn::Improvement(improvement) => act(Action::ResumeImprovement(*improvement)),
    };
    let rerun = |run: &RunId, step: &StepPath| act(Action::RerunStep(Some((*run, step.clone()))));
    match remedy {
        // What a step failed of.
        Remedy::CheckInputs { step, file } => {
            format!("check the inputs of step `{step}` in {}", in_file(file))
        }
        Remedy::AskAgain { then } => format!(
            "{} shows what the model answered; {} asks again, a clearer prompt may help ({})",
            act(Action::ListCalls(None)),
            go_on(then),
            act(Action::EditPrompt(None))
        ),
        Remedy::ReadOrAskAgain { run, step, prompt } => format!(
            "{} shows what the model answered; {} asks again, a clearer prompt may help ({}); if the plugin reads it wrongly, \
             {} reads the same answer with its mended file, for free",
            act(Action::ListCalls(None)),
            go_on(&GoOn::Run(*run)),
            act(Action::EditPrompt(prompt.clone())),
            act(Action::ReprocessStep(*run, step.clone()))
        ),
        Remedy::RunStep { run, step } => {
            format!("{} runs it anew, and may ask", rerun(run, step))
        }
        // The run keeps the version that it began with: to resume alone would fill the same prompt again.
        Remedy::MendPrompt { run, step, prompt } => format!(
            "mend the prompt ({}), then {} takes the current version",
            act(Action::EditPrompt(prompt.clone())),
            rerun(run, step)
        ),
        Remedy::AnswerAgain { then } => format!("{} asks again", go_on(then)),
        Remedy::MendWhatItSays { then } => format!("mend what it says, then {}", go_on(then)),
        Remedy::RaiseLimit {
            setting,
            step,
            file,
            then,
        } => format!(
            "raise `{setting}` of step `{step}` in {}, then {}",
            in_file(file),
            go_on(then)
        ),
        // The run keeps the plugin that it began with: to resume alone would meet the same bug again.
        Remedy::MendPlugin { run, step, mend } => format!(
            "this is a bug of the plugin{}; when its file is mended, {} takes the new one",
            guest_mend(*mend),
            rerun(run, step)
        ),
        Remedy::AddGrant { grant, value } => {
            format!("add {}", give(GivenField::Grant(*grant, value.clone())))
        }
        Remedy::MoreRounds { run } => format!(
            "{} with {} gives it that many more",
            act(Action::ResumeRun(Some(*run))),
            give(GivenField::Rounds)
        ),
        Remedy::CheckSandbox => format!("{} checks the sandbox", act(Action::Diagnose)),
        Remedy::ShrinkCopy { step, then } => format!(
            "name what step `{step}` doesn't need in .gitignore, or raise that limit of the step; then {}",
            go_on(then)
        ),
        Remedy::ClearTheWay { obstacle, then } => {
            let way = cleared(*obstacle);
            match then {
                Some(then) => format!("{way}; then {} goes on there", go_on(then)),
                None => way.to_owned(),
            }
        }
        Remedy::RunInOrder { then } => format!(
            "{} runs it again from the files of now; to avoid it, let one of the steps refer to a document of the other, so \
             that they run one after the other",
            go_on(then)
        ),
        Remedy::CorrectInput { then } => format!(
            "correct the document ({}) or the definition, then {}",
            act(Action::PutDocument),
            go_on(then)
        ),
        Remedy::CorrectList => format!(
            "correct the document ({}), or run the step that wrote it again ({})",
            act(Action::PutDocument),
            act(Action::RerunStep(None))
        ),
        Remedy::KeepOutcome { run } => format!(
            "that is what came of the version, and it stays; {} shows what was asked and answered",
            act(Action::ListCalls(Some(*run)))
        ),

        // Why a request about a comparison was refused.
        Remedy::StartComparison => format!("{} makes one", act(Action::StartComparison)),
        Remedy::ListComparisons => format!("{}{OF_IDS}", act(Action::ListComparisons)),
        Remedy::StartImprovement => format!("{} makes one", act(Action::StartImprovement)),
        Remedy::ListImprovements => format!("{}{OF_IDS}", act(Action::ListImprovements)),
        Remedy::EndImprovement { improvement } => format!(
            "{} carries it to its end, and {} removes it",
            act(Action::ResumeImprovement(*improvement)),
            act(Action::RemoveImprovement(*improvement))
        ),
        Remedy::GiveMoreCases { cases } => format!(
            "give {cases} cases or more, or say of each what it is for (`split = \"training\"` or `\"validation\"`): fewer can't \
             tell a better prompt from chance"
        ),
        Remedy::GiveChecks => {
            "give it `checks`, in the case or for all of them, or a judge".to_owned()
        }
        Remedy::CompareAgain => format!(
            "a cell stays as it is; {} makes others",
            act(Action::StartComparison)
        ),
        Remedy::GiveRating => "give one of them".to_owned(),
        Remedy::CarryOnFirst { comparison } => format!(
            "carry the comparison on first: {}",
            act(Action::ResumeComparison(*comparison))
        ),
        Remedy::NameCell {
            cases,
            variants,
            repeats,
        } => format!("it has {cases} cases, {variants} variants and {repeats} repeats"),
        Remedy::NameComparedVersion => "name one of the versions that it compares".to_owned(),
        Remedy::LeaveOutBatch { provider } => format!(
            "compare without batches, or, where the provider takes them, say `batch = true` in `[providers.{provider}]` of stepwell.toml"
        ),
        Remedy::CompareLess => "name fewer cases, versions, models or repeats".to_owned(),
        Remedy::CompareModels => {
            format!("compare models instead, with {}", give(GivenField::Models))
        }
        Remedy::NamePrompt { names } => format!(
            "say which one differs with {}: {}",
            give(GivenField::Prompt),
            names.join(", ")
        ),
        Remedy::LeaveOutVersion => format!("leave it out with {}", give(GivenField::Versions)),
        Remedy::GiveOwnIds => "give each its own `id`".to_owned(),
        Remedy::MendCase => "nothing was asked yet: mend the case, and compare again".to_owned(),
        Remedy::GiveCaseInputs => format!(
            "give it in the case file (`inputs.NAME = \"…\"`), with {}, or compare within a run ({})",
            give(GivenField::Input),
            give(GivenField::Run)
        ),
        Remedy::NameOtherRun => format!(
            "name a run in which it did, or give the cases' inputs with {} or {}",
            give(GivenField::Cases),
            give(GivenField::Input)
        ),
        Remedy::NameStep => "name the step by its path, such as `requirement/refine`".to_owned(),
        Remedy::NameSubStep => "name one of its sub-steps".to_owned(),
        Remedy::NameJudge => {
            "name a step that does; `docs/guides/compare.md` says what a judge is given and gives"
                .to_owned()
        }
        Remedy::CheckTemporaryFolder => {
            "check the disk, and the folder that TMPDIR names".to_owned()
        }

        // Why another request was refused.
        Remedy::StartRun => format!("{} makes one", act(Action::StartRun)),
        Remedy::ListRuns => format!("{}{OF_IDS}", act(Action::ListRuns)),
        Remedy::ListCalls => format!(
            "{} lists them with their ids; the last characters of one are enough",
            act(Action::ListCalls(None))
        ),
        Remedy::LookAtCall { call } => format!(
            "{} shows how each of them ended",
            act(Action::ShowCall(*call))
        ),
        Remedy::GiveMoreOfId { ids } => format!("give more of the id: {}", ids.join(", ")),
        Remedy::ChooseAmong { what, names } => choice(*what, names),
        Remedy::GiveInputs { names } => {
            format!("give it with {}", give(GivenField::Inputs(names.clone())))
        }
        Remedy::ConfirmRun => format!(
            "{} starts it all the same; or raise `confirm_above` in stepwell.toml",
            give(GivenField::Confirmed)
        ),
        Remedy::PriceModels => {
            "give the model its `price` in stepwell.toml, or `tokens` to `confirm_above`".to_owned()
        }
        Remedy::GiveDocument { step, name } => format!(
            "give it too: {}",
            give(GivenField::Document(step.clone(), name.clone()))
        ),
        Remedy::GiveListInstead => "give the document that its `for_each` reads instead".to_owned(),
        Remedy::CorrectInRound { step } => format!(
            "let the run stop there ({}), correct the document ({}), and resume",
            give(GivenField::Until(step.clone())),
            act(Action::PutDocument)
        ),
        Remedy::FitPrompt { name, declared } => format!(
            "make a version current that fits ({}, {}; {} takes the plugin's own text), or keep the step's versions under \
             another name: `prompts.{declared} = \"another_name\"`",
            act(Action::UsePrompt(name.to_string())),
            act(Action::EditPrompt(Some(name.to_string()))),
            act(Action::TakeIntrinsic(name.clone()))
        ),
        Remedy::TakeIntrinsic { name } => format!(
            "{} shows what differs, {} takes it",
            act(Action::DiffIntrinsic(name.clone())),
            act(Action::TakeIntrinsic(name.clone()))
        ),
        Remedy::RenamePrompt => "choose another name in `prompts`".to_owned(),
        Remedy::LeaveOutSetting => "leave it out instead".to_owned(),
        Remedy::ChooseWorkspace { problem } => folder(*problem, &give(GivenField::Workspace)),
        Remedy::OverwriteFile { run, path } => format!(
            "keep a copy of it; {} then overwrites it",
            act(Action::OverwriteFile(*run, path.clone()))
        ),
        Remedy::RestoreFile { run, path, text } => format!(
            "{} brings it back",
            act(Action::RestoreFile(*run, path.clone(), *text))
        ),
        Remedy::TakeDropped { run, path, text } => format!(
            "{} takes it all the same",
            act(Action::RestoreFile(*run, path.clone(), Some(*text)))
        ),
        Remedy::ListFiles { run } => {
            format!("{} lists what it wrote", act(Action::ListFiles(*run)))
        }
        Remedy::HaveRepository => repository(&give(GivenField::PublishFiles)),
        Remedy::PublishFiles => no_branch(&give(GivenField::PublishFiles)),
        Remedy::KeepElsewhere { step } => {
            format!("mend what it says, or name another file in `keep` of step `{step}`")
        }
        Remedy::ClearBranch {
            branch,
            left_at,
            is_gone,
            then,
        } => {
            let run = match then {
                GoOn::Run(run) => Some(*run),
                GoOn::Comparison(_) | GoOn::Improvement(_) => None,
            };
            let make_again = act(Action::RemakeBranch(run));
            branch_cleared(
                branch,
                left_at.is_some(),
                *is_gone,
                &make_again,
                &go_on(then),
            )
        }
        Remedy::DeleteBranch { branch } => branch_deleted(branch),
        Remedy::DeclineWhatIsOpen => "only questions that are open can be declined".to_owned(),
        Remedy::Wait => "wait until it ends".to_owned(),
        Remedy::WaitOrStop => "wait until it ends, or stop it first".to_owned(),
        Remedy::RerunOrCorrect => format!(
            "{} runs one of its steps again, {} corrects a document",
            act(Action::RerunStep(None)),
            act(Action::PutDocument)
        ),
        Remedy::CancelRun { run } => {
            format!("{} ends it for good", act(Action::CancelRun(*run)))
        }
        Remedy::LeaveRun => "it stays as long as that is there".to_owned(),
        Remedy::GoOnFirst { run } => format!(
            "{} carries that out first",
            act(Action::ResumeRun(Some(*run)))
        ),
        Remedy::NothingLeft => "there is nothing left to cancel".to_owned(),
        Remedy::LookAtDifference {
            name,
            based_on,
            latest,
        } => format!(
            "look at it with {}, then save again",
            act(Action::DiffPrompt(name.clone(), *based_on, *latest))
        ),
        Remedy::WriteSomething => "write what the model is to do".to_owned(),
        Remedy::ListPlugins => format!(
            "{} shows the built-in steps; a file is named by its path, such as `plugins/mine.wasm`",
            act(Action::ListPlugins)
        ),
        Remedy::BuildStep { command } => format!(
            "run `{command}` in a checkout of Stepwell: it builds the step and puts it there"
        ),
        Remedy::NamePlugin { name } => format!(
            "say where the plugin `{name}` is: {}; or write its path, such as `plugins/{name}.wasm`",
            act(Action::NamePlugin(name.clone()))
        ),
        Remedy::NameBuiltin { name } => format!("the built-in step is named `builtin:{name}`"),
        Remedy::StartAtDefinition => {
            "a path in `uses` starts at the folder of the definition".to_owned()
        }
        Remedy::NameReadableFile { most } => format!(
            "name a regular file that this user may read, of at most {}",
            amounts::size(*most)
        ),
        Remedy::NamePath => {
            "name another path: one without a loop of links and without overlong names".to_owned()
        }
        Remedy::ListDefinitions => format!(
            "name one of those that {} lists",
            act(Action::ListDefinitions)
        ),
        Remedy::ListModels => format!("{} shows the models and their keys", act(Action::Diagnose)),
        Remedy::ListDocuments => format!("{} shows the documents", act(Action::ListDocuments)),
        Remedy::NameForm { place } => format!("name one of them with its items, such as `{place}`"),
        Remedy::NameItem { example } => format!(
            "name one of them, such as `{example}`; {} shows all",
            act(Action::ListDocuments)
        ),
        Remedy::NameRevision { last } => format!("it has the revisions 1 to {last}"),
        Remedy::ListPrompts => format!(
            "{} shows the prompts; one appears when a run, or somebody who adds a version, first uses it",
            act(Action::ListPrompts)
        ),
        Remedy::ListVersions { name } => {
            format!(
                "{} shows its versions",
                act(Action::ListVersions(name.clone()))
            )
        }
        Remedy::RemoveComparison { comparison } => format!(
            "{} removes the comparison with its cells",
            act(Action::RemoveComparison(*comparison))
        ),
        Remedy::LeaveVersion { name, number } => format!(
            "{} shows which versions can be read: make one of them current ({}) or save the text again ({}); {} removes this one",
            act(Action::ListVersions(name.clone())),
            act(Action::UsePrompt(name.to_string())),
            act(Action::EditPrompt(Some(name.to_string()))),
            act(Action::RemoveVersion(name.clone(), *number))
        ),
        Remedy::UseAnotherVersion { name } => format!(
            "make another version current first: {}",
            act(Action::UsePrompt(name.to_string()))
        ),

        // What only the operator of the store can mend.
        Remedy::WaitForHolder => {
            "wait until it ends, or stop it; one process at a time has the store open".to_owned()
        }
        Remedy::Patience => "ask again in a moment: it passes by itself".to_owned(),
        Remedy::FreeSpace => {
            "free some space and give the same command again: nothing that was stored is lost"
                .to_owned()
        }
        Remedy::FreeSpaceAndGoOn => format!(
            "free some space or mend what it says, then {} goes on; nothing that was stored is lost",
            act(Action::ResumeRun(None))
        ),
        Remedy::AllowFolder => format!(
            "name something below the project, give the command on the server's machine itself, or allow the folder with {}",
            give(GivenField::Allow)
        ),
        Remedy::ChooseStore => format!(
            "check that you may write there, or name another folder with {}",
            give(GivenField::Store)
        ),
        Remedy::RestoreBackup => format!(
            "{} writes a new store of what can be read; or put a backup in its place, or name another folder with {}; the damaged \
             file is left as it is",
            act(Action::SalvageStore),
            give(GivenField::Store)
        ),
        Remedy::RemoveStray { path } => format!(
            "look where it comes from, such as a repository that was cloned; then remove {path} itself (what a link leads to \
             stays), or name another store with {}",
            give(GivenField::Store)
        ),
        Remedy::NameEmptyFolder => "name a folder that is empty, or isn't there yet".into(),
        Remedy::NameFolderOutside => "name a folder outside of the store's".into(),
        Remedy::ListUnreadable => {
            format!(
                "{} lists every record that can't be read",
                act(Action::Diagnose)
            )
        }
        Remedy::ReportBug => format!(
            "please report it; nothing that was stored is lost, and {} goes on",
            act(Action::ResumeRun(None))
        ),
        Remedy::WaitOrServe => format!(
            "wait until it ends; {} holds the store for any number of runs",
            act(Action::Serve)
        ),
        Remedy::NameServer => format!(
            "use its address, or let it go by that name with {}",
            give(GivenField::ServerName)
        ),
        Remedy::ShowToken => "send `Authorization: Bearer TOKEN`: the token is that of STEPWELL_TOKEN, or it stands in the file \
             that the server names when it starts"
            .to_owned(),
        Remedy::GiveAgain => "give the command again: what was stored is there".to_owned(),
        Remedy::OwnStore => format!(
            "give the command as that user, or choose a store of your own with {}",
            give(GivenField::Store)
        ),
        Remedy::UseOneBuild => "the process that holds the store may be another version of Stepwell: end it, and start it with \
             this one"
            .to_owned(),

        // Why a plugin can't be used.
        Remedy::BuildComponent {
            is_unknown: true, ..
        } => "check that the file is complete, and that it is the component that its build makes"
            .to_owned(),
        Remedy::BuildComponent {
            is_unknown: false,
            language,
        } => made_a_component(language.as_ref()).to_owned(),
        Remedy::BuildForContract => format!(
            "build it against the `stepwell:plugin` package of this host: {} shows what it needs",
            act(Action::InspectPlugin)
        ),
        Remedy::BuildSynchronous { language } => built_synchronously(language.as_ref()),
        Remedy::MendDescription {
            is_missing: true,
            language,
            mend,
        } => describe_mended(language.as_ref(), *mend),
        Remedy::MendDescription {
            is_missing: false, ..
        } => format!(
            "the plugin's author has to mend its `describe`; {} tells everything that is wrong with it",
            act(Action::CheckPlugin)
        ),
        Remedy::AgreeToPlugins { named } => format!(
            "if that is what you want, agree to it: {} ({} where nobody can be asked); else put back what was agreed to",
            act(Action::LockPlugins(named.clone())),
            give(GivenField::Agreement)
        ),
        Remedy::NameSource => {
            "name it as `oci://HOST/NAME:TAG` or `https://HOST/PATH#sha256:…`".to_owned()
        }
        Remedy::FetchPlugin { source } => format!(
            "{} tells more, and fetches it by itself once that is mended",
            act(Action::FetchPlugin(source.clone()))
        ),
        Remedy::AgreeForRun { run } => format!(
            "if it may use them all the same, {} lets this run use them, and nothing else; {} takes the plugin of now; one that was taken out by mistake can be put back",
            act(Action::AgreeForRun(*run)),
            act(Action::RerunStep(None))
        ),
        Remedy::AgreeForComparison { comparison } => format!(
            "if it may use them all the same, {} lets this comparison use them, and nothing else; a new one takes the plugins of now",
            act(Action::AgreeForComparison(*comparison))
        ),
        Remedy::KeepPasswordOut => {
            "take it out of the address, and log in to its registry instead".to_owned()
        }
        Remedy::PullIntoFile => format!(
            "name it without that, or fetch it into a file by {}, and name the file",
            act(Action::FetchPlugin("URL -o FILE".to_owned()))
        ),
        Remedy::HaveSigned { plugin, source } => format!(
            "have it signed by whoever holds such a key, or take the version that they signed; {} looks who did. Whose signature is demanded stands in `[sources.{source}]` of `stepwell.toml`",
            act(Action::VerifyPlugin(plugin.clone()))
        ),
        Remedy::NameKey { source } => format!(
            "name the file of a public key in `[sources.{source}]` of `stepwell.toml`: a path that begins at that file's folder"
        ),
        Remedy::BeginLock { named } => format!(
            "{} shows the plugins of a definition, and writes it with a yes ({} where nobody can be asked)",
            act(Action::LockPlugins(named.clone())),
            give(GivenField::Agreement)
        ),
        Remedy::RestoreLock => format!(
            "take it from version control, or remove it and agree anew: {}",
            act(Action::LockPlugins(None))
        ),
        Remedy::MakeWritable => "check the disk, and who may write to its folder".to_owned(),
        Remedy::BuildSmaller => {
            "the plugin's author has to build it with fewer and smaller memories, tables and functions".to_owned()
        }
        Remedy::AllowCostlyPlugin { setting } => format!(
            "raise `{setting}` in `stepwell.toml` if you trust the plugin; a plugin that is built with optimisations compiles faster"
        ),

        // Models, and recorded answers.
        Remedy::ListOffered { provider, then } => format!(
            "mend what it says, then {}; {} says which models there are",
            go_on(then),
            act(Action::ListOffered(provider.clone()))
        ),
        Remedy::RecordCassette => format!("record one with {}", give(GivenField::Record)),
        Remedy::RecordElsewhere { goes_on: true } => format!(
            "record to another file, or remove this one; a run that was recorded into it goes on there with {}",
            act(Action::ResumeRecorded)
        ),
        Remedy::RecordElsewhere { goes_on: false } => {
            "record to another file, or remove this one".to_owned()
        }
        Remedy::KeepMatching { matching } => format!(
            "leave {} out, since the file says `match = \"{matching}\"`; or record to another file",
            give(GivenField::RecordMatch)
        ),

        // What a definition can't say so.
        Remedy::GiveAsInput => format!(
            "put what is large into a file, and give it as an input: {}",
            give(GivenField::InputFile)
        ),
        Remedy::NameWorkspaceBelow => format!(
            "it counts from the project's directory, such as `\"src\"`; for another directory use {}",
            give(GivenField::Workspace)
        ),

        Remedy::Said { text } => text.clone(),
        Remedy::Other(_) => String::new(),
    }
}

fn in_file(file: &Option<String>) -> &str {
    file.as_deref().unwrap_or("the definition")
}

const OF_IDS: &str =
    " lists them; the last characters of an id are enough, and `last` is the newest";
