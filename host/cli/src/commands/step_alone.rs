//! `stepwell step run` of a step that stands alone: a plugin, or a step of a definition.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stepwell_contract::{RunId, StepPath, Uses};
use stepwell_engine::{
    Costly, DefinitionSource, DocumentPlace, GivenAnswer, RunAlone, RunStepAlone, ToStart,
};

use super::driving::{Since, driven, exit_of, explained, of_a_plugin, prepared};
use super::step_report::report;
use super::{agreeing, answers, estimates, texts};
use crate::arguments::{AgreementArguments, AloneArguments, StepRunArguments};
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
    let said = Said {
        model: chosen.model,
        answers,
        no_questions: person.no_questions,
        label: arguments.label,
        confirmed: arguments.yes,
        intrinsic: chosen.intrinsic,
    };
    let (step, given) = (&arguments.step, arguments.alone);
    let agreement = arguments.agreement;
    let started = match within {
        Some(within) => {
            let alone = step_alone(step, &within, given, context)?;
            start_step(said.of_step(alone), &agreement, &wired, context).await?
        }
        None => {
            let alone = run_alone(step, given, context)?;
            let alone = said.of_plugin(alone);
            let started = start_plugin(alone, &agreement, &wired, context).await;
            started.map_err(of_a_plugin)?
        }
    };
    let Some(run) = started else {
        return Ok(Exit::Failed);
    };
    let drive = |how| wired.engine.drive(run, how);
    let since = Since::start_of(run);
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        let view = wired.engine.run(run).await?;
        // Around a step of a definition stand groups.
        let mut steps = view.all_steps().into_iter();
        let Some(step) = steps.find(|step| step.uses.is_some()) else {
            return Ok(exit_of(&outcome, &interrupts));
        };
        let (place, json) = ((&step.path, &[][..]), arguments.json);
        report(context, wired, &outcome, place, json, &interrupts).await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
}

/// What is said of a run beside what its step is given.
struct Said {
    model: Option<String>,
    answers: Vec<GivenAnswer>,
    no_questions: bool,
    label: Option<String>,
    confirmed: bool,
    intrinsic: bool,
}

impl Said {
    fn of_step(self, alone: RunStepAlone) -> RunStepAlone {
        RunStepAlone {
            model: self.model,
            answers: self.answers,
            no_questions: self.no_questions,
            label: self.label,
            confirmed: self.confirmed,
            intrinsic: self.intrinsic,
            ..alone
        }
    }

    fn of_plugin(self, alone: RunAlone) -> RunAlone {
        RunAlone {
            model: self.model,
            answers: self.answers,
            no_questions: self.no_questions,
            label: self.label,
            confirmed: self.confirmed,
            intrinsic: self.intrinsic,
            ..alone
        }
    }
}

/// Starts a run of a step of a definition; none where a person said no to its plugins, or to what it would take.
async fn start_step(
    mut request: RunStepAlone,
    agreement: &AgreementArguments,
    wired: &Wired,
    context: &Context,
) -> Result<Option<RunId>, CommandError> {
    let plugins = agreeing::of_definition(&request.definition);
    if !agreeing::may_begin(plugins, agreement, context, wired).await? {
        return Ok(None);
    }
    let alone = Box::new(request.clone());
    let work = Costly::Definition { alone };
    let agreed = estimates::of_work(ToStart::Run, work, request.confirmed, context, wired).await?;
    let Some(confirmed) = agreed else {
        return Ok(None);
    };
    request.confirmed = confirmed;
    let started = prepared(context, wired, wired.engine.start_step_alone(request)).await;
    let started = started.map_err(|error| explained(error, context, wired))?;
    Ok(Some(started))
}

/// The same of a plugin.
async fn start_plugin(
    mut request: RunAlone,
    agreement: &AgreementArguments,
    wired: &Wired,
    context: &Context,
) -> Result<Option<RunId>, CommandError> {
    let plugins = agreeing::of_plugin(&request.plugin, request.folder.clone());
    if !agreeing::may_begin(plugins, agreement, context, wired).await? {
        return Ok(None);
    }
    let alone = Box::new(request.clone());
    let work = Costly::Plugin { alone };
    let agreed = estimates::of_work(ToStart::Run, work, request.confirmed, context, wired).await?;
    let Some(confirmed) = agreed else {
        return Ok(None);
    };
    request.confirmed = confirmed;
    let started = prepared(context, wired, wired.engine.start_alone(request)).await;
    let started = started.map_err(|error| explained(error, context, wired))?;
    Ok(Some(started))
}

/// Says so where the path of a step stands in the place of a plugin.
pub(super) fn is_a_plugin(verb: &str, given: &str, context: &Context) -> Result<(), StepError> {
    let is_place = given.parse::<DocumentPlace>().is_ok();
    let is_name = || {
        let names = context
            .setting()
            .map(|setting| setting.configuration.plugins);
        names.is_ok_and(|names| names.contains_key(given))
    };
    if !is_place || context.start.join(given).exists() || is_name() {
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
        plugin: Uses::seen_from(plugin, &context.start),
        folder: Some(context.start.display().to_string()),
        inputs: texts::inputs(given.inputs)?,
        settings: settings.map(|it| (it.key, it.value)).collect(),
        grant_workspace: given.grant_workspace.map(|access| access.word().to_owned()),
        grant_prompts: given.grant_prompts,
        grant_http: given.grant_http,
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
        intrinsic: false,
    })
}
