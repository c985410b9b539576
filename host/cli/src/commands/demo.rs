//! `stepwell demo`: the whole workflow by recorded answers, in a new folder that is left to look at.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;

use super::init::make_folder;
use crate::arguments::{Cli, DemoArguments, GlobalArguments};
use crate::errors::{CommandError, FolderError};
use crate::exit::Exit;
use crate::shipped::{Demonstration, Workflow, write_example};
use crate::terminal::quoted;
use crate::wiring::{Context, Scratch, Telling};

pub(super) async fn demo(
    arguments: DemoArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let build = context.build_of("testing");
    let shown = match (arguments.workflow, build) {
        (Some(shown), Some(build)) if shown.workflow().tests() => {
            return Err(FolderError::LeftOut {
                command: build.to_owned(),
            }
            .into());
        }
        (Some(shown), _) => shown,
        (None, None) => Demonstration::AutomatedCoding,
        (None, Some(build)) => {
            context.screen.hint(&format!(
                "this build leaves the step `testing` out, so the generated tests are not run; `{build}` makes it"
            ));
            Demonstration::UntestedCoding
        }
    };
    let folder = new_folder(arguments.folder.as_deref(), context)?;
    write_example(&folder).map_err(CommandError::unwritten(&folder))?;
    let command = [
        "run",
        shown.workflow().file(),
        "--input",
        "feature=@feature.md",
        "--replay",
        shown.cassette(),
    ];
    let enter = format!("cd {}", quoted(&folder.display().to_string()));
    let command_line = format!("stepwell {}", command.join(" "));
    context.screen.say(&format!(
        "the demonstration, in {}: `{command_line}`\n",
        folder.display()
    ));
    let ended = run_in(&folder, &command, context).await?;
    let elsewhere = match context.environment.get("STEPWELL_STORE") {
        Some(_) => "unset STEPWELL_STORE; ",
        None => "",
    };
    context.screen.say(&format!(
        "next: `{elsewhere}{enter}`, then `stepwell status`, `stepwell docs list`, `stepwell files last --diff`, \
         `stepwell calls`, `stepwell serve`; what asks a model wants `--replay {}`, or a key\n",
        shown.cassette()
    ));
    Ok(ended)
}

/// The folder that is named, if it is new or empty; else one among the temporary ones.
fn new_folder(named: Option<&Path>, context: &Context) -> Result<PathBuf, CommandError> {
    let Some(named) = named else {
        let all = std::env::temp_dir();
        let made = tempfile::Builder::new()
            .prefix("stepwell-demo-")
            .tempdir_in(&all)
            .map_err(CommandError::unwritten(&all))?;
        return Ok(made.keep());
    };
    let folder = context.start.join(named);
    if folder.to_str().is_none() {
        let shown = named.display().to_string();
        return Err(FolderError::NoText { shown }.into());
    }
    make_folder(&folder, context)?;
    let first = folder
        .read_dir()
        .map_err(CommandError::unwritten(&folder))?
        .next();
    if first.is_none() {
        return Ok(folder);
    }
    let there = folder.join(Workflow::UntestedCoding.file()).is_file();
    Err(FolderError::NotEmpty {
        shown: named.display().to_string(),
        demonstration: there.then_some(folder),
    }
    .into())
}

/// Carries out a command as if it were given in that folder, with the store of that folder.
async fn run_in(folder: &Path, command: &[&str], context: &Context) -> Result<Exit, CommandError> {
    let given = Cli::try_parse_from(["stepwell"].iter().chain(command));
    let given = given.map_err(|error| CommandError::from(&error))?;
    std::env::set_current_dir(folder).map_err(|source| CommandError::Directory {
        path: folder.to_owned(),
        source,
    })?;
    let there = Context {
        environment: context.environment.clone(),
        global: GlobalArguments {
            // Those that are named, or set in the environment, are another project's.
            store: None,
            config: None,
            directory: None,
            ..context.global
        },
        screen: Arc::clone(&context.screen),
        start: folder.to_owned(),
        telling: Telling::default(),
        scratch: Scratch::default(),
    };
    Box::pin(super::carry_out(given.command, &there)).await
}
