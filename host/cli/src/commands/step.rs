//! `stepwell step`: one step of a run again, by new answers or by those that are there. Its documents are the output.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{RunId, StepPath, Uses};
use stepwell_engine::{Costly, DocumentPlace, LockPlugins, ReprocessStep, RerunStep, ToStart};

use super::driving::{Since, driven};
use super::resume::run_that_can_go_on;
use super::step_alone::alone;
use super::step_report::report;
use super::{agreeing, answers, estimates};
use crate::arguments::{
    AgreementArguments, ChosenArguments, PersonArguments, PromptChoice, StepReprocessArguments,
    StepRunArguments, replaying,
};
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
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
    let given = arguments.chosen.plugin.as_deref();
    if !may_run_again(run, &path, given, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let request = rerun(&wired, run, &path, items, arguments.chosen, context).await?;
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let already = answers::already(&events, &record.answers);
    let person = arguments.person;
    let mut request = RerunStep {
        confirmed: arguments.yes,
        answers: answers::with_cassette(
            answers::given(&person.answers, context)?,
            wired.asked.cassette.as_ref(),
            &already,
        ),
        no_questions: person.no_questions,
        ..request
    };
    let work = Costly::Rerun {
        run,
        step: path.clone(),
        with: request.clone(),
    };
    match estimates::of_work(ToStart::Step, work, request.confirmed, context, &wired).await? {
        Some(confirmed) => request.confirmed = confirmed,
        None => return Ok(Exit::Failed),
    }
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

/// Whether the plugins may be used that a step of a run is carried out with again: the one that is given, or what the step names now; and what the
/// run was begun with below it. Not where a person said no.
pub(super) async fn may_run_again(
    run: RunId,
    path: &StepPath,
    given: Option<&str>,
    how: &AgreementArguments,
    context: &Context,
    wired: &Wired,
) -> Result<bool, CommandError> {
    let own = match given {
        Some(plugin) => {
            let folder = context.start.to_str().map(str::to_owned);
            Some(agreeing::of_plugin(plugin, folder))
        }
        None => named_now(run, path, wired).await?,
    };
    let below = agreeing::of_run_below(run, path);
    for plugins in own.into_iter().chain([below]) {
        if !agreeing::may_begin(plugins, how, context, wired).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a step of a run names; none where there is no such step, or it has no plugin.
async fn named_now(
    run: RunId,
    path: &StepPath,
    wired: &Wired,
) -> Result<Option<LockPlugins>, CommandError> {
    let view = wired.engine.run(run).await?;
    let step = view.step(path.as_str());
    let Some(uses) = step.and_then(|step| step.uses.as_deref()) else {
        return Ok(None);
    };
    let file = view.definition_file.as_deref().map(Path::new);
    let folder = file.and_then(Path::parent).and_then(Path::to_str);
    Ok(Some(agreeing::of_plugin(uses, folder.map(str::to_owned))))
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
        intrinsic: chosen.intrinsic,
        model: chosen.model,
        // A person names a file from where they are, the engine from the definition's folder.
        plugin: chosen
            .plugin
            .map(|plugin| Uses::seen_from(&plugin, &context.start)),
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
    let given = arguments.plugin.as_deref();
    if !may_run_again(run, &path, given, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let opening = format!("step {path} of run {run} reads again what it was answered");
    let since = Since::after(&events, opening);
    let request = ReprocessStep {
        plugin: arguments
            .plugin
            .map(|plugin| Uses::seen_from(&plugin, &context.start)),
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
