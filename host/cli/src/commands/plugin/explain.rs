//! `stepwell plugin explain`: what the steps of a definition may do, and where each permission comes from.

use std::path::{Path, PathBuf};

use stepwell_engine::{DefinitionSource, ExplainSteps};

use super::explained::{Places, text};
use crate::arguments::{ExplainArguments, ModelArguments};
use crate::commands::driving::{explained, prepared};
use crate::commands::texts;
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
use crate::project::{CONFIGURATION, shown};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn told(
    arguments: ExplainArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::IfThere, &ModelArguments::default(), Tape::Stays)
        .await?;
    let file = match arguments.within {
        Some(file) => context.start.join(file),
        None => only_definition(context, &wired).await?,
    };
    let request = ExplainSteps {
        definition: DefinitionSource {
            text: texts::definition(&file)?,
            file: Some(file.display().to_string()),
        },
        step: arguments.step,
    };
    let told = prepared(context, &wired, wired.engine.explain(&request))
        .await
        .map_err(|error| explained(error, context, &wired))?;
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&told)?;
        return Ok(Exit::Success);
    }
    let operators = context.setting()?.project.configuration;
    let operators = operators.unwrap_or_else(|| wired.project.join(CONFIGURATION));
    let places = Places {
        definition: shown(&file, &context.start),
        operator: shown(&operators, &context.start),
    };
    screen.print(&text(&told, &places, screen.out_style()))?;
    Ok(Exit::Success)
}

/// The one definition of the project: which one is meant has to be said where there are more.
async fn only_definition(context: &Context, wired: &Wired) -> Result<PathBuf, CommandError> {
    let found = wired.engine.definitions().await?;
    let mut files: Vec<PathBuf> = found
        .iter()
        .map(|definition| wired.project.join(&definition.file))
        .collect();
    match (files.pop(), files.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(StepError::NoDefinition.into()),
        (Some(last), false) => {
            files.push(last);
            let start: &Path = &context.start;
            let files = files.iter().map(|file| shown(file, start)).collect();
            Err(StepError::SeveralDefinitions { files }.into())
        }
    }
}
