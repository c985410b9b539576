//! Arguments of the commands that read what runs left: documents, files, calls.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use stepwell_contract::{Name, StepPath};
use stepwell_engine::DocumentPlace;

/// What of what runs left.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// The run: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) run: String,
    /// Only those of this step
    #[arg(long)]
    pub(crate) step: Option<StepPath>,
    /// Only those of this round of a repeated step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) round: Option<u32>,
    /// Of all runs
    #[arg(long, conflicts_with = "run")]
    pub(crate) all_runs: bool,
}

/// `stepwell docs …`
#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// List documents, of one run or of all
    List {
        #[command(flatten)]
        selection: SelectionArguments,
        /// Print their texts, too
        #[arg(long)]
        text: bool,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a document
    #[command(
        after_help = "Examples:\n  stepwell docs get last requirement requirement\n  \
        stepwell docs get last implementation/code[2] summary\n  \
        stepwell docs get last build~1/testing report   # of the first round\n  \
        stepwell docs get last architecture_design design --revision 1"
    )]
    Get {
        /// The run: `last`, its id, or the last characters of it
        run: String,
        /// The step, with its item where it has several: `implementation/code[2]`, and a round: `build~1/testing`
        step: DocumentPlace,
        /// The document
        name: Name,
        /// An earlier text: 1 is the first
        #[arg(long, value_name = "N")]
        revision: Option<u32>,
        /// Print as JSON, with everything that is known of the document
        #[arg(long)]
        json: bool,
    },
    /// Correct a document; what depends on it is run again by `stepwell resume`
    #[command(
        after_help = "Example:\n  stepwell docs get last requirement requirement > mine.md   # edit it, then\n  \
        stepwell docs put last requirement requirement mine.md"
    )]
    Put {
        /// The run: `last`, its id, or the last characters of it
        run: String,
        /// The step, with its item where it has several: `implementation/code[2]`
        step: DocumentPlace,
        /// The document
        name: Name,
        /// The file with the new text; `-` is standard input
        file: PathBuf,
    },
    /// Delete a document; its texts stay readable by their revisions
    Rm {
        /// The run: `last`, its id, or the last characters of it
        run: String,
        /// The step, with its item where it has several: `implementation/code[2]`
        step: DocumentPlace,
        /// The document
        name: Name,
    },
}

/// `stepwell files`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell files\n  stepwell files last --diff\n  stepwell files last --restore src/main.py\n  \
    stepwell files last --diff --dropped   # what a person said no to\n  stepwell files last --branch           # make the run's branch again"
)]
pub(crate) struct FilesArguments {
    /// The run: `last`, its id, or the last characters of it
    #[arg(default_value = "last")]
    pub(crate) run: String,
    /// Only those of this step
    #[arg(long, conflicts_with = "restore")]
    pub(crate) step: Option<StepPath>,
    /// Only those of this round of a repeated step
    #[arg(long, value_name = "N", conflicts_with = "restore", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) round: Option<u32>,
    /// Show what the run changed, in all files or in one
    #[arg(long, value_name = "PATH", num_args = 0..=1, conflicts_with_all = ["restore", "json"])]
    pub(crate) diff: Option<Option<String>>,
    /// Of what a person said no to, instead of the rest
    #[arg(long, requires = "diff")]
    pub(crate) dropped: bool,
    /// How many lines to show around a change, instead of three
    #[arg(long, value_name = "LINES", requires = "diff")]
    pub(crate) context: Option<u32>,
    /// Put back what was there before the run wrote a file
    #[arg(long, value_name = "PATH", conflicts_with = "json")]
    pub(crate) restore: Option<String>,
    /// Make the run's branch again where somebody deleted it, with its commits, from what is kept of the run
    #[arg(long, conflicts_with_all = ["step", "round", "diff", "restore", "json"])]
    pub(crate) branch: bool,
    /// Which of the texts that are kept of it, by the digest that the list shows, or its beginning
    #[arg(long, value_name = "DIGEST", requires = "restore")]
    pub(crate) text: Option<String>,
    /// Overwrite what somebody changed in the file since the run wrote it
    #[arg(long, requires = "restore")]
    pub(crate) force: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell calls`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Examples:\n  stepwell calls\n  stepwell calls last --step requirement --json\n  \
    stepwell calls show 5c01d2e4 --prompt\n  \
    stepwell calls write-off 5c01d2e4"
)]
pub(crate) struct CallsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<CallsCommand>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell calls …`
#[derive(Debug, Subcommand)]
pub(crate) enum CallsCommand {
    /// Show one call: the prompt that was sent, and the answer as it came
    Show {
        /// The call's id, or the last characters of it
        id: String,
        /// Print the prompt alone
        #[arg(long, group = "part")]
        prompt: bool,
        /// Print the text of the answer alone
        #[arg(long, group = "part")]
        answer: bool,
        /// Print the bytes of the answer as they came, of every attempt
        #[arg(long, group = "part")]
        raw: bool,
        /// Print everything as JSON
        #[arg(long, group = "part")]
        json: bool,
    },
    /// Say that a call whose answer was lost was not paid: nothing is held for it any more
    WriteOff {
        /// The call's id, or the last characters of it
        id: String,
        /// Print the call as JSON
        #[arg(long)]
        json: bool,
    },
}
