//! Arguments of `stepwell prompt`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use stepwell_contract::Name;

use super::ImproveArguments;
use super::values::{PromptText, prompt_text, version};

/// `stepwell prompt …`
#[derive(Debug, Subcommand)]
pub(crate) enum PromptCommand {
    /// List the prompts, or the versions of one
    List {
        /// The prompt
        name: Option<Name>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a version: the current one if no other is named
    Show(PromptShowArguments),
    /// Add a version and make it current; at most four are kept, the fifth pushes out the oldest
    Add(PromptAddArguments),
    /// Edit a prompt in $VISUAL or $EDITOR, and add the text as a version
    Edit {
        /// The prompt
        name: Name,
        /// Start from this version, instead of the current one
        #[arg(long, value_parser = version, value_name = "N")]
        from: Option<u32>,
        /// Why it is made
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Let a model propose versions from what failed, and make one current that is better beyond chance
    Improve(Box<ImproveArguments>),
    /// Make a kept version current
    Use {
        /// The prompt
        name: Name,
        /// The version's number
        #[arg(value_parser = version_to_use, value_name = "N")]
        number: u32,
        /// Why, for the log
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Show who made which version current, when and why
    Log {
        /// The prompt
        name: Name,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show how its versions have done so far: cases passed, scores, tokens, money and time, from the newest comparisons that
    /// are kept and from all calls
    History {
        /// The prompt
        name: Name,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a kept version that isn't current; its number is not used again
    Rm {
        /// The prompt
        name: Name,
        /// The version's number
        #[arg(value_parser = version, value_name = "N")]
        number: u32,
    },
    /// Show what differs between two versions
    #[command(
        after_help = "Without B, A is compared with the current version; without A and B, the one before the current\n\
        version is compared with it. `intrinsic` is what the plugin brings along: alone, the current version is compared\n\
        with it.\n\n\
        Examples:\n  stepwell prompt diff refine 2 3\n  stepwell prompt diff refine intrinsic"
    )]
    Diff {
        /// The prompt
        name: Name,
        /// The older version, or `intrinsic`
        #[arg(value_parser = prompt_text, value_name = "A")]
        from: Option<PromptText>,
        /// The newer version, or `intrinsic`
        #[arg(value_parser = prompt_text, value_name = "B")]
        to: Option<PromptText>,
    },
}

/// `stepwell prompt show`
#[derive(Debug, Args)]
pub(crate) struct PromptShowArguments {
    /// The prompt
    pub(crate) name: Name,
    /// The version's number, or `intrinsic`: what the plugin brings along, whether or not a version has that text
    #[arg(value_parser = prompt_text, value_name = "N")]
    pub(crate) number: Option<PromptText>,
    /// The latest version created, which need not be the current one
    #[arg(long, conflicts_with = "number")]
    pub(crate) latest: bool,
    /// The text as this run uses it, also where the version isn't kept any more: `last`, its id, or the last characters of it
    #[arg(long, value_name = "RUN", requires = "number", conflicts_with = "json")]
    pub(crate) run: Option<String>,
    /// Print as JSON, with everything that is known of the version
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell prompt add`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("content").required(true))]
#[command(
    after_help = "Examples:\n  stepwell prompt add refine better.md --note \"asks for numbers\"\n  \
    stepwell prompt show refine | sed s/short/terse/ | stepwell prompt add refine -\n  \
    stepwell prompt add refine --intrinsic\n  \
    stepwell prompt add greeting hello.md --plugin plugins/greeter.wasm\n\n\
    A plugin's own text is v1 of its prompt, so that you can go back to it, where a built-in step, a definition of the project\n\
    or --plugin says which plugin that is. Otherwise it is kept beside your versions when the plugin is first used:\n\
    `stepwell prompt show NAME intrinsic`."
)]
pub(crate) struct PromptAddArguments {
    /// The prompt
    pub(crate) name: Name,
    /// The template's file; `-` is standard input
    #[arg(group = "content")]
    pub(crate) file: Option<PathBuf>,
    /// The template itself
    #[arg(long, group = "content", value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Take what the plugin brings along; where a kept version has that text, that one becomes current
    #[arg(long, group = "content")]
    pub(crate) intrinsic: bool,
    /// The plugin that uses the prompt: `builtin:NAME`, or a file
    #[arg(long, value_name = "PLUGIN", conflicts_with = "intrinsic")]
    pub(crate) plugin: Option<String>,
    /// Why it is made
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    /// Print what was done as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the version that is to become current.
fn version_to_use(given: &str) -> Result<u32, String> {
    match given {
        "intrinsic" => Err(
            "what the plugin brings along is no version yet: `stepwell prompt add NAME --intrinsic` makes it one, which is current"
                .to_owned(),
        ),
        given => version(given),
    }
}
