//! `stepwell run`: a workflow from its definition.

use std::collections::BTreeMap;

use stepwell_engine::{DefinitionSource, StartRun, ToStart};

use super::driving::{Since, driven, exit_of, explained, prepared};
use super::estimates::{self, Agreed};
use super::workflow::Workflow;
use super::{agreeing, answers, run_again, summary, texts};
use crate::arguments::RunArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{plain, remedied};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn run(arguments: RunArguments, context: &Context) -> Result<Exit, CommandError> {
    let Workflow {
        definition,
        inputs: of_before,
        publish,
        model,
    } = workflow(&arguments, context)?;
    if arguments.check {
        return check(&arguments, &definition, context).await;
    }
    let mut inputs = of_before;
    inputs.extend(texts::inputs(arguments.inputs)?);
    let documents = texts::documents(arguments.documents)?;
    let (need, tape) = match arguments.estimate {
        true => (Need::IfThere, Tape::Stays),
        false => (Need::Make, Tape::Begins),
    };
    let wired = context.wire_with(need, &arguments.models, tape).await?;
    let person = arguments.person;
    let answers = answers::with_cassette(
        answers::given(&person.answers, context)?,
        wired.asked.cassette.as_ref(),
        &BTreeMap::new(),
    );
    let mut request = StartRun {
        inputs,
        workspace: arguments
            .workspace
            .map(|folder| context.start.join(folder).display().to_string()),
        publish: arguments.publish.or(publish),
        answers,
        documents,
        until: arguments.until,
        no_questions: person.no_questions,
        model: arguments.model.or(model),
        label: arguments.label,
        confirmed: arguments.yes,
        ..StartRun::new(definition)
    };
    let plugins = agreeing::of_definition(&request.definition);
    if !agreeing::may_begin(plugins, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    if arguments.estimate {
        let estimated = estimates::of(&request, context, &wired).await?;
        return estimates::show(&estimated, arguments.json, context);
    }
    // Recorded answers cost nothing.
    if wired.asked.cassette.is_none() {
        let estimated = estimates::of(&request, context, &wired).await?;
        match estimates::agreed(ToStart::Run, &estimated, request.confirmed, context).await {
            Agreed::AsItIs => {}
            Agreed::Yes => request.confirmed = true,
            Agreed::No => return Ok(Exit::Failed),
        }
    }
    let run = prepared(context, &wired, wired.engine.start(request))
        .await
        .map_err(|error| explained(error, context, &wired))?;
    // Nothing goes for the sake of a run that can't begin.
    context.tidy_up(&wired).await;
    let drive = |how| wired.engine.drive(run, how);
    let since = Since::start_of(run);
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let shown = async |wired: &Wired| summary::show(context, wired, &outcome, arguments.json).await;
    let _ = context.after_work(wired, shown).await?;
    Ok(exit_of(&outcome, &interrupts))
}

/// The definition that a file holds, or the JSON of a run.
fn workflow(arguments: &RunArguments, context: &Context) -> Result<Workflow, CommandError> {
    if let Some(from) = &arguments.from {
        return run_again::workflow_of(from, context);
    }
    let file = arguments.file.clone().unwrap_or_default();
    let text = texts::definition(&file)?;
    let file = context.start.join(file);
    Ok(Workflow {
        definition: DefinitionSource {
            text,
            file: Some(file.display().to_string()),
        },
        inputs: BTreeMap::new(),
        publish: None,
        model: None,
    })
}

/// Checks the definition as a run would, and leaves no trace.
async fn check(
    arguments: &RunArguments,
    definition: &DefinitionSource,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::IfThere, &arguments.models, Tape::Stays)
        .await?;
    let checked = prepared(context, &wired, wired.engine.check(definition))
        .await
        .map_err(|error| explained(error, context, &wired))?;
    let agreement = &arguments.agreement;
    // What a lock has was held against it; who wants one is refused where there is none.
    if agreement.locked {
        let (plugins, begins) = (
            agreeing::of_definition(definition),
            agreeing::Purpose::Begin,
        );
        agreeing::settled(&plugins, begins, agreement, context, &wired).await?;
    }
    if arguments.json {
        context.screen.print_json(&checked)?;
        return Ok(Exit::Success);
    }
    for warning in checked.warnings {
        let shown = context.relative(warning).render(&definition.text);
        context
            .screen
            .say(&format!("{}\n", context.screen.style().marked(&shown)));
    }
    for brought in &checked.brought {
        let told = brought.ahead(remedied);
        context.screen.say(&format!("{}\n", plain(&told)));
    }
    let steps: Vec<_> = checked.steps.iter().map(ToString::to_string).collect();
    context.screen.print(&format!(
        "{} can run: {}\n",
        checked.workflow,
        steps.join(", ")
    ))?;
    Ok(Exit::Success)
}
