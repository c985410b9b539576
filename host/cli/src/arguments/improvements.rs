//! Arguments of the commands that let a model improve a prompt.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use stepwell_contract::Name;
use stepwell_engine::DEFAULT_ROUNDS;

use super::{AgreementArguments, CapArguments, JudgeArguments, SettingValue, WorkspaceAccess};

/// `stepwell prompt improve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell prompt improve refine --cases refine-cases.toml\n  \
    stepwell prompt improve refine --cases cases.toml --rounds 5 --model thinker --max-tokens 500000\n  \
    stepwell prompt improve our_refine --step requirement/refine --run last --cases cases.toml\n\n\
    The cases are parted: from what fails of the training cases a model proposes another text, which is tried on them. The best\n\
    ones are then held against the current version on the validation cases, which no model was shown, and one that is better\n\
    beyond chance is made current. Until then no version is added, and none is pushed out.")]
pub(crate) struct ImproveArguments {
    /// The prompt
    pub(crate) name: Name,
    /// The cases: a TOML file with inputs, answers, files and checks; at least 8, each with a check
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: PathBuf,
    /// The step that uses it: its path in a run or definition, or a plugin [default: the built-in step that declares the prompt]
    #[arg(long, value_name = "STEP|PLUGIN")]
    pub(crate) step: Option<String>,
    /// The run that the step belongs to: `last`, its id, or the last characters of it
    #[arg(
        long,
        value_name = "RUN",
        requires = "step",
        conflicts_with = "definition"
    )]
    pub(crate) run: Option<String>,
    /// The definition that the step belongs to
    #[arg(long, value_name = "FILE", requires = "step")]
    pub(crate) definition: Option<PathBuf>,
    /// Try so many proposals at most
    #[arg(long, default_value_t = DEFAULT_ROUNDS, value_parser = clap::value_parser!(u32).range(1..=50), value_name = "N")]
    pub(crate) rounds: u32,
    /// The model that proposes, by short name [default: that of `[defaults]` in stepwell.toml]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Run each case so many times with each text
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
    pub(crate) repeat: u32,
    /// Keep other cases back, and ask for other proposals, than with another number
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    pub(crate) seed: u32,
    #[command(flatten)]
    pub(crate) judge: JudgeArguments,
    #[command(flatten)]
    pub(crate) caps: CapArguments,
    /// Give the plugin a setting: JSON, or a text
    #[arg(long = "setting", value_name = "KEY=VALUE", conflicts_with_all = ["run", "definition"])]
    pub(crate) settings: Vec<SettingValue>,
    /// Let the plugin read, or also write, the files of its workspace
    #[arg(long, value_enum, value_name = "ACCESS", conflicts_with_all = ["run", "definition"])]
    pub(crate) grant_workspace: Option<WorkspaceAccess>,
    /// Answer from this cassette: recorded answers, no model is asked
    #[arg(long, value_name = "CASSETTE")]
    pub(crate) replay: Option<PathBuf>,
    /// Print every proposal with its reason and its numbers as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell improvement …`
#[derive(Debug, Subcommand)]
pub(crate) enum ImprovementCommand {
    /// Show an improvement: every proposal with its reason, and how it did
    Show {
        /// The improvement: `last`, its id, or the last characters of it
        #[arg(default_value = "last")]
        improvement: String,
        /// Show this proposal alone, with its text
        #[arg(long, value_name = "N")]
        proposal: Option<u32>,
        /// Print as JSON
        #[arg(long, conflicts_with = "proposal")]
        json: bool,
    },
    /// Carry an improvement on that was interrupted, that a cap stopped, or whose calls failed
    Resume {
        /// The improvement: `last`, its id, or the last characters of it
        #[arg(default_value = "last")]
        improvement: String,
        #[command(flatten)]
        caps: CapArguments,
        /// Answer from this cassette: recorded answers, no model is asked
        #[arg(long, value_name = "CASSETTE")]
        replay: Option<PathBuf>,
        /// Print every proposal with its reason and its numbers as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an improvement for good; its comparisons stay, and `stepwell comparison rm` removes them
    Rm {
        /// The improvement: `last`, its id, or the last characters of it
        improvement: String,
    },
}
