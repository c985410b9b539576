//! What `run`, `resume` and `step run` share: progress, questions, interruptions, and how it ends.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use stepwell_contract::{Grant, Remedy, RunId};
use stepwell_definition::Diagnostic;
use stepwell_engine::{Drive, EngineError, Event, EventView, RunOutcome, RunStatus};
use stepwell_server::ClientError;

use crate::application::Application;
use crate::arguments::PersonArguments;
use crate::errors::{CommandError, Given, ModelsError};
use crate::exit::Exit;
use crate::following::{Progress, compiling_line};
use crate::terminal::{Interrupts, TerminalPerson, level_of, line_of};
use crate::wiring::{Context, Wired, how_to_set_up};

/// When a person who looks at a terminal wants to know that something happens.
const FIRST_SIGN: Duration = Duration::from_millis(300);
/// When it is worth a line of a log.
const FIRST_LINE: Duration = Duration::from_secs(3);

/// Where the person begins to watch.
pub(super) struct Since {
    /// The last event that is not shown.
    pub(super) cursor: u64,
    /// What is said when the first one comes.
    pub(super) opening: String,
    /// What is said before that: a process that was killed may have written it down, and not come to say it.
    unsaid: Vec<EventView>,
}

impl Since {
    /// From its first event on.
    pub(super) fn start_of(run: RunId) -> Self {
        Self {
            cursor: 0,
            opening: format!("run {run}"),
            unsaid: Vec::new(),
        }
    }

    /// After what happened so far.
    pub(super) fn after(events: &[EventView], opening: String) -> Self {
        Self {
            cursor: events.last().map_or(0, |event| event.cursor),
            opening,
            unsaid: kept_when_cut_off(events),
        }
    }

    /// Nothing is said twice where the process that said it is still at work.
    pub(super) fn of_the_living(mut self) -> Self {
        self.unsaid.clear();
        self
    }
}

/// The texts of somebody else that were kept while a run was driven last, if that drive was cut off.
fn kept_when_cut_off(events: &[EventView]) -> Vec<EventView> {
    let begins = |event: &EventView| {
        matches!(
            event.event,
            Event::RunStarted { .. } | Event::RunResumed { .. }
        )
    };
    let since = events.iter().rposition(begins).unwrap_or_default();
    let last = &events[since..];
    if last
        .iter()
        .any(|it| matches!(it.event, Event::RunEnded { .. }))
    {
        return Vec::new();
    }
    let kept = |it: &&EventView| {
        let remedy = match &it.event {
            Event::Warning { remedy, .. } => remedy.as_ref(),
            _ => None,
        };
        matches!(remedy, Some(Remedy::RestoreFile { .. }))
    };
    last.iter().filter(kept).cloned().collect()
}

/// Drives a run to where it can't go further now, while the person watches.
pub(super) async fn driven<F>(
    context: &Context,
    wired: &Wired,
    run: RunId,
    since: Since,
    person: &PersonArguments,
    drive: impl FnOnce(Drive) -> F,
) -> Result<(RunOutcome, Arc<Interrupts>), CommandError>
where
    F: Future<Output = Result<RunOutcome, CommandError>>,
{
    let screen = &context.screen;
    let Since {
        cursor,
        mut opening,
        unsaid,
    } = since;
    if wired.asked.cassette.is_some() {
        // Also where progress isn't wanted: nobody should take these answers for a model's.
        screen.say("replaying recorded answers: no model is asked, and nothing is paid\n");
    }
    for event in &unsaid {
        if let Some(line) = line_of(event, screen.verbosity(), &TimeZone::system()) {
            screen.say_at(level_of(&event.event), &format!("{line}\n"));
        }
    }
    opening.push('\n');
    let interrupts = Interrupts::listen(Arc::clone(screen));
    let asks = screen.can_ask() && !person.no_questions;
    let how = Drive {
        person: asks.then(|| {
            Arc::new(TerminalPerson::new(
                context.environment.user(),
                Arc::clone(screen),
                Arc::clone(&interrupts),
            )) as _
        }),
        stop: Some(interrupts.stop()),
    };
    context.telling.begin(wired);
    let progress = Progress::follow(&wired.engine, run, cursor, opening, screen).await?;
    let door = wired.open_door();
    let outcome = drive(how).await;
    progress.finish().await;
    if let Some(door) = door {
        door.close().await;
    }
    if let Some(recorder) = &wired.asked.recorder {
        recorder.finish().map_err(ModelsError::Record)?;
    }
    let outcome = match outcome {
        // It may have ended in the very moment in which it was asked: then what the run came to is there.
        Err(cut_off @ CommandError::CutOff { .. }) => context.came_to(run).await?.ok_or(cut_off),
        outcome => outcome,
    };
    let outcome = outcome.map_err(|error| explained(error, context, wired))?;
    Ok((outcome, interrupts))
}

/// Waits for what may have to compile plugins, and says so where it takes long.
pub(super) async fn prepared<T>(
    context: &Context,
    wired: &Wired,
    work: impl Future<Output = T>,
) -> T {
    let Application::Here(engine) = &wired.engine else {
        return prepared_quietly(context, work).await;
    };
    let mut live = engine.live();
    let mut work = std::pin::pin!(prepared_quietly(context, work));
    loop {
        tokio::select! {
            biased;
            Ok(live) = live.recv() => {
                if let Some(told) = compiling_line(&live) {
                    let screen = &context.screen;
                    match screen.draws() {
                        true => screen.draw(&[screen.style().dim(told.trim_end())]),
                        false => screen.note(&told),
                    }
                }
            }
            done = &mut work => {
                context.screen.clear();
                return done;
            }
        }
    }
}

/// As [`prepared`], without the plugins that are worth a line of their own.
async fn prepared_quietly<T>(context: &Context, work: impl Future<Output = T>) -> T {
    let screen = &context.screen;
    let told = "preparing the plugins; once compiled they are kept";
    let mut work = std::pin::pin!(work);
    let patience = if screen.draws() {
        FIRST_SIGN
    } else {
        FIRST_LINE
    };
    if let Ok(done) = tokio::time::timeout(patience, &mut work).await {
        return done;
    }
    if screen.draws() {
        screen.draw(&[screen.style().dim(told)]);
    } else {
        screen.note(&format!("{told}\n"));
    }
    let done = work.await;
    screen.clear();
    done
}

/// How the command ends when a run has come to this.
pub(super) fn exit_of(outcome: &RunOutcome, interrupts: &Interrupts) -> Exit {
    match outcome.status {
        RunStatus::Success => Exit::Success,
        RunStatus::Waiting => Exit::Waiting,
        RunStatus::Started | RunStatus::Interrupted => {
            interrupts.exit().unwrap_or(Exit::Interrupted)
        }
        RunStatus::Failure | RunStatus::Cancelled => Exit::Failed,
    }
}

/// Names the problems of a definition as from here, and says what to set where no model is set up at all.
pub(super) fn explained(error: CommandError, context: &Context, wired: &Wired) -> CommandError {
    match with_places(error) {
        CommandError::Text { text, mut told } => {
            let of_models = |diagnostic: &Diagnostic| {
                diagnostic.is_of_unknown_model() || !diagnostic.is_error()
            };
            if wired.engine.has_no_models() && told.diagnostics.iter().all(of_models) {
                return ModelsError::NamedOnly {
                    helps: how_to_set_up(&context.environment),
                }
                .into();
            }
            let diagnostics = told.diagnostics.into_iter();
            told.diagnostics = diagnostics.map(|it| context.relative(it)).collect();
            CommandError::Text { text, told }
        }
        CommandError::Engine(EngineError::Model(_)) if wired.engine.has_no_models() => {
            let helps = how_to_set_up(&context.environment);
            ModelsError::NoneSetUp { helps }.into()
        }
        other => other,
    }
}

/// What a plugin alone lacks is given by a flag: there is no definition that a line could be added to.
pub(super) fn of_a_plugin(mut error: CommandError) -> CommandError {
    if let CommandError::Text { told, .. } = &mut error {
        for diagnostic in &mut told.diagnostics {
            if let Some(Remedy::AddGrant {
                grant: Grant::Workspace,
                value,
            }) = &diagnostic.remedy
            {
                diagnostic.remedy = Some(Remedy::said(format!("add `--grant-workspace {value}`")));
            }
        }
    }
    error
}

/// The problems of a definition are told with their places, wherever they were found.
fn with_places(error: CommandError) -> CommandError {
    match error {
        CommandError::Engine(EngineError::Definition {
            diagnostics,
            source_text,
        }) => Given::Definition.with(diagnostics, source_text),
        CommandError::There(ClientError::Refused(mut problem)) => match problem.definition.take() {
            Some(told) => Given::Definition.with(told.diagnostics, told.source_text),
            None => ClientError::Refused(problem).into(),
        },
        other => other,
    }
}
