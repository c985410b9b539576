//! `stepwell step`: one step of a run again, by new answers or by those that are there, or one plugin alone. Its documents
//! are the output.

use std::collections::BTreeMap;

use stepwell_contract::{RunId, StepPath, WaitingFor};
use stepwell_engine::{ReprocessStep, RerunStep, RunAlone, RunOutcome, RunStatus, StepStatus};

use super::driving::{Since, driven, exit_of, explained, of_a_plugin, prepared};
use super::resume::run_that_can_go_on;
use super::summary::next;
use super::{answers, texts};
use crate::arguments::{
    PersonArguments, PromptChoice, StepReprocessArguments, StepRunArguments, replaying,
};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Interrupts, spent};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn run(
    mut arguments: StepRunArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    match arguments.run.take() {
        Some(run) => again(&run, arguments, context).await,
        None => alone(arguments, context).await,
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
    let path: StepPath = arguments.step.parse().map_err(|_| {
        CommandError::invalid(
            format!("`{}` is not a step's path", arguments.step),
            "with `--run`, name a step such as `requirement/refine`; without it, a plugin is run alone",
        )
    })?;
    let prompts = prompts(&wired, run, &path, arguments.prompts).await?;
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let already = answers::already(&events, &record.answers);
    let person = arguments.person;
    let request = RerunStep {
        prompts,
        model: arguments.model,
        // A person names a file from where they are, the engine from the definition's folder.
        plugin: arguments.plugin.map(|plugin| from_here(&plugin, context)),
        answers: answers::with_cassette(
            person.answers.clone(),
            wired.asked.cassette.as_ref(),
            &already,
        ),
        no_questions: person.no_questions,
    };
    let opening = format!("step {path} of run {run} is run again");
    let since = Since::after(&events, opening);
    let drive = async |how| wired.engine.rerun(run, &path, request, how).await;
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        report(context, wired, &outcome, &path, arguments.json, &interrupts).await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
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
        report(context, wired, &outcome, &path, arguments.json, &interrupts).await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
}

async fn alone(arguments: StepRunArguments, context: &Context) -> Result<Exit, CommandError> {
    // clap asks for `--run` beside these two only as long as nothing that excludes it is given.
    if !arguments.prompts.is_empty() || arguments.plugin.is_some() {
        return Err(CommandError::Usage {
            message: "`--prompt` and `--plugin` are for a step of a run, and no run is named".into(),
            hint: "name it with `--run RUN`; a plugin that is run alone uses the prompts that are current, \
                   and `stepwell prompt use NAME N` makes another version current"
                .into(),
        });
    }
    let step = &arguments.step;
    if step.parse::<StepPath>().is_ok() && !context.start.join(step).exists() {
        return Err(CommandError::invalid(
            format!("there is no plugin `{step}`"),
            format!(
                "a step of a run is run again with `stepwell step run {step} --run last`; a plugin that is run alone is \
                 named by its file, or `builtin:NAME`"
            ),
        ));
    }
    let wired = context
        .wire_with(Need::Make, &arguments.models, Tape::Begins)
        .await?;
    let person = arguments.person;
    let request = RunAlone {
        plugin: from_here(&arguments.step, context),
        folder: Some(context.start.display().to_string()),
        inputs: texts::inputs(arguments.inputs)?,
        settings: arguments
            .settings
            .into_iter()
            .map(|setting| (setting.key, setting.value))
            .collect(),
        model: arguments.model,
        label: arguments.label,
        grant_workspace: arguments
            .grant_workspace
            .map(|access| access.word().to_owned()),
        grant_prompts: arguments.grant_prompts,
        workspace: arguments
            .workspace
            .map(|folder| context.start.join(folder).display().to_string()),
        answers: answers::with_cassette(
            person.answers.clone(),
            wired.asked.cassette.as_ref(),
            &BTreeMap::new(),
        ),
        no_questions: person.no_questions,
    };
    let run = prepared(context, &wired, wired.engine.start_alone(request))
        .await
        .map_err(|error| of_a_plugin(explained(error, context, &wired)))?;
    let drive = |how| wired.engine.drive(run, how);
    let since = Since::start_of(run);
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let reported = async |wired: &Wired| {
        let view = wired.engine.run(run).await?;
        let Some(step) = view.steps.first() else {
            return Ok(exit_of(&outcome, &interrupts));
        };
        report(
            context,
            wired,
            &outcome,
            &step.path,
            arguments.json,
            &interrupts,
        )
        .await
    };
    let (_, exit) = context.after_work(wired, reported).await?;
    Ok(exit)
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
    for PromptChoice { name, number } in chosen {
        let name = match name {
            Some(name) => name,
            None => only_prompt(wired, run, path).await?,
        };
        prompts.insert(name, number);
    }
    Ok(prompts)
}

async fn only_prompt(wired: &Wired, run: RunId, path: &StepPath) -> Result<String, CommandError> {
    let view = wired.engine.run(run).await?;
    let used = view
        .step(path.as_str())
        .into_iter()
        .flat_map(|step| &step.prompts);
    let declared: Vec<&str> = used.map(|prompt| prompt.declared.as_str()).collect();
    match declared.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(CommandError::invalid(
            format!("step `{path}` uses no prompt"),
            format!("`stepwell status {run}` shows the steps with their prompts"),
        )),
        several => Err(CommandError::invalid(
            format!("step `{path}` uses several prompts: {}", several.join(", ")),
            format!("say which one: `--prompt {}=N`", several[0]),
        )),
    }
}

/// Prints the step's documents, and says how it ended.
async fn report(
    context: &Context,
    wired: &Wired,
    outcome: &RunOutcome,
    path: &StepPath,
    as_json: bool,
    interrupts: &Interrupts,
) -> Result<Exit, CommandError> {
    let view = wired.engine.run(outcome.run).await?;
    let step = view.step(path.as_str());
    let executions = step.into_iter().flat_map(|step| &step.executions);
    let mut documents = Vec::new();
    for document in executions.flat_map(|execution| &execution.documents) {
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
    let done = step.is_some_and(|step| step.status == StepStatus::Success);
    let only_the_rest_waits =
        outcome.status == RunStatus::Waiting && outcome.waiting_for != Some(WaitingFor::Answers);
    Ok(if done && only_the_rest_waits {
        Exit::Success
    } else {
        exit_of(outcome, interrupts)
    })
}
