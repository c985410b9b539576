//! `stepwell step run` of a step that stands alone: a plugin, or a step of a definition.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stepwell_contract::StepPath;
use stepwell_engine::{Costly, DefinitionSource, DocumentPlace, RunAlone, RunStepAlone, ToStart};

use super::driving::{Since, driven, exit_of, explained, of_a_plugin, prepared};
use super::step_report::report;
use super::{answers, estimates, texts};
use crate::arguments::{AloneArguments, StepRunArguments};
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn alone(
    within: Option<PathBuf>,
    arguments: StepRunArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    // clap asks for `--run` beside these two only as long as nothing that excludes it is given.
    let chosen = arguments.chosen;
    if !chosen.prompts.is_empty() || chosen.plugin.is_some() {
        return Err(StepError::NoRunNamed.into());
    }
    if within.is_none() {
        is_a_plugin("run", &arguments.step, context)?;
    }
    let wired = context
        .wire_with(Need::Make, &arguments.models, Tape::Begins)
        .await?;
    let person = arguments.person;
    let answers = answers::with_cassette(
        answers::given(&person.answers, context)?,
        wired.asked.cassette.as_ref(),
        &BTreeMap::new(),
    );
    let (step, model) = (&arguments.step, chosen.model);
    let run = match within {
        Some(within) => {
            let mut request = RunStepAlone {
                model,
                answers,
                no_questions: person.no_questions,
                label: arguments.label.clone(),
                confirmed: arguments.yes,
                ..step_alone(step, &within, arguments.alone, context)?
            };
            let alone = Box::new(request.clone());
            let work = Costly::Definition { alone };
            match estimates::of_work(ToStart::Run, work, request.confirmed, context, &wired).await?
            {
                Some(confirmed) => request.confirmed = confirmed,
                None => return Ok(Exit::Failed),
            }
            let start = wired.engine.start_step_alone(request);
            let started = prepared(context, &wired, start).await;
            started.map_err(|error| explained(error, context, &wired))?
        }
        None => {
            let mut request = RunAlone {
                model,
                answers,
                no_questions: person.no_questions,
                label: arguments.label.clone(),
                confirmed: arguments.yes,
                ..run_alone(step, arguments.alone, context)?
            };
            let alone = Box::new(request.clone());
            let work = Costly::Plugin { alone };
            let of_work =
                estimates::of_work(ToStart::Run, work, request.confirmed, context, &wired);
            match of_work.await.map_err(of_a_plugin)? {
                Some(confirmed) => request.confirmed = confirmed,
                None => return Ok(Exit::Failed),
            }
            let started = prepared(context, &wired, wired.engine.start_alone(request)).await;
            started.map_err(|error| of_a_plugin(explained(error, context, &wired)))?
        }
    };
    let drive = |how| wired.engine.drive(run, how);
    let since = Since::start_of(run);
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        let view = wired.engine.run(run).await?;
        // Around a step of a definition stand groups.
        let Some(step) = view
            .all_steps()
            .into_iter()
            .find(|step| step.uses.is_some())
        else {
            return Ok(exit_of(&outcome, &interrupts));
        };
        report(
            context,
            wired,
            &outcome,
            (&step.path, &[]),
            arguments.json,
            &interrupts,
        )
        .await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
}

/// Says so where the path of a step stands in the place of a plugin.
pub(super) fn is_a_plugin(verb: &str, given: &str, context: &Context) -> Result<(), StepError> {
    let is_place = given.parse::<DocumentPlace>().is_ok();
    if !is_place || context.start.join(given).exists() {
        return Ok(());
    }
    Err(StepError::NoPlugin {
        given: given.to_owned(),
        verb: verb.to_owned(),
    })
}

/// A plugin that is run alone, with what it is given.
pub(super) fn run_alone(
    plugin: &str,
    given: AloneArguments,
    context: &Context,
) -> Result<RunAlone, CommandError> {
    let settings = given.settings.into_iter();
    Ok(RunAlone {
        label: None,
        plugin: from_here(plugin, context),
        folder: Some(context.start.display().to_string()),
        inputs: texts::inputs(given.inputs)?,
        settings: settings.map(|it| (it.key, it.value)).collect(),
        grant_workspace: given.grant_workspace.map(|access| access.word().to_owned()),
        grant_prompts: given.grant_prompts,
        workspace: given
            .workspace
            .map(|folder| context.start.join(folder).display().to_string()),
        ..RunAlone::default()
    })
}

/// A step of a definition that is run alone, with what it is given.
pub(super) fn step_alone(
    step: &str,
    within: &Path,
    given: AloneArguments,
    context: &Context,
) -> Result<RunStepAlone, CommandError> {
    let path = step
        .parse::<StepPath>()
        .map_err(|_| StepError::NoPathOfDefinition {
            given: step.to_owned(),
        })?;
    let text = texts::definition(within)?;
    Ok(RunStepAlone {
        label: None,
        step: path,
        definition: DefinitionSource {
            text,
            file: Some(context.start.join(within).display().to_string()),
        },
        inputs: texts::inputs(given.inputs)?,
        model: None,
        workspace: given
            .workspace
            .map(|folder| context.start.join(folder).display().to_string()),
        answers: Vec::new(),
        no_questions: false,
        confirmed: false,
    })
}

/// A plugin's file as seen from anywhere.
pub(super) fn from_here(plugin: &str, context: &Context) -> String {
    if plugin.starts_with("builtin:") {
        plugin.to_owned()
    } else {
        context.start.join(plugin).display().to_string()
    }
}
