//! `stepwell resume`: a run taken further.

use stepwell_contract::RunId;
use stepwell_engine::{EngineError, ResumeRun, RunError};

use super::driving::{Since, driven, exit_of};
use super::{agreeing, answers, summary, texts};
use crate::arguments::ResumeArguments;
use crate::errors::{CommandError, ModelsError};
use crate::exit::Exit;
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn resume(
    arguments: ResumeArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::There, &arguments.models, Tape::GoesOn)
        .await?;
    let run = wired.engine.find_run(&arguments.run).await?;
    let record = run_that_can_go_on(&wired, run).await?;
    let plugins = agreeing::of_run(run);
    if !agreeing::may_begin(plugins, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let documents = texts::documents(arguments.documents)?;
    let events = wired.engine.events(run.into(), 0, usize::MAX).await?;
    let already = answers::already(&events, &record.answers);
    let person = arguments.person;
    let request = ResumeRun {
        answers: answers::with_cassette(
            answers::given(&person.answers, context)?,
            wired.asked.cassette.as_ref(),
            &already,
        ),
        declined: Vec::new(),
        documents,
        until: arguments.until,
        no_questions: person.no_questions,
        resend: arguments.resend,
        rounds: arguments.rounds,
    };
    // A run that is under way is watched, where nothing else is wanted.
    let watches = request == ResumeRun::default() && wired.engine.drives_elsewhere(run).await?;
    let opening = format!("run {run} of {} goes on", record.workflow);
    let mut since = Since::after(&events, opening);
    if watches {
        since = since.of_the_living();
    }
    let drive = async |how| {
        if !watches {
            return wired.engine.resume(run, request, how).await;
        }
        let told = format!("run {run} of {} is under way\n", record.workflow);
        context.screen.note(&told);
        wired.engine.drive(run, how).await
    };
    let (outcome, interrupts) = driven(context, &wired, run, since, &person, drive).await?;
    let shown = async |wired: &Wired| summary::show(context, wired, &outcome, arguments.json).await;
    let _ = context.after_work(wired, shown).await?;
    Ok(exit_of(&outcome, &interrupts))
}

/// What a run that goes on was.
pub(super) struct GoingOn {
    pub(super) workflow: String,
    /// The answers that it still holds.
    pub(super) answers: Vec<(String, String)>,
}

/// A run that can go on. One of recorded answers can't without them; another process has them, or not, itself.
pub(super) async fn run_that_can_go_on(wired: &Wired, run: RunId) -> Result<GoingOn, CommandError> {
    let Some(store) = &wired.store else {
        return Ok(GoingOn {
            workflow: wired.engine.run(run).await?.summary.workflow,
            answers: Vec::new(),
        });
    };
    let Some(record) = store.run(run).await? else {
        let given = run.to_string();
        return Err(EngineError::from(RunError::NoSuchRun { given }).into());
    };
    let replayed = record
        .models
        .values()
        .any(|model| model.provider == stepwell_contract::REPLAY);
    if replayed && wired.asked.cassette.is_none() {
        return Err(ModelsError::NothingToReplay { run }.into());
    }
    Ok(GoingOn {
        workflow: record.workflow,
        answers: record.answers,
    })
}
