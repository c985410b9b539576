//! The command `stepwell`: wires the rooms together; arguments in, text out.
//!
//! Nothing is decided here that another face would have to decide again: runs, prompts and documents are the
//! engine's, and every command is a few calls of its application interface. This is the only crate that prints.

mod allocator;
mod application;
mod arguments;
mod browser;
mod commands;
mod environment;
mod errors;
mod exit;
mod following;
mod open_files;
mod operators_file;
mod project;
mod remedy;
mod runner;
mod shipped;
mod socket;
mod terminal;
mod token_file;
mod wiring;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::arguments::{Cli, LogFormat, When};
use crate::environment::Environment;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::runner::COMPILES;
use crate::terminal::{Screen, tracing_to};
use crate::wiring::Context;

/// How long is waited for what is still at work when a command ends: a guest that computes looks up many times within it.
const ENDING: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == COMPILES) {
        return stepwell_sandbox::compile_here(arguments);
    }
    allocator::give_back();
    let environment = Environment::read();
    let matches = Cli::command().try_get_matches();
    let as_json = matches.as_ref().is_ok_and(asks_for_json);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return unread(&error, &environment),
    };
    let screen = Arc::new(Screen::new(
        cli.global.color,
        cli.global.quiet,
        cli.global.verbose,
        cli.global.log_format,
        &environment,
    ));
    tracing_to(&screen);
    let ended = run(cli, environment, &screen);
    screen.finish();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            match as_json {
                true => error.show_json(&screen),
                false => error.show(&screen),
            }
            error.exit().into()
        }
    }
}

/// What can't be understood, or asks for help alone. Where the words are no command, whether JSON is wanted is said by them.
fn unread(error: &clap::Error, environment: &Environment) -> ExitCode {
    let mut words = std::env::args_os().take_while(|word| word != "--");
    if !error.use_stderr() || !words.any(|word| word == "--json") {
        error.exit();
    }
    let screen = Screen::new(When::Auto, false, 0, LogFormat::Text, environment);
    let error = CommandError::from(error);
    error.show_json(&screen);
    error.exit().into()
}

/// Whether the command was asked for JSON: then its error is JSON, too.
fn asks_for_json(matches: &ArgMatches) -> bool {
    let flag = matches.try_get_one::<bool>("json").ok().flatten();
    let below = || {
        matches
            .subcommand()
            .is_some_and(|(_, below)| asks_for_json(below))
    };
    flag.is_some_and(|asked| *asked) || below()
}

fn run(cli: Cli, environment: Environment, screen: &Arc<Screen>) -> Result<Exit, CommandError> {
    if let Some(folder) = &cli.global.directory {
        std::env::set_current_dir(folder).map_err(|source| CommandError::Directory {
            path: folder.clone(),
            source,
        })?;
    }
    open_files::allow_more();
    let context = Context::new(cli.global, environment, Arc::clone(screen));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Guests compute on these threads. The sandbox wants its timers and sockets looked at often meanwhile.
        .event_interval(7)
        .enable_all()
        .build()
        .map_err(|source| CommandError::Runtime { source })?;
    let ended = runtime.block_on(commands::carry_out(cli.command, &context));
    if context.scratch.is_made() {
        // What is still at work would write into a folder that is being removed.
        runtime.shutdown_timeout(ENDING);
    } else {
        // A thread that waits for a person's answer may never come back: nobody waits for it.
        runtime.shutdown_background();
    }
    ended
}
