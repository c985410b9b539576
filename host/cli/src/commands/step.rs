//! `stepwell step`: one step of a run again, by new answers or by those that are there, or one plugin alone. Its documents
//! are the output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stepwell_contract::{RunId, StepPath, WaitingFor};
use stepwell_engine::{
    DefinitionSource, DocumentPlace, ExecutionView, ReprocessStep, RerunStep, RunAlone, RunOutcome,
    RunStatus, RunStepAlone, StepStatus,
};

use super::driving::{Since, driven, exit_of, explained, of_a_plugin, prepared};
use super::next::next;
use super::resume::run_that_can_go_on;
use super::{answers, texts};
use crate::arguments::{
    AloneArguments, ChosenArguments, PersonArguments, PromptChoice, StepReprocessArguments,
    StepRunArguments, replaying,
};
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
use crate::terminal::{Interrupts, spent};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn run(
    mut arguments: StepRunArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    match (arguments.run.take(), arguments.within.take()) {
        (Some(run), _) => again(&run, arguments, context).await,
        (None, within) => alone(within, arguments, context).await,
    }
}

async fn again(
    run: &str,
    arguments: StepRunArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::There, &arguments.models, Tape::GoesOn)
        .await?;
    let run = wired.engine.find_run(run).await?;
    let record = run_that_can_go_on(&wired, run).await?;
    let (path, items) = place(&arguments.step)?;
    let request = rerun(&wired, run, &path, items, arguments.chosen, context).await?;
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let already = answers::already(&events, &record.answers);
    let person = arguments.person;
    let request = RerunStep {
        answers: answers::with_cassette(
            answers::given(&person.answers, context)?,
            wired.asked.cassette.as_ref(),
            &already,
        ),
        no_questions: person.no_questions,
        ..request
    };
    let items = request.items.clone();
    let opening = format!("step {} of run {run} is run again", arguments.step);
    let since = Since::after(&events, opening);
    let drive = async |how| wired.engine.rerun(run, &path, request, how).await;
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        let of = (&path, &items[..]);
        report(context, wired, &outcome, of, arguments.json, &interrupts).await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
}

/// What a step of a run is carried out with.
pub(super) async fn rerun(
    wired: &Wired,
    run: RunId,
    path: &StepPath,
    items: Vec<u32>,
    chosen: ChosenArguments,
    context: &Context,
) -> Result<RerunStep, CommandError> {
    Ok(RerunStep {
        items,
        prompts: prompts(wired, run, path, chosen.prompts).await?,
        model: chosen.model,
        // A person names a file from where they are, the engine from the definition's folder.
        plugin: chosen.plugin.map(|plugin| from_here(&plugin, context)),
        ..RerunStep::default()
    })
}

/// A step of a run, and the items of it that are meant.
pub(super) fn place(given: &str) -> Result<(StepPath, Vec<u32>), StepError> {
    let place: DocumentPlace = given.parse().map_err(|_| StepError::NoPathOfRun {
        given: given.to_owned(),
    })?;
    if place.take.is_some() || place.rounds.iter().any(Option::is_some) {
        return Err(StepError::RoundOrTake {
            given: given.to_owned(),
            step: place.step.to_string(),
        });
    }
    Ok((place.step, place.items))
}

/// `stepwell step reprocess`: the step again, from the answers that are there.
pub(super) async fn reprocess(
    arguments: StepReprocessArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::There, &replaying(None), Tape::Stays)
        .await?;
    let run = wired.engine.find_run(&arguments.run).await?;
    let path = arguments.step;
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let opening = format!("step {path} of run {run} reads again what it was answered");
    let since = Since::after(&events, opening);
    let request = ReprocessStep {
        plugin: arguments.plugin.map(|plugin| from_here(&plugin, context)),
    };
    // Nothing is asked, of nobody.
    let person = PersonArguments {
        no_questions: true,
        ..PersonArguments::default()
    };
    let drive = async |how| wired.engine.reprocess(run, &path, request, how).await;
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        let of = (&path, &[][..]);
        report(context, wired, &outcome, of, arguments.json, &interrupts).await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
}

async fn alone(
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
            let request = RunStepAlone {
                model,
                answers,
                no_questions: person.no_questions,
                label: arguments.label.clone(),
                ..step_alone(step, &within, arguments.alone, context)?
            };
            let start = wired.engine.start_step_alone(request);
            let started = prepared(context, &wired, start).await;
            started.map_err(|error| explained(error, context, &wired))?
        }
        None => {
            let request = RunAlone {
                model,
                answers,
                no_questions: person.no_questions,
                label: arguments.label.clone(),
                ..run_alone(step, arguments.alone, context)?
            };
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
    })
}

/// A plugin's file as seen from anywhere.
fn from_here(plugin: &str, context: &Context) -> String {
    if plugin.starts_with("builtin:") {
        plugin.to_owned()
    } else {
        context.start.join(plugin).display().to_string()
    }
}

/// The prompt versions by the names that the step's plugin declares.
async fn prompts(
    wired: &Wired,
    run: RunId,
    path: &StepPath,
    chosen: Vec<PromptChoice>,
) -> Result<BTreeMap<String, u32>, CommandError> {
    let mut prompts = BTreeMap::new();
    if chosen.is_empty() {
        return Ok(prompts);
    }
    let view = wired.engine.run(run).await?;
    let used = view.step(path.as_str()).into_iter();
    let used = used.flat_map(|step| &step.prompts);
    let declared: Vec<&str> = used.map(|prompt| prompt.declared.as_str()).collect();
    for PromptChoice { name, number } in chosen {
        let name = match name {
            Some(name) => name,
            None => only_prompt(&declared, path.as_str())?,
        };
        prompts.insert(name, number);
    }
    Ok(prompts)
}

/// The one prompt that a step uses.
pub(super) fn only_prompt(declared: &[&str], of: &str) -> Result<String, StepError> {
    let step = of.to_owned();
    match declared {
        [only] => Ok((*only).to_owned()),
        [] => Err(StepError::NoPrompt { step }),
        several => Err(StepError::SeveralPrompts {
            step,
            declared: several.iter().map(|name| (*name).to_owned()).collect(),
        }),
    }
}

/// Prints the step's documents, and says how it ended.
async fn report(
    context: &Context,
    wired: &Wired,
    outcome: &RunOutcome,
    (path, items): (&StepPath, &[u32]),
    as_json: bool,
    interrupts: &Interrupts,
) -> Result<Exit, CommandError> {
    let view = wired.engine.run(outcome.run).await?;
    let step = view.step(path.as_str());
    let executions = step.into_iter().flat_map(|step| &step.executions);
    let executions: Vec<_> = executions.filter(|it| stands_at(it, items)).collect();
    let mut documents = Vec::new();
    for document in executions.iter().flat_map(|it| &it.documents) {
        documents.push(wired.engine.document(&document.address(), None).await?);
    }
    if as_json {
        context
            .screen
            .print_json(&serde_json::json!({ "outcome": outcome, "documents": documents }))?;
    } else if let [only] = documents.as_slice() {
        context.screen.print_text(&only.text)?;
    } else {
        for document in &documents {
            let summary = &document.summary;
            let head = format!("=== {} {} ===\n", summary.execution, summary.name);
            context.screen.print(&head)?;
            context.screen.print_text(&document.text)?;
        }
    }
    context
        .screen
        .note(&format!("spent: {}\n", spent(&view.summary.spent)));
    next(context, wired, &view, outcome, context.screen.can_ask());
    // What depends on the step is another command's work: the one that was asked for is done.
    let done = match items {
        [] => step.is_some_and(|step| step.status == StepStatus::Success),
        _ => executions.iter().all(|it| it.status == StepStatus::Success),
    };
    let only_the_rest_waits =
        outcome.status == RunStatus::Waiting && outcome.waiting_for != Some(WaitingFor::Answers);
    Ok(if done && only_the_rest_waits {
        Exit::Success
    } else {
        exit_of(outcome, interrupts)
    })
}

/// Whether an execution is one of these items; no items are all of them.
fn stands_at(execution: &ExecutionView, items: &[u32]) -> bool {
    let mut own = execution.at.iter().filter_map(|position| position.item);
    items.iter().all(|item| own.next() == Some(*item))
}
