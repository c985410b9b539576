//! The command line, as clap reads it. Every command has its own help, with examples.

mod agreement;
mod comparisons;
mod costs;
#[cfg(test)]
mod documented;
mod improvements;
mod models;
mod plugins;
mod prompts;
mod records;
mod runs;
mod serving;
mod signing;
mod starting;
mod upkeep;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use stepwell_llm::Matching;

pub(crate) use agreement::AgreementArguments;
pub(crate) use comparisons::{
    CapArguments, CompareArguments, ComparisonCommand, Format, JudgeArguments, OutputArguments,
    RateArguments, ResumeComparisonArguments, ShowComparisonArguments, replaying,
};
pub(crate) use costs::{CostArguments, Since};
pub(crate) use improvements::{ImproveArguments, ImprovementCommand};
pub(crate) use models::{DoctorArguments, ModelsArguments, ModelsCommand};
pub(crate) use plugins::{
    AddArguments, CheckArguments, DevArguments, ExplainArguments, InspectArguments, LoginArguments,
    LogoutArguments, NewArguments, PluginCommand, PullArguments, PushArguments,
    RemovePluginArguments, TestArguments, UpdateArguments, WitArguments,
};
pub(crate) use prompts::{PromptAddArguments, PromptCommand, PromptShowArguments};
pub(crate) use records::{
    CallsArguments, CallsCommand, DocsCommand, FilesArguments, SelectionArguments,
};
pub(crate) use runs::{
    AloneArguments, ChosenArguments, ListingArguments, PersonArguments, ResumeArguments,
    RunArguments, StatusArguments, StepCommand, StepPromptArguments, StepReprocessArguments,
    StepRunArguments, StepTryArguments, WorkspaceAccess,
};
pub(crate) use serving::ServeArguments;
pub(crate) use signing::{KeyCommand, NewKeyArguments, SignArguments, VerifyArguments};
pub(crate) use starting::{DemoArguments, InitArguments};
pub(crate) use upkeep::{
    FittingArguments, RemoveArguments, RemoveComparisonArguments, RunsArguments, RunsCommand,
    StoreCommand,
};
pub(crate) use values::{
    AnswerValue, DocumentValue, LATEST, NamedText, PromptChoice, PromptText, SettingValue, Text,
    VersionChoice,
};

/// Automated coding workflows, whose steps are sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(
    name = "stepwell",
    version,
    propagate_version = true,
    after_help = crate::exit::table(),
    after_long_help = format!(
        "Examples:\n  stepwell demo\n  stepwell init\n  stepwell run automated_coding.toml --input feature=@request.md\n  stepwell status\n  \
         stepwell resume --answer requirement/audience=\"developers\"\n  stepwell prompt edit refine\n\n\
         Results go to standard output, everything else to standard error.\n\n{}",
        crate::exit::table()
    )
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// Keep everything in this folder, instead of `.stepwell` in the project
    #[arg(long, global = true, value_name = "DIR", env = "STEPWELL_STORE")]
    pub(crate) store: Option<PathBuf>,
    /// Read models, budgets and limits from this file, instead of the project's stepwell.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Work as if started in this folder
    #[arg(short = 'C', global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
    /// Say more while working; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// How what is said beside the results is written to standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", env = "STEPWELL_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
}

/// How what is said is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for a person
    Text,
    /// One JSON object for each thing that is said: timestamp, level, message, target
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// In a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// Whom to ask instead of the models, and what to record.
#[derive(Debug, Default, Args)]
pub(crate) struct ModelArguments {
    /// Answer from this cassette: recorded answers, no model is asked
    #[arg(long, value_name = "CASSETTE", conflicts_with = "record")]
    pub(crate) replay: Option<PathBuf>,
    /// Write every call and every answer of the person into this cassette: a new file, or that of the run that goes on
    #[arg(long, value_name = "CASSETTE")]
    pub(crate) record: Option<PathBuf>,
    /// How a replay of the recording finds its answers [default: request, or as the file says]
    #[arg(long, value_enum, value_name = "HOW", requires = "record")]
    pub(crate) record_match: Option<RecordMatch>,
}

/// How a cassette finds its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordMatch {
    /// By the request: an edited prompt finds nothing, and says what differs
    Request,
    /// By step and number: it survives an edited prompt
    Sequence,
}

impl From<RecordMatch> for Matching {
    fn from(how: RecordMatch) -> Self {
        match how {
            RecordMatch::Request => Self::Request,
            RecordMatch::Sequence => Self::Sequence,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a workflow
    Run(Box<RunArguments>),
    /// Take a run further: after an answer, a failure, an interruption or a correction
    Resume(Box<ResumeArguments>),
    /// End a run for good
    Cancel {
        /// The run: `last`, its id, or the last characters of it
        run: String,
    },
    /// Show where a run is, step by step, and what it waits for
    Status(StatusArguments),
    /// List the runs, newest first, and remove finished ones
    Runs(RunsArguments),
    /// Run one step, again inside a run or a plugin alone, or look at what it would ask
    #[command(subcommand)]
    Step(StepCommand),
    /// Read and change the versions of prompts
    #[command(subcommand)]
    Prompt(PromptCommand),
    /// Put versions of a prompt, and models, side by side on the same cases
    Compare(Box<CompareArguments>),
    /// List the comparisons, newest first
    Comparisons(ListingArguments),
    /// Look at a comparison, carry it on, rate its outcomes, make its winner current
    #[command(subcommand)]
    Comparison(ComparisonCommand),
    /// List the improvements of prompts, newest first
    Improvements(ListingArguments),
    /// Look at what a model proposed for a prompt and what came of it, carry it on
    #[command(subcommand)]
    Improvement(ImprovementCommand),
    /// Read and correct the documents that steps wrote
    #[command(subcommand)]
    Docs(DocsCommand),
    /// List, compare and restore the files that a run wrote
    Files(FilesArguments),
    /// Show what was sent to models, and what they answered
    Calls(CallsArguments),
    /// Show what models cost, by run, step, item, prompt, model, provider or day
    Cost(CostArguments),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Serve the page and the HTTP API, and carry runs on in the background
    Serve(ServeArguments),
    /// Check, compact and copy the store
    #[command(subcommand)]
    Store(StoreCommand),
    /// List the models that are set up, and the providers that are known
    Models(ModelsArguments),
    /// Check the store, the sandbox, the models and their keys
    Doctor(DoctorArguments),
    /// Write a workflow and a stepwell.toml to start from
    Init(InitArguments),
    /// Show the whole workflow by recorded answers, in a new folder
    Demo(DemoArguments),
    /// Print the JSON Schema of a definition, a configuration or a run
    Schema {
        /// Of what
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Print a script that completes commands in a shell
    #[command(
        after_help = "Example:\n  stepwell completions bash > ~/.local/share/bash-completion/completions/stepwell"
    )]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// What has a published schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A workflow's definition
    Definition,
    /// The operator's stepwell.toml
    Configuration,
    /// A case file of a comparison
    Cases,
    /// A file with the tests of a plugin
    PluginTests,
    /// A run with its state, as `status --json` prints it
    Run,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_a_help_text() {
        fn walk(command: &clap::Command) {
            assert!(
                command.get_about().is_some(),
                "{} has no text",
                command.get_name()
            );
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no text",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command
                .get_subcommands()
                .filter(|command| command.get_name() != "help")
                .for_each(walk);
        }
        walk(&Cli::command());
    }

    /// An argument of a command that has the id of a global one would be taken for both.
    #[test]
    fn no_argument_has_the_id_of_a_global_one() {
        fn walk(command: &clap::Command, global: &[clap::Id]) {
            for argument in command.get_arguments() {
                let id = argument.get_id();
                assert!(!global.contains(id), "{} {id}", command.get_name());
            }
            for command in command.get_subcommands() {
                walk(command, global);
            }
        }
        let cli = Cli::command();
        let arguments = cli.get_arguments();
        let global: Vec<_> = arguments.map(|it| it.get_id().clone()).collect();
        for command in cli.get_subcommands() {
            walk(command, &global);
        }
    }

    #[test]
    fn calls_lists_or_shows() {
        let parse = |words: &[&str]| Cli::try_parse_from([&["stepwell"], words].concat());
        for words in [
            &["calls"][..],
            &["calls", "last", "--json"],
            &["calls", "show", "abc", "--prompt"],
        ] {
            parse(words).unwrap();
        }
        assert!(parse(&["run", "f.toml", "--replay", "a", "--record", "b"]).is_err());
        assert!(parse(&["run", "f.toml", "--record-match", "sequence"]).is_err());
    }
}
