//! The arguments of `stepwell plugin`.

use clap::{Args, Subcommand};

use super::values::NamedText;

/// `stepwell plugin …`
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List the built-in steps
    List {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin says of itself: inputs, documents, prompts, settings, grants
    Inspect(InspectArguments),
    /// Say whether a plugin can be used, what it can reach, and everything that is wrong with it
    Check(CheckArguments),
}

/// `stepwell plugin inspect`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell plugin inspect builtin:requirement\n  stepwell plugin inspect plugins/mine.wasm --json"
)]
pub(crate) struct InspectArguments {
    /// `builtin:NAME`, or a file
    pub(crate) plugin: String,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin check`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin check plugins/mine.wasm\n  \
    stepwell plugin check plugins/mine.wasm --strict --json\n  \
    stepwell plugin check plugins/mine.wasm --input changes=@changes.txt\n  \
    stepwell plugin check builtin:requirement\n\n\
    It ends with 0 where the plugin can be used, and with 4 where it can't; what it warns of counts with --strict alone.\n\
    No model is asked, and nothing is kept.")]
pub(crate) struct CheckArguments {
    /// `builtin:NAME`, or a file
    pub(crate) plugin: String,
    /// Give an input with which its `construct-prompt` is tried: its text, or `@` and a file that holds it (`@-` is standard
    /// input); of the others examples are made from their schemas
    #[arg(short, long = "input", value_name = "NAME=TEXT|NAME=@FILE")]
    pub(crate) inputs: Vec<NamedText>,
    /// Let warnings count as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
