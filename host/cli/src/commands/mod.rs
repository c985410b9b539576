//! The commands, one file each: from arguments to calls of the engine, and from its answers to text.

mod agreeing;
mod answers;
mod calls;
mod cancel;
mod carrying_on;
mod cases;
mod compare;
mod comparison;
mod cost;
mod cost_csv;
mod demo;
mod docs;
mod doctor;
mod driving;
mod edit;
mod estimates;
mod files;
mod given;
mod improve;
mod init;
mod models;
mod next;
mod plugin;
mod prompt;
mod removing;
mod resume;
mod run;
mod run_again;
mod runs;
mod serve;
mod status;
mod step;
mod step_alone;
mod step_lines;
mod step_prompt;
mod step_report;
mod step_try;
mod store;
mod summary;
mod texts;
mod within;
mod workflow;

use clap::CommandFactory as _;
use stepwell_engine::Engine;

use crate::arguments::{Cli, Command, SchemaOf, StepCommand};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::wiring::Context;

/// Does what the command line says, and lets what tells of it come to its end.
pub(crate) async fn carry_out(command: Command, context: &Context) -> Result<Exit, CommandError> {
    let ended = work(command, context).await;
    context.telling.end().await;
    ended
}

async fn work(command: Command, context: &Context) -> Result<Exit, CommandError> {
    match command {
        Command::Run(arguments) => run::run(*arguments, context).await,
        Command::Resume(arguments) => resume::resume(*arguments, context).await,
        Command::Cancel { run } => cancel::cancel(&run, context).await,
        Command::Status(arguments) => status::status(arguments, context).await,
        Command::Runs(arguments) => runs::runs(arguments, context).await,
        Command::Step(StepCommand::Run(arguments)) => step::run(*arguments, context).await,
        Command::Step(StepCommand::Prompt(arguments)) => {
            step_prompt::prompt(*arguments, context).await
        }
        Command::Step(StepCommand::Try(arguments)) => step_try::trial(arguments, context).await,
        Command::Step(StepCommand::Reprocess(arguments)) => {
            step::reprocess(arguments, context).await
        }
        Command::Prompt(command) => prompt::prompt(command, context).await,
        Command::Compare(arguments) => compare::compare(*arguments, context).await,
        Command::Comparisons(arguments) => comparison::comparisons(arguments, context).await,
        Command::Comparison(command) => comparison::comparison(command, context).await,
        Command::Improvements(arguments) => improve::improvements(arguments, context).await,
        Command::Improvement(command) => improve::improvement(command, context).await,
        Command::Docs(command) => docs::docs(command, context).await,
        Command::Files(arguments) => files::files(arguments, context).await,
        Command::Calls(arguments) => calls::calls(arguments, context).await,
        Command::Cost(arguments) => cost::cost(arguments, context).await,
        Command::Plugin(command) => plugin::plugin(command, context).await,
        Command::Serve(arguments) => serve::serve(arguments, context).await,
        Command::Store(command) => store::store(command, context).await,
        Command::Models(arguments) => models::models(arguments, context).await,
        Command::Doctor(arguments) => doctor::doctor(&arguments, context).await,
        Command::Init(arguments) => init::init(&arguments, context),
        Command::Demo(arguments) => demo::demo(arguments, context).await,
        Command::Schema { of } => schema(of, context),
        Command::Completions { shell } => completions(shell, context),
    }
}

fn schema(of: SchemaOf, context: &Context) -> Result<Exit, CommandError> {
    context.screen.print_json(&match of {
        SchemaOf::Definition => stepwell_definition::definition_schema(),
        SchemaOf::Configuration => stepwell_definition::configuration_schema(),
        SchemaOf::Cases => stepwell_definition::cases_schema(),
        SchemaOf::PluginTests => stepwell_definition::tests_schema(),
        SchemaOf::Run => Engine::run_schema(),
    })?;
    Ok(Exit::Success)
}

fn completions(shell: clap_complete::Shell, context: &Context) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stepwell", &mut script);
    context.screen.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
