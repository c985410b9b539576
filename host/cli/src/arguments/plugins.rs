//! The arguments of `stepwell plugin`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use stepwell_contract::{Name, StepPath};
use stepwell_scaffold::{Language, PluginName};
use strum::VariantArray as _;

use super::AgreementArguments;
use super::signing::{KeyCommand, SignArguments, VerifyArguments};
use super::values::NamedText;

/// `stepwell plugin …`
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List the built-in steps, and the plugins that the project has names for or agreed to
    List {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin says of itself: inputs, documents, prompts, settings, grants
    Inspect(InspectArguments),
    /// Give a plugin a name, in stepwell.toml, that definitions and commands may say instead of where it is
    Add(AddArguments),
    /// Take a plugin's name away, and take it out of stepwell.lock
    Remove(RemovePluginArguments),
    /// Agree to the plugins that are there now, and pin them in stepwell.lock: nothing else is run in the project then
    Update(UpdateArguments),
    /// Write a project of a new plugin, which builds with its language's own tools
    New(NewArguments),
    /// Write the contract between host and step, as WIT
    Wit(WitArguments),
    /// Say whether a plugin can be used, what it can reach, and everything that is wrong with it
    Check(CheckArguments),
    /// Say what the steps of a workflow may do, where each permission comes from, and what their plugins would want beyond that
    Explain(ExplainArguments),
    /// Test a plugin by cases of a file: what it is given, what the model answers, what has to come of it
    Test(TestArguments),
    /// Fetch a plugin from a registry or a server
    Pull(PullArguments),
    /// Push a plugin to a registry
    Push(PushArguments),
    /// Sign a plugin, in a file or in a registry, as cosign does
    Sign(SignArguments),
    /// Say whether the owner of a key signed a plugin
    Verify(VerifyArguments),
    /// Make keys to sign plugins with
    #[command(subcommand)]
    Key(KeyCommand),
    /// Log in to a registry
    Login(LoginArguments),
    /// Log out of a registry
    Logout(LogoutArguments),
    /// Watch a plugin's project, build it at each change, and swap the component in, if it can be used
    Dev(Box<DevArguments>),
}

/// `stepwell plugin test`
#[derive(Debug, Args)]
#[command(
    after_help = "It asks no model, and needs no key, no network and no store. Exits with 1 where a case fails.\n\nExamples:\n  stepwell plugin test plugins/mine.wasm cases.toml\n  stepwell plugin test builtin:refine cases.toml --crash\n  stepwell plugin test plugins/mine.wasm cases.toml --case 'asks again' --bless\n\n`stepwell schema plugin-tests` prints what may stand in the file."
)]
pub(crate) struct TestArguments {
    /// The component: a file, `builtin:NAME`, a name of `[plugins]`, or where it is, such as `oci://HOST/NAME:TAG`
    pub(crate) plugin: String,
    /// The file with the cases
    pub(crate) cases: PathBuf,
    /// Only the case of this id; may be given several times
    #[arg(long = "case", value_name = "ID")]
    pub(crate) only: Vec<String>,
    /// End each case's execution after each of its commits, too, and start it again: it has to come to the same
    #[arg(long)]
    pub(crate) crash: bool,
    /// Write what came into the file, as what is expected
    #[arg(long)]
    pub(crate) bless: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin pull`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin pull oci://ghcr.io/ada/refine:1.0 -o plugins/refine.wasm\n  \
    stepwell plugin pull oci://localhost:5000/refine@sha256:… --json\n  \
    stepwell plugin pull https://example.com/refine.wasm#sha256:…\n\n\
    What comes is held against its digest, and kept for the next time, also without a network. A registry on this machine\n\
    (localhost) is asked in plain http, every other one by https.")]
pub(crate) struct PullArguments {
    /// `oci://HOST/NAME`, with `:TAG` or `@sha256:…`, or `https://HOST/FILE#sha256:…`
    pub(crate) source: String,
    /// Write the component there, too, where definitions name it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin push`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin push plugins/refine.wasm oci://ghcr.io/ada/refine:1.0\n  \
    stepwell plugin push refine.wasm oci://localhost:5000/refine:dev --json\n\n\
    What can't be used isn't pushed: `stepwell plugin check` says what is wrong with it. The same file is the same artifact\n\
    each time, by the same digest. Whatever reads WebAssembly from registries reads it, such as wkg and oras.")]
pub(crate) struct PushArguments {
    /// The component
    pub(crate) file: PathBuf,
    /// Where: `oci://HOST/NAME:TAG`
    #[arg(value_name = "REFERENCE")]
    pub(crate) to: String,
    /// Say where its source is
    #[arg(long, value_name = "URL")]
    pub(crate) source: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin login`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin login ghcr.io\n  \
    stepwell plugin login localhost:5000 --username ada --password-stdin < token\n\n\
    Name and password are tried, and kept where docker, oras and wkg keep them: in config.json in $DOCKER_CONFIG or ~/.docker, or\n\
    by the program that it names. Who is logged in by those is logged in here.")]
pub(crate) struct LoginArguments {
    /// The registry: a name or an address, perhaps with a port
    pub(crate) host: String,
    /// The name [default: it is asked for]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Read the password, or a token in its place, from standard input
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
}

/// `stepwell plugin logout`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell plugin logout ghcr.io")]
pub(crate) struct LogoutArguments {
    /// The registry
    pub(crate) host: String,
}

/// `stepwell plugin dev`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin dev\n  \
    stepwell plugin dev greeter --to plugins/greeter.wasm\n  \
    stepwell plugin dev greeter --once\n  \
    stepwell plugin dev --build \"make step.wasm\" --component step.wasm\n\n\
    How the plugin is built says `stepwell-plugin.toml` in its folder: `build`, a command, and `component`, the file that it\n\
    makes; `check`, a command that has to succeed before the component is taken, such as the tests; `watch`, a list of what\n\
    is watched instead of the whole folder. STEPWELL_COMPONENT names the component to both commands.\n\n\
    A run under way keeps the plugin that it began with. The next one uses the new component, and so does a step that is run\n\
    again (`stepwell step run STEP --run last`), in a server, too. Where a build fails, or the component can't be used, what was\n\
    there before stays.\n\n\
    Ctrl-C ends it with 0; a single build (--once) that is ended so with 130.")]
pub(crate) struct DevArguments {
    /// The plugin's folder
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) folder: PathBuf,
    /// Put the component there, where definitions name it; else it is used where it is built
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Build by this command, in the plugin's folder, instead of that of `stepwell-plugin.toml`
    #[arg(long, value_name = "COMMAND")]
    pub(crate) build: Option<String>,
    /// The component that it makes, seen from where you are, instead of that of `stepwell-plugin.toml`
    #[arg(long, value_name = "FILE")]
    pub(crate) component: Option<PathBuf>,
    /// Build once, and end as that ends
    #[arg(long)]
    pub(crate) once: bool,
    /// Print what comes of each build as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin inspect`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell plugin inspect builtin:requirement\n  stepwell plugin inspect plugins/mine.wasm --json"
)]
pub(crate) struct InspectArguments {
    /// `builtin:NAME`, a file, a name of `[plugins]`, or where it is, such as `oci://HOST/NAME:TAG`
    pub(crate) plugin: String,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin add`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin add notes oci://ghcr.io/ada/notes:1.0\n  \
    stepwell plugin add notes plugins/notes.wasm\n\n\
    `uses = \"notes\"` names it then. You are shown what it can do, and asked, as for `stepwell plugin update`: without a terminal and\n\
    without --accept, a plugin that nobody agreed to ends the command with 7, and nothing is changed.")]
pub(crate) struct AddArguments {
    /// Its name: a small letter, then small letters, digits and `_`
    pub(crate) name: Name,
    /// A file, `oci://HOST/NAME:TAG`, `https://HOST/FILE#sha256:…`, or `builtin:NAME`
    pub(crate) plugin: String,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin remove`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell plugin remove notes\n\n\
    Where the project has a stepwell.lock, the plugin goes from there, too, unless it has another name: nothing runs it any more.")]
pub(crate) struct RemovePluginArguments {
    /// Its name
    pub(crate) name: Name,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin update`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin update flow.toml\n  \
    stepwell plugin update\n  \
    stepwell plugin update plugins/mine.wasm --accept\n  \
    stepwell plugin update --locked\n\n\
    It shows what differs from stepwell.lock: another digest, what a plugin can do that it couldn't, a grant or a prompt that is new.\n\
    With a yes, or --accept, the lock has it. Without a terminal a difference ends the command with 7, and nothing is changed.")]
pub(crate) struct UpdateArguments {
    /// Definitions (*.toml), whose plugins are meant, and plugins: `builtin:NAME`, or a file; all that the lock has, where none is named
    #[arg(value_name = "DEFINITION|PLUGIN")]
    pub(crate) what: Vec<String>,
    #[command(flatten)]
    pub(crate) agreement: AgreementArguments,
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
    No model is asked, and nothing is kept. `construct-prompt` is tried by this command alone, on examples: `plugin inspect`,\n\
    `run --check` and `run` refuse what else it calls an error.")]
pub(crate) struct CheckArguments {
    /// `builtin:NAME`, a file, a name of `[plugins]`, or where it is, such as `oci://HOST/NAME:TAG`
    pub(crate) plugin: String,
    /// Give an input with which its `construct-prompt` is tried: its text, or `@` and a file that holds it (`@-` is standard
    /// input); of the others examples are made from their schemas
    #[arg(short, long = "input", value_name = "NAME=TEXT|NAME=@FILE")]
    pub(crate) inputs: Vec<NamedText>,
    /// End with 4 for warnings, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin explain`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin explain\n  \
    stepwell plugin explain --in flow.toml\n  \
    stepwell plugin explain implementation/code --in flow.toml --json\n\n\
    A definition that the operator's stepwell.toml narrows is explained, too, with what is forbidden by which source. Nothing is\n\
    fetched, no model is asked, and no key is needed. `docs/reference/permissions.md` has every permission.")]
pub(crate) struct ExplainArguments {
    /// The step, such as `implementation/code`, with all that stands below it [default: all of them]
    pub(crate) step: Option<StepPath>,
    /// The definition that it belongs to [default: the only one of the project]
    #[arg(long = "in", value_name = "DEFINITION")]
    pub(crate) within: Option<PathBuf>,
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
    program, into its folder `vendor`; for Go and C, which have none, the contract's bindings do.\n\n\
    Any other language does that makes components: the contract, which `stepwell plugin wit` writes, is all that it wants.")]
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
    /// Use the SDK from the language's index of packages, instead of a copy of its own: it has to be published there in the version of
    /// this program
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
