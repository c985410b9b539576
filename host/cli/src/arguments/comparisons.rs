//! Arguments of the commands that put prompt versions side by side.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use stepwell_contract::Money;

use super::values::{money, version};
use super::{
    AgreementArguments, AnswerValue, ModelArguments, NamedText, RemoveComparisonArguments,
    SettingValue, VersionChoice, WorkspaceAccess,
};

/// `stepwell compare`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell compare requirement/refine --versions 1,3\n  \
    stepwell compare implementation/code --run last --versions 2,3 --models writer,thinker\n  \
    stepwell compare builtin:refine --cases refine-cases.toml --repeat 3 --promote\n  \
    stepwell compare requirement --definition flow.toml --input feature=@request.md --json\n  \
    stepwell compare requirement/refine --cases refine-cases.toml --batch\n\n\
    STEP is a step of a run (the last one if none is named): its cells begin with the inputs, documents and files that the\n\
    step had there, and each item of a `for_each` step is a case. With --definition it is a step of that definition, and a\n\
    plugin (`builtin:NAME`, or a file) stands alone: then cases give the inputs. Nothing is published into the workspace.")]
pub(crate) struct CompareArguments {
    /// A step's path, or a plugin: `builtin:NAME`, or a file
    #[arg(value_name = "STEP|PLUGIN")]
    pub(crate) step: String,
    /// The run that the step belongs to: `last`, its id, or the last characters of it
    #[arg(long, value_name = "RUN", conflicts_with = "definition")]
    pub(crate) run: Option<String>,
    /// The definition that the step belongs to
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// The prompt whose versions differ; needed where the step uses several
    #[arg(long, value_name = "NAME")]
    pub(crate) prompt: Option<String>,
    /// The versions, such as `1,3,4` [default: all that are kept]
    #[arg(long, value_delimiter = ',', value_parser = version, value_name = "N,N…")]
    pub(crate) versions: Vec<u32>,
    /// The models, by short name [default: the step's own]
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME…")]
    pub(crate) models: Vec<String>,
    /// The cases: a TOML file with inputs, answers, files and checks
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    /// Give an input of every case: its text, or `@` and a file that holds it
    #[arg(short, long = "input", value_name = "NAME=TEXT|NAME=@FILE")]
    pub(crate) inputs: Vec<NamedText>,
    /// Answer a question in every case
    #[arg(short, long = "answer", value_name = "KEY=TEXT|KEY=@FILE")]
    pub(crate) answers: Vec<AnswerValue>,
    /// Run each case so many times with each version
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
    pub(crate) repeat: u32,
    /// The version that the others are held against [default: the first]
    #[arg(long, value_parser = version, value_name = "N")]
    pub(crate) baseline: Option<u32>,
    #[command(flatten)]
    pub(crate) judge: JudgeArguments,
    #[command(flatten)]
    pub(crate) caps: CapArguments,
    /// Send the calls in batches of their providers: for about half the price, and answered within a day
    #[arg(long)]
    pub(crate) batch: bool,
    /// Make the version current that is better than the baseline beyond chance, if there is one
    #[arg(long)]
    pub(crate) promote: bool,
    /// Give the plugin a setting: JSON, or a text
    #[arg(long = "setting", value_name = "KEY=VALUE", conflicts_with_all = ["run", "definition"])]
    pub(crate) settings: Vec<SettingValue>,
    /// Let the plugin read, or also write, the files of its workspace
    #[arg(long, value_enum, value_name = "ACCESS", conflicts_with_all = ["run", "definition"])]
    pub(crate) grant_workspace: Option<WorkspaceAccess>,
    /// Answer from this cassette: recorded answers, no model is asked
    #[arg(long, value_name = "CASSETTE")]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Start it also where it will probably take more than `confirm_above` of stepwell.toml
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Who judges every outcome.
#[derive(Debug, Clone, Args)]
pub(crate) struct JudgeArguments {
    /// Let this plugin judge every outcome
    #[arg(long, value_name = "PLUGIN")]
    pub(crate) judge: Option<String>,
    /// What the judge is to look for
    #[arg(long, default_value = "", requires = "judge", value_name = "TEXT")]
    pub(crate) criteria: String,
    /// The model that the judge asks, by short name [default: that of `[defaults]` in stepwell.toml]
    #[arg(long, requires = "judge", value_name = "NAME")]
    pub(crate) judge_model: Option<String>,
}

/// What a comparison may cost, and how fast it goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CapArguments {
    /// Stop before the whole takes more tokens, input and output together
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,
    /// Stop before the whole costs more, as far as prices are known
    #[arg(long, value_name = "AMOUNT", value_parser = money)]
    pub(crate) max_money: Option<Money>,
    /// Carry out so many cells at the same time [default: 8]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
    pub(crate) concurrency: Option<u32>,
}

/// How a comparison is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArguments {
    /// How it is shown
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Write it into this file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines and columns, for a terminal
    Table,
    /// Everything but the texts of the cells
    Json,
    /// A line for each cell, for a spreadsheet
    Csv,
    /// A page of its own with all texts, for a browser: it needs no server, and loads nothing
    Html,
}

/// `stepwell comparison …`
#[derive(Debug, Subcommand)]
pub(crate) enum ComparisonCommand {
    /// Show a comparison, or one case of it with all its texts
    Show(ShowComparisonArguments),
    /// Carry a comparison on that was interrupted, that a cap stopped, or whose calls failed
    Resume(ResumeComparisonArguments),
    /// Stop a comparison that a server carries on, and have providers give up the batches of one that isn't under way
    #[command(
        after_help = "One that a command carries on is stopped by Ctrl-C there, which leaves its batches at their providers: `stepwell comparison resume` goes on with\n\
        them. After `stop`, what was answered by then is fetched when it is resumed, and what wasn't is sent again."
    )]
    Stop {
        /// The comparison: `last`, its id, or the last characters of it
        #[arg(default_value = "last")]
        comparison: String,
    },
    /// Say what you think of an outcome; where no judge speaks, that is its score
    Rate(RateArguments),
    /// Remove comparisons for good, with the cells that they made; what they cost stays in the totals
    Rm(RemoveComparisonArguments),
    /// Make a compared version current, with the comparison as the reason
    Promote {
        /// The comparison: `last`, its id, or the last characters of it
        comparison: String,
        /// The version's number, or `latest`
        #[arg(value_name = "N|latest")]
        number: VersionChoice,
    },
}

/// `stepwell comparison show`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell comparison show\n  \
    stepwell comparison show last --case date-range\n  \
    stepwell comparison show last --answers\n  \
    stepwell comparison show 3f2a91bc --json")]
pub(crate) struct ShowComparisonArguments {
    /// The comparison: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) comparison: String,
    /// Show this case: the prompts as they were sent, the raw answers, the documents, and what differs from the baseline
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
    /// Show what each case was answered with each version, by the beginning of its text
    #[arg(long, conflicts_with = "case")]
    pub(crate) answers: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// `stepwell comparison resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeComparisonArguments {
    /// The comparison: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) comparison: String,
    #[command(flatten)]
    pub(crate) caps: CapArguments,
    /// Make the version current that is better than the baseline beyond chance, if there is one; what was begun with
    /// `--promote` does so anyway
    #[arg(long)]
    pub(crate) promote: bool,
    /// Answer from this cassette: recorded answers, no model is asked
    #[arg(long, value_name = "CASSETTE")]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// `stepwell comparison rate`
#[derive(Debug, Args)]
pub(crate) struct RateArguments {
    /// The comparison: `last`, its id, or the last characters of it
    pub(crate) comparison: String,
    /// The case
    pub(crate) case: String,
    /// The version, or version and model as the table shows them, such as `v3`, `v3 · writer` or `latest`
    pub(crate) variant: String,
    /// From 1 (bad) to 5 (good); 0 takes the rating back
    #[arg(value_parser = clap::value_parser!(u8).range(0..=5))]
    pub(crate) score: u8,
    /// Why
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) comment: String,
    /// Which of the repeats
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) repeat: u32,
}

/// The same for arguments that only replay.
pub(crate) fn replaying(replay: Option<PathBuf>) -> ModelArguments {
    ModelArguments {
        replay,
        ..ModelArguments::default()
    }
}
