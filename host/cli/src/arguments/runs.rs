//! Arguments of the commands that start runs, take them further and look at them.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use stepwell_contract::{Publish, StepPath};

use super::values::publish;
use super::{
    AgreementArguments, AnswerValue, DocumentValue, ModelArguments, NamedText, PromptChoice,
    SettingValue,
};

/// `stepwell run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell run flow.toml --input feature=@request.md\n  \
    stepwell run flow.toml --input feature=\"dark mode\" --answer requirement/audience=everybody\n  \
    stepwell run flow.toml --document requirement/requirement=ready.md --until architecture_design\n  \
    stepwell run flow.toml --check\n  \
    stepwell run flow.toml --input feature=@request.md --estimate\n  \
    stepwell run --from run.json --input feature=\"another one\"\n\n\
    Without a terminal, or with Ctrl-D at a question, the run goes to sleep and the command ends with exit code 3;\n\
    `stepwell resume --answer …` goes on, any day.")]
pub(crate) struct RunArguments {
    /// The workflow's definition, a TOML file
    #[arg(required_unless_present = "from")]
    pub(crate) file: Option<PathBuf>,
    /// Run the workflow of a run again, from its JSON as `stepwell status --json` prints it: a file, or `-`; with its inputs
    #[arg(long, value_name = "RUN.json", conflicts_with = "file")]
    pub(crate) from: Option<PathBuf>,
    /// Give an input: its text, or `@` and a file that holds it (`@-` is standard input)
    #[arg(short, long = "input", value_name = "NAME=TEXT|NAME=@FILE")]
    pub(crate) inputs: Vec<NamedText>,
    /// Work on this directory, instead of the definition's or the project's
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// Put what the steps write into the workspace, or onto a branch of its git repository, instead of where the definition says
    #[arg(long, value_name = "WHERE", value_parser = publish())]
    pub(crate) publish: Option<Publish>,
    #[command(flatten)]
    pub(crate) person: PersonArguments,
    /// Give a document instead of having its step make it
    #[arg(long = "document", value_name = "STEP/NAME=FILE")]
    pub(crate) documents: Vec<DocumentValue>,
    /// Stop after this step and what it needs
    #[arg(long, value_name = "STEP")]
    pub(crate) until: Option<StepPath>,
    /// Use this model in every step that asks one: a short name of stepwell.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) models: ModelArguments,
    /// Call the run so, to find it again among others
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Check the definition, its plugins and models, and run nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Say what the run would probably take, step by step, and run nothing
    #[arg(long, conflicts_with_all = ["check", "yes"])]
    pub(crate) estimate: bool,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Start it also where it will probably take more than `confirm_above` of stepwell.toml
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print the run with its state as JSON; with --check or --estimate what that finds
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a person says beforehand.
#[derive(Debug, Default, Args)]
pub(crate) struct PersonArguments {
    /// Answer a question before it is asked
    #[arg(
        short,
        long = "answer",
        value_name = "[STEP/]KEY=TEXT|[STEP/]KEY=@FILE"
    )]
    pub(crate) answers: Vec<AnswerValue>,
    /// Nobody will answer: steps that ask go on with assumptions, and write them down
    #[arg(long)]
    pub(crate) no_questions: bool,
}

/// `stepwell resume`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell resume\n  \
    stepwell resume 3f2a91bc --answer requirement/audience=everybody\n  \
    stepwell resume last --document architecture_design/design=ready.md\n  \
    stepwell resume last --rounds 2")]
pub(crate) struct ResumeArguments {
    /// The run: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) person: PersonArguments,
    /// Give a document instead of having its step make it
    #[arg(long = "document", value_name = "STEP/NAME=FILE")]
    pub(crate) documents: Vec<DocumentValue>,
    /// Stop after this step and what it needs
    #[arg(long, value_name = "STEP")]
    pub(crate) until: Option<StepPath>,
    /// Send again the calls whose answers were lost; they may be paid twice
    #[arg(long)]
    pub(crate) resend: bool,
    /// Give so many more rounds to each step that has used up its own
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) models: ModelArguments,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Print the run with its state as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell status`
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The run: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) run: String,
    /// Print the run with its state as JSON; `stepwell schema run` describes it
    #[arg(long)]
    pub(crate) json: bool,
    /// Print only the texts that the questions it waits with are about, such as a draft
    #[arg(long, conflicts_with = "json")]
    pub(crate) about: bool,
}

/// `stepwell runs` and `stepwell comparisons`
#[derive(Debug, Args)]
pub(crate) struct ListingArguments {
    /// The most to list
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell step …`
#[derive(Debug, Subcommand)]
pub(crate) enum StepCommand {
    /// Run one step of a run again, or one plugin alone, and print its documents
    Run(Box<StepRunArguments>),
    /// Show what a step would ask a model first, without asking: nothing is paid
    Prompt(Box<StepPromptArguments>),
    /// Send a text of a prompt that isn't saved, once, on what a step of a run was given, and print what comes of it: no version
    /// is added, and the run stays as it is
    Try(StepTryArguments),
    /// Carry one step of a run out again from the answers that it got, and print its documents: nothing is paid
    Reprocess(StepReprocessArguments),
}

/// `stepwell step try`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell step try requirement/refine --text new.md\n  \
    stepwell step try requirement/refine --text new.md --look\n  \
    stepwell step try implementation/code[1] --run 3f2a91bc --text - --model thinker\n  \
    stepwell step try requirement/refine --text new.md --input requirement=@mine.md\n  \
    stepwell step try builtin:refine --text new.md --cases cases.toml --case long\n\n\
    The step is carried out once with the text in the place of a version of its prompt, with the inputs, documents and files\n\
    that it had in the run, the last one if none is named; --input and --cases give it others. A step of a definition (--in)\n\
    or a plugin (`builtin:NAME`, or a file) needs no run: it gets what you give it. It is paid and kept as a comparison of that text alone, and writes nothing into the workspace.\n\
    The same text on the same case isn't sent twice, unless another --time is named.")]
pub(crate) struct StepTryArguments {
    /// A step of the run, such as `requirement/refine`, or one item of it; or a plugin: `builtin:NAME`, or a file
    #[arg(value_name = "STEP|PLUGIN")]
    pub(crate) step: String,
    /// The text: a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) text: PathBuf,
    /// The run: `last`, its id, or the last characters of it
    #[arg(long, value_name = "RUN", conflicts_with = "within")]
    pub(crate) run: Option<String>,
    /// The definition that the step belongs to, instead of a run
    #[arg(long = "in", value_name = "DEFINITION")]
    pub(crate) within: Option<PathBuf>,
    /// Give it an input, over what it had in the run: its text, or `@` and a file that holds it
    #[arg(short, long = "input", value_name = "NAME=TEXT|NAME=@FILE")]
    pub(crate) inputs: Vec<NamedText>,
    /// Give it a case of this file, as `stepwell compare` takes it
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    /// Which case of the file; needed where it has several
    #[arg(long, value_name = "ID", requires = "cases")]
    pub(crate) case: Option<String>,
    /// The prompt that the text stands for; needed where the step uses several
    #[arg(long, value_name = "NAME")]
    pub(crate) prompt: Option<String>,
    /// Use this model: a short name of stepwell.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Which time it is sent: each is asked for, and paid, by itself
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) time: u32,
    /// Show what would be sent, and send nothing
    #[arg(long)]
    pub(crate) look: bool,
    /// Answer from this cassette: recorded answers, no model is asked
    #[arg(long, value_name = "CASSETTE")]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Print what comes of it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell step reprocess`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell step reprocess last implementation/code\n  \
    stepwell step reprocess last requirement --plugin mended.wasm\n\n\
    The step is carried out from what models and people answered to it before, such as after its plugin was mended. It\n\
    fails where it would ask something else: nothing is sent. What depends on it becomes stale until `stepwell resume`.")]
pub(crate) struct StepReprocessArguments {
    /// The run: `last`, its id, or the last characters of it
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The step's path, such as `requirement/refine`
    #[arg(value_name = "STEP")]
    pub(crate) step: StepPath,
    /// Use this plugin from now on: `builtin:NAME`, or a file; else what the step's `uses` names now
    #[arg(long, value_name = "PLUGIN")]
    pub(crate) plugin: Option<String>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Print the outcome and the documents as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell step run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell step run requirement/refine --run last\n  \
    stepwell step run implementation/code[1] --run last\n  \
    stepwell step run architecture_design --run last --prompt 3 --model thinker\n  \
    stepwell step run requirement/refine --in flow.toml --input requirement=@requirement.md\n  \
    stepwell step run builtin:refine --input requirement=@requirement.md\n  \
    stepwell step run plugins/mine.wasm --intrinsic --input topic=tea\n\n\
    With --run, STEP is a step of that run: it is run again with the prompts that are current now, and what\n\
    depends on it becomes stale until `stepwell resume`. An item is run again by itself. With --in, STEP is a step of\n\
    that definition, which is run alone with its settings, grants, limits and model. Otherwise it is a plugin.")]
pub(crate) struct StepRunArguments {
    /// A step's path, with --run or --in; with --run also one item of it; else a plugin: `builtin:NAME`, or a file
    #[arg(value_name = "STEP|PLUGIN")]
    pub(crate) step: String,
    /// Run a step of this run again: `last`, its id, or the last characters of it
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Run a step of this definition alone, with its settings and grants: what other steps would give it is given with --input
    #[arg(long = "in", value_name = "DEFINITION", conflicts_with = "run")]
    pub(crate) within: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chosen: ChosenArguments,
    #[command(flatten)]
    pub(crate) person: PersonArguments,
    #[command(flatten)]
    pub(crate) alone: AloneArguments,
    /// Call the run of a step alone so, to find it again among others
    #[arg(long, value_name = "TEXT", conflicts_with = "run")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) models: ModelArguments,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Start it also where it will probably take more than `confirm_above` of stepwell.toml
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print the outcome and the documents as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a step is carried out with, from now on where it is a step of a run.
#[derive(Debug, Args)]
pub(crate) struct ChosenArguments {
    /// Use this version of its prompt; a number is enough where it has one prompt
    #[arg(long = "prompt", alias = "prompt-version", value_name = "NAME=N|N")]
    pub(crate) prompts: Vec<PromptChoice>,
    /// Use the prompts as the plugin brings them along: no version is added, and none becomes current
    #[arg(long, conflicts_with = "prompts")]
    pub(crate) intrinsic: bool,
    /// Use this plugin: `builtin:NAME`, or a file
    #[arg(long, value_name = "PLUGIN", requires = "run")]
    pub(crate) plugin: Option<String>,
    /// Use this model: a short name of stepwell.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// What a plugin that is run alone is given.
#[derive(Debug, Default, Args)]
pub(crate) struct AloneArguments {
    /// Give the step an input: its text, or `@` and a file that holds it
    #[arg(
        short,
        long = "input",
        value_name = "NAME=TEXT|NAME=@FILE",
        conflicts_with = "run"
    )]
    pub(crate) inputs: Vec<NamedText>,
    /// Give the plugin a setting: JSON, or a text
    #[arg(long = "setting", value_name = "KEY=VALUE", conflicts_with_all = ["run", "within"])]
    pub(crate) settings: Vec<SettingValue>,
    /// Let the plugin read, or also write, the files of the workspace
    #[arg(long, value_enum, value_name = "ACCESS", conflicts_with_all = ["run", "within"])]
    pub(crate) grant_workspace: Option<WorkspaceAccess>,
    /// Let the plugin add prompt versions
    #[arg(long, conflicts_with_all = ["run", "within"])]
    pub(crate) grant_prompts: bool,
    /// Let the plugin send HTTP requests to this host: `HOST`, `*.HOST`, `http://HOST:PORT`; may be given several times
    #[arg(long, value_name = "HOST", conflicts_with_all = ["run", "within"])]
    pub(crate) grant_http: Vec<String>,
    /// Let the step work on this directory, instead of the definition's or the project's
    #[arg(long, value_name = "DIR", conflicts_with = "run")]
    pub(crate) workspace: Option<PathBuf>,
}

/// `stepwell step prompt`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell step prompt requirement/refine --run last\n  \
    stepwell step prompt implementation/code[1] --run last --prompt 3\n  \
    stepwell step prompt refine --in flow.toml --input requirement=@requirement.md\n  \
    stepwell step prompt builtin:refine --input requirement=@requirement.md --json\n\n\
    The step is carried out up to its first call, and that is shown: nothing is sent, nothing is paid, and nothing is\n\
    kept. What it asks after that follows from the answer.")]
pub(crate) struct StepPromptArguments {
    /// A step's path, with --run or --in; with --run also one item of it; else a plugin: `builtin:NAME`, or a file
    #[arg(value_name = "STEP|PLUGIN")]
    pub(crate) step: String,
    /// The step is one of this run: `last`, its id, or the last characters of it
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// The step is one of this definition, and stands alone: what other steps would give it is given with --input
    #[arg(long = "in", value_name = "DEFINITION", conflicts_with = "run")]
    pub(crate) within: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chosen: ChosenArguments,
    #[command(flatten)]
    pub(crate) person: PersonArguments,
    #[command(flatten)]
    pub(crate) alone: AloneArguments,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Print the calls as JSON, with all that would be sent
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a plugin may do with the files of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum WorkspaceAccess {
    Read,
    Write,
}

impl WorkspaceAccess {
    /// The word of `grants.workspace`.
    pub(crate) fn word(self) -> &'static str {
        self.into()
    }
}
