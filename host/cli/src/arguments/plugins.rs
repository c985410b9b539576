//! The arguments of `stepwell plugin`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use stepwell_scaffold::{Language, PluginName};
use strum::VariantArray as _;

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
    /// Write a project of a new plugin, which builds with its language's own tools
    New(NewArguments),
    /// Write the contract between host and step, as WIT
    Wit(WitArguments),
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

/// `stepwell plugin new`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin new release_notes --lang rust\n  \
    stepwell plugin new release_notes --lang python --into plugins/release_notes\n  \
    stepwell plugin new release_notes --lang javascript --sdk ~/stepwell/sdk/javascript\n\n\
    It has a step with its tests, the contract, and a workflow that runs it by recorded answers. The SDK comes out of this \
    program, into its folder `vendor`; for C, which has none, the contract's bindings do.\n\n\
    Of Go there is no project yet: what makes a component of it is in no index of packages. The contract, which \
    `stepwell plugin wit` writes, is all that it wants.")]
pub(crate) struct NewArguments {
    /// What the plugin is called: a small letter, then small letters, digits and `_`
    pub(crate) name: PluginName,
    /// The language
    #[arg(long, value_name = "LANGUAGE", value_parser = language())]
    pub(crate) lang: Language,
    /// Where: a new or empty folder; one of the plugin's name if left out
    #[arg(long, value_name = "FOLDER")]
    pub(crate) into: Option<PathBuf>,
    /// Use the SDK in this folder, such as that of a clone, instead of a copy of its own
    #[arg(long, value_name = "FOLDER")]
    pub(crate) sdk: Option<PathBuf>,
    /// Use the SDK from the language's index of packages, instead of a copy of its own
    #[arg(long, conflicts_with = "sdk")]
    pub(crate) published: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin wit`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin wit\n  \
    stepwell plugin wit contract --json")]
pub(crate) struct WitArguments {
    /// Where: a new or empty folder
    #[arg(value_name = "FOLDER", default_value = "wit")]
    pub(crate) folder: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A language by its name.
fn language() -> impl TypedValueParser<Value = Language> {
    let words = Language::VARIANTS.iter().map(<&str>::from);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Language>())
}
