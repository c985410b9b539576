//! `stepwell init`: a workflow and a configuration to start from, in a person's own project.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::arguments::InitArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::project::{CONFIGURATION, Project, shown};
use crate::shipped::{CONFIGURATION_TEXT, Workflow, write_new};
use crate::wiring::Context;

pub(super) fn init(arguments: &InitArguments, context: &Context) -> Result<Exit, CommandError> {
    let folder = match &arguments.folder {
        Some(directory) => context.start.join(directory),
        None => context.start.clone(),
    };
    std::fs::create_dir_all(&folder).map_err(written_at(&folder))?;
    let above = folder.parent().map(|above| Project::find(above, None));
    match arguments.bare {
        true => configuration_alone(&folder, context)?,
        false => workflow(arguments.workflow, &folder, context)?,
    }
    if let Some(above) = above.and_then(|above| above.configuration) {
        let above = shown(&above, &context.start);
        context.screen.say(&format!(
            "note: {above} is not looked at from here any more: this folder is a project of its own now\n"
        ));
    }
    let key = match context.environment.get("OPENAI_API_KEY") {
        Some(_) => "",
        None => "set OPENAI_API_KEY, or ",
    };
    context.screen.hint(&format!(
        "{key}name your models in {}; `stepwell doctor` checks them",
        shown(&folder.join(CONFIGURATION), &context.start)
    ));
    if !arguments.bare {
        next(arguments.workflow, &folder, context);
    }
    Ok(Exit::Success)
}

fn configuration_alone(folder: &Path, context: &Context) -> Result<(), CommandError> {
    let path = folder.join(CONFIGURATION);
    match write_new(&path, CONFIGURATION_TEXT) {
        Ok(()) => told("wrote", &path, context),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(CommandError::invalid(
            format!("{} is there already", shown(&path, &context.start)),
            "edit it; `stepwell schema configuration` describes what can stand in it",
        )),
        Err(error) => Err(written_at(&path)(error)),
    }
}

/// The workflow, and the configuration where there is none.
fn workflow(workflow: Workflow, folder: &Path, context: &Context) -> Result<(), CommandError> {
    let path = folder.join(workflow.file());
    match write_new(&path, workflow.text()) {
        Ok(()) => told("wrote", &path, context)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let path = shown(&path, &context.start);
            return Err(CommandError::invalid(
                format!("{path} is there already"),
                format!(
                    "edit it, and `stepwell run {path} --check` checks it; or move it away, to begin with a new one"
                ),
            ));
        }
        Err(error) => return Err(written_at(&path)(error)),
    }
    let path = folder.join(CONFIGURATION);
    match write_new(&path, CONFIGURATION_TEXT) {
        Ok(()) => told("wrote", &path, context),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => told("kept", &path, context),
        Err(error) => Err(written_at(&path)(error)),
    }
}

fn told(what: &str, path: &Path, context: &Context) -> Result<(), CommandError> {
    let path = shown(path, &context.start);
    context.screen.print(&format!("{what} {path}\n"))
}

/// The command that comes next, and what it still needs.
fn next(workflow: Workflow, folder: &Path, context: &Context) {
    if workflow.tests()
        && let Some(build) = context.build_of("testing")
    {
        context.screen.hint(&format!(
            "this build leaves the step `testing` out: `{build}`, in a clone of Stepwell, makes it; \
             `stepwell init --workflow {}` does without",
            Workflow::UntestedCoding.file().trim_end_matches(".toml")
        ));
    }
    let there = match folder == context.start {
        true => String::new(),
        false => format!("cd {} && ", shown(folder, &context.start)),
    };
    context.screen.hint(&format!(
        "`{there}stepwell run {} --input feature=\"what you want\"` begins; `feature=@FILE` reads it from a file",
        workflow.file()
    ));
}

fn written_at(path: &Path) -> impl Fn(io::Error) -> CommandError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| CommandError::Write {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_can_be_read() {
        let (configuration, diagnostics) =
            stepwell_definition::parse_configuration(CONFIGURATION_TEXT, CONFIGURATION);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let models = configuration.unwrap().models;
        assert_eq!(models.default_model.as_deref(), Some("writer"));
        assert!(models.models.contains_key("writer"));
        // What is commented out fits, too: whoever takes the marks away gets a file that works.
        let all: String = CONFIGURATION_TEXT
            .lines()
            .map(|line| line.strip_prefix("#| ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let (_, diagnostics) = stepwell_definition::parse_configuration(&all, CONFIGURATION);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
}
