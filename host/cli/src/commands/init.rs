//! `stepwell init`: a workflow and a configuration to start from, in a person's own project.

use std::io::ErrorKind;
use std::path::Path;

use stepwell_contract::ModelsSettings;
use stepwell_llm::keyed;

use crate::arguments::InitArguments;
use crate::errors::{CommandError, FolderError};
use crate::exit::Exit;
use crate::project::{CONFIGURATION, Project, shown};
use crate::shipped::{CONFIGURATION_TEXT, Workflow, write_new};
use crate::terminal::quoted;
use crate::wiring::Context;

pub(super) fn init(arguments: &InitArguments, context: &Context) -> Result<Exit, CommandError> {
    let folder = match &arguments.folder {
        Some(directory) => context.start.join(directory),
        None => context.start.clone(),
    };
    make_folder(&folder, context)?;
    let above = folder.parent().map(|above| Project::find(above, None));
    match arguments.bare {
        true => configuration_alone(&folder, context)?,
        false => workflow(arguments.workflow, &folder, context)?,
    }
    let configuration = folder.join(CONFIGURATION);
    // One that was there is the project's from now on: what is wrong in it is told now.
    context.configuration(&configuration)?;
    if let Some(above) = above.and_then(|above| above.configuration) {
        let above = shown(&above, &context.start);
        context.screen.say(&format!(
            "note: {above} is not looked at from here any more: this folder is a project of its own now\n"
        ));
    }
    let keys = context.environment.keys(&ModelsSettings::default());
    let known = keyed(&keys);
    let key = match known.first() {
        _ if known.iter().any(|known| known.name == "openai") => String::new(),
        Some(known) => format!("write `writer = \"{}/MODEL\"`, or ", known.name),
        None => "set OPENAI_API_KEY, or ".to_owned(),
    };
    context.screen.hint(&format!(
        "{key}name your models in {}; `stepwell doctor` checks them",
        shown(&configuration, &context.start)
    ));
    if !arguments.bare {
        next(arguments.workflow, &folder, context);
    }
    Ok(Exit::Success)
}

fn configuration_alone(folder: &Path, context: &Context) -> Result<(), CommandError> {
    let path = folder.join(CONFIGURATION);
    match written(&path, CONFIGURATION_TEXT, context)? {
        true => Ok(()),
        false => Err(FolderError::ConfigurationThere {
            shown: shown(&path, &context.start),
        }
        .into()),
    }
}

/// The workflow and the configuration, as far as they are not there.
fn workflow(workflow: Workflow, folder: &Path, context: &Context) -> Result<(), CommandError> {
    let (flow, configuration) = (folder.join(workflow.file()), folder.join(CONFIGURATION));
    let files = [
        (&flow, workflow.text()),
        (&configuration, CONFIGURATION_TEXT),
    ];
    if files
        .iter()
        .all(|(path, _)| path.symlink_metadata().is_ok())
    {
        let [flow, configuration] = [&flow, &configuration].map(|path| shown(path, &context.start));
        return Err(FolderError::WorkflowThere {
            flow,
            configuration,
        }
        .into());
    }
    for (path, text) in files {
        if !written(path, text, context)? {
            told("kept", path, context)?;
        }
    }
    Ok(())
}

/// Writes a file, unless there is one. What is no file can't be kept for one.
fn written(path: &Path, text: &str, context: &Context) -> Result<bool, CommandError> {
    match write_new(path, text) {
        Ok(()) => told("wrote", path, context).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_file() => Ok(false),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(FolderError::NoFile {
            shown: shown(path, &context.start),
        }
        .into()),
        Err(error) => Err(CommandError::unwritten(path)(error)),
    }
}

/// Makes the folder that a person named, where it isn't there.
pub(super) fn make_folder(folder: &Path, context: &Context) -> Result<(), CommandError> {
    if folder.symlink_metadata().is_ok() && !folder.is_dir() {
        return Err(FolderError::NoFolder {
            shown: shown(folder, &context.start),
        }
        .into());
    }
    std::fs::create_dir_all(folder).map_err(CommandError::unwritten(folder))
}

fn told(what: &str, path: &Path, context: &Context) -> Result<(), CommandError> {
    let path = shown(path, &context.start);
    Ok(context.screen.print(&format!("{what} {path}\n"))?)
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
    // Where the command began elsewhere (`-C`), what is relative here isn't there.
    let there = match context.global.directory {
        Some(_) => folder.display().to_string(),
        None => shown(folder, &context.start),
    };
    let there = match there.as_str() {
        "." => String::new(),
        there => format!("cd {} && ", quoted(there)),
    };
    context.screen.say(&format!(
        "next: `{there}stepwell run {} --input feature=\"what you want\"`; `feature=@FILE` reads it from a file\n",
        workflow.file()
    ));
}

#[cfg(test)]
mod tests {
    use stepwell_definition::parse_configuration;
    use stepwell_llm::known_providers;

    use super::*;

    #[test]
    fn the_configuration_can_be_read() {
        let (configuration, diagnostics) =
            parse_configuration(CONFIGURATION_TEXT, CONFIGURATION, known_providers());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let models = configuration.unwrap().models;
        assert_eq!(models.default_model.as_deref(), Some("writer"));
        assert!(models.models.contains_key("writer"));
        // What is commented out fits, too: whoever takes the marks away gets a file that works.
        let all: String = CONFIGURATION_TEXT
            .lines()
            .map(|line| line.strip_prefix("#| ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let (_, diagnostics) = parse_configuration(&all, CONFIGURATION, known_providers());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
}
