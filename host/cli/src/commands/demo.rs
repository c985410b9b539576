//! `stepwell demo`: the whole workflow by recorded answers, in a new folder that is left to look at.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;

use crate::arguments::{Cli, DemoArguments, GlobalArguments};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::shipped::{Demonstration, write_example};
use crate::wiring::Context;

pub(super) async fn demo(
    arguments: DemoArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let shown = match (arguments.workflow, context.build_of("testing")) {
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
    let failed = |source| CommandError::Write {
        path: folder.clone(),
        source,
    };
    write_example(&folder).map_err(failed)?;
    let command = [
        "run",
        shown.workflow().file(),
        "--input",
        "feature=@feature.md",
        "--replay",
        shown.cassette(),
    ];
    let place = folder.display();
    context.screen.say(&format!(
        "the demonstration, in {place}: `stepwell {}`\n",
        command.join(" ")
    ));
    let ended = run_in(&folder, &command, context).await?;
    context.screen.hint(&format!(
        "look around: `cd {place}`, then `stepwell status`, `stepwell docs list`, `stepwell files last --diff`, \
         `stepwell calls`, `stepwell serve`"
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
            .map_err(|source| CommandError::Write { path: all, source })?;
        return Ok(made.keep());
    };
    let folder = context.start.join(named);
    let failed = |source| CommandError::Write {
        path: folder.clone(),
        source,
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    match folder.read_dir().map_err(failed)?.next() {
        None => Ok(folder),
        Some(_) => Err(CommandError::invalid(
            format!("{} is not empty", named.display()),
            "name a new folder, or none: then one is made among the temporary files",
        )),
    }
}

/// Carries out a command as if it were given in that folder, with the store of that folder.
async fn run_in(folder: &Path, command: &[&str], context: &Context) -> Result<Exit, CommandError> {
    let given = Cli::try_parse_from(["stepwell"].iter().chain(command)).map_err(|error| {
        CommandError::Usage {
            message: error.to_string(),
            hint: "the demonstration's own command is wrong: that is a bug".into(),
        }
    })?;
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
    };
    Box::pin(super::carry_out(given.command, &there)).await
}
