//! Arguments of the commands that look at models and their providers.

use clap::{Args, Subcommand};

/// `stepwell models`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  stepwell models\n  stepwell models providers\n  stepwell models list anthropic\n  stepwell doctor --ask"
)]
pub(crate) struct ModelsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ModelsCommand>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell models …`
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the providers that are known by name, and those of stepwell.toml
    Providers {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask a provider which models it has; it costs nothing
    #[command(
        after_help = "Examples:\n  stepwell models list anthropic\n  stepwell models list ollama --json"
    )]
    List {
        /// The provider, as `stepwell models providers` names it
        provider: String,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

/// `stepwell doctor`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell doctor\n  stepwell doctor --ask\n  stepwell doctor --ask --yes --json"
)]
pub(crate) struct DoctorArguments {
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Send one tiny request to each model, after a yes, and say what came of it
    #[arg(long)]
    pub(crate) ask: bool,
    /// Say yes to that beforehand
    #[arg(long, requires = "ask")]
    pub(crate) yes: bool,
}
