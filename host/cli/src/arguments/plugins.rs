//! The arguments of `stepwell plugin`.

use clap::{Args, Subcommand};

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
