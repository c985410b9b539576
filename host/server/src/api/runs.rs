//! Runs: started, looked at, taken further, stopped, ended.

use std::time::Duration;

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{RunEstimate, RunId, StepPath, Undertaking};
use stepwell_engine::{
    Ahead, Costly, DocumentPlace, EventView, GivenAnswer, ListRuns, LookAhead, RemoveRuns,
    RemovedRuns, ReprocessStep, RerunStep, ResumeRun, RunAlone, RunOutcome, RunStatus,
    RunStepAlone, RunSummary, RunView, StartRun,
};

use super::exchange::{Answer, Created, Page};
use crate::app::OfRun;
use crate::asked::{Body, Query};
use crate::{App, ProblemDetails};

/// How many items a part of a listing has where nobody says.
const USUAL: usize = 50;
/// How long a server that ends waits for what is about to come.
const LAST_WORD: Duration = Duration::from_secs(2);
/// How many it has at most.
pub(super) const MOST: usize = 1000;

pub(super) fn router() -> ApiRouter<App> {
    operations! { "runs":
        get_with "/runs" list = "list_runs", "The runs, newest first: all, or those that fit";
        post_with "/runs" start = "start_run", "Start a run; it is carried on in the background";
        post_with "/estimates" estimate = "estimate_run",
            "What a run would probably take; nothing is sent, and nothing is kept";
        post_with "/estimates/work" estimate_work = "estimate_work",
            "What a step alone, a step again or a comparison would probably take; nothing is sent, and nothing is kept";
        post_with "/plugin-runs" start_alone = "run_plugin", "Run one plugin alone, in a run of its own";
        post_with "/step-runs" start_step_alone = "run_step_alone",
            "Run one step of a definition alone, in a run of its own";
        get_with "/runs/{run}" view = "get_run", "A run with its whole state";
        get_with "/runs/{run}/outcome" outcome = "get_outcome", "Where a run is"
            { .description("With `wait=true` the answer comes when the run isn't under way any more.") };
        post_with "/runs/{run}/resume" resume = "resume_run",
            "Take a run further: after an answer, a failure, a correction";
        post_with "/runs/{run}/answers" answer = "answer_run",
            "Answer questions of a run, or decline them; it goes on with that";
        post_with "/step-prompt" look_ahead = "look_at_prompt",
            "What a step would ask a model first; nothing is sent, and nothing is kept";
        post_with "/runs/{run}/rerun" rerun = "rerun_step", "Run one step of a run, or one item of it, again";
        post_with "/runs/{run}/reprocess" reprocess = "reprocess_step",
            "Carry one step of a run out again from the answers that it got; nothing is asked for anew";
        post_with "/runs/{run}/stop" stop = "stop_run", "Stop a run where it is; `resume` goes on";
        post_with "/runs/remove" remove = "remove_runs",
            "Remove finished runs, by name or by rule, or say which that would be";
        post_with "/runs/{run}/cancel" cancel = "cancel_run", "End a run for good";
        get_with "/runs/{run}/events" events = "list_events", "The events of a run, in their order";
    }
}

/// Which part of the runs, or of the comparisons.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PartOf<Id> {
    /// Only those that began before this one: `next` of the part before.
    pub(super) before: Option<Id>,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

impl<Id> PartOf<Id> {
    /// The number of its items.
    pub(super) fn size(&self) -> Result<usize, ProblemDetails> {
        size(self.limit, USUAL)
    }
}

/// Which part of the runs.
#[derive(Debug, Deserialize, JsonSchema)]
struct PartOfRuns {
    /// Only those that began before this one: `next` of the part before.
    before: Option<RunId>,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// Only those that are there.
    #[serde(default)]
    status: Option<RunStatus>,
    /// Only those of the workflow that gives itself this name.
    #[serde(default)]
    workflow: Option<String>,
    /// Only those in whose label, workflow, id, inputs or problem each of these words stands, in whatever case.
    #[serde(default)]
    search: Option<String>,
}

/// Answers to questions of a run.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Answers {
    /// The answers.
    #[serde(default)]
    answers: Vec<GivenAnswer>,
    /// Steps whose open questions the person declines to answer: the step is told so, and most end with it.
    #[serde(default)]
    declined: Vec<StepPath>,
}

/// A step of a run.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfStep {
    /// The step's path, such as `requirement/refine`.
    step: StepPath,
}

/// A step of a run, or one item of it.
#[derive(Debug, Deserialize, JsonSchema)]
struct AtPlace {
    /// The step's path, such as `requirement/refine`, or one item of it: `implementation/code[1]`.
    step: String,
}

/// What is to be run again: of rounds and takes none is run by itself.
pub(crate) fn rerun_place(given: &str) -> Result<DocumentPlace, ProblemDetails> {
    let place: DocumentPlace = given.parse().map_err(ProblemDetails::bad_request)?;
    if place.take.is_some() || place.rounds.iter().any(Option::is_some) {
        return Err(ProblemDetails::bad_request(format!(
            "`{given}` names a round or a take: a step, or an item of it, is run again from its first round on"
        )));
    }
    Ok(place)
}

/// Whether to wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Waiting {
    /// Whether the answer comes only when it isn't under way any more.
    #[serde(default)]
    pub(super) wait: bool,
}

/// Which part of the events.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct EventsPart {
    /// Only events after this cursor: `next` of the part before.
    #[serde(default)]
    after: u64,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

/// The number of items of a part.
pub(super) fn size(limit: Option<usize>, usual: usize) -> Result<usize, ProblemDetails> {
    match limit {
        None => Ok(usual),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(limit) => Err(ProblemDetails::bad_request(format!(
            "`limit` is {limit}, and can be 1 to {MOST}"
        ))),
    }
}

async fn list(State(app): State<App>, Query(part): Query<PartOfRuns>) -> Answer<Page<RunSummary>> {
    let limit = size(part.limit, USUAL)?;
    let wanted = ListRuns {
        before: part.before,
        limit: Some(limit),
        status: part.status,
        workflow: part.workflow,
        search: part.search,
    };
    let items = app.engine.runs(&wanted).await?;
    Ok(Page::listed(items, limit, |run| run.id.to_string()))
}

async fn remove(State(app): State<App>, Body(request): Body<RemoveRuns>) -> Answer<RemovedRuns> {
    Ok(Json(app.runs.remove_runs(request).await?))
}

/// Whoever gives an answer and doesn't say who it is is whoever serves.
fn name_who_answers(app: &App, answers: &mut [GivenAnswer]) {
    for answer in answers {
        answer.by = app.person(std::mem::take(&mut answer.by));
    }
}

async fn start(
    State(app): State<App>,
    Body(mut request): Body<StartRun>,
) -> Result<Created<RunView>, ProblemDetails> {
    name_who_answers(&app, &mut request.answers);
    let run = app.runs.start(request).await?;
    created(&app, run).await
}

async fn estimate(State(app): State<App>, Body(request): Body<StartRun>) -> Answer<RunEstimate> {
    Ok(Json(app.engine.estimate(request).await?))
}

async fn estimate_work(State(app): State<App>, Body(work): Body<Costly>) -> Answer<RunEstimate> {
    Ok(Json(app.engine.estimate_work(work).await?))
}

async fn start_alone(
    State(app): State<App>,
    Body(request): Body<RunAlone>,
) -> Result<Created<RunView>, ProblemDetails> {
    let run = app.runs.start_alone(request).await?;
    created(&app, run).await
}

async fn start_step_alone(
    State(app): State<App>,
    Body(request): Body<RunStepAlone>,
) -> Result<Created<RunView>, ProblemDetails> {
    let run = app.runs.start_step_alone(request).await?;
    created(&app, run).await
}

async fn created(app: &App, run: RunId) -> Result<Created<RunView>, ProblemDetails> {
    let value = app.engine.run(run).await?;
    let at = format!("/api/runs/{run}");
    Ok(Created::at(at, value))
}

async fn view(State(app): State<App>, OfRun(run): OfRun) -> Answer<RunView> {
    Ok(Json(app.engine.run(run).await?))
}

async fn outcome(
    State(app): State<App>,
    Query(query): Query<Waiting>,
    OfRun(run): OfRun,
) -> Answer<RunOutcome> {
    if query.wait {
        return unless_ending(&app, app.runs.at_rest(run)).await.map(Json);
    }
    Ok(Json(app.engine.outcome(run).await?))
}

/// Waits for something, but not for long once the server ends: what it waits for is about to come then, or never.
pub(super) async fn unless_ending<T>(
    app: &App,
    waited_for: impl Future<Output = Result<T, ProblemDetails>>,
) -> Result<T, ProblemDetails> {
    let mut ending = app.ending.clone();
    let end = async {
        // A sender that is gone is the end, too.
        let _ = ending.wait_for(|ending| *ending).await;
        tokio::time::sleep(LAST_WORD).await;
    };
    tokio::select! {
        // What is there is said, however late this is looked at.
        biased;
        outcome = waited_for => outcome,
        () = end => Err(ProblemDetails::ending()),
    }
}

async fn resume(
    State(app): State<App>,
    OfRun(run): OfRun,
    Body(mut request): Body<ResumeRun>,
) -> Answer<RunView> {
    name_who_answers(&app, &mut request.answers);
    app.runs.resume(run, request).await?;
    Ok(Json(app.engine.run(run).await?))
}

async fn answer(
    State(app): State<App>,
    OfRun(run): OfRun,
    Body(mut given): Body<Answers>,
) -> Answer<RunView> {
    name_who_answers(&app, &mut given.answers);
    app.runs.answer(run, given.answers, given.declined).await?;
    Ok(Json(app.engine.run(run).await?))
}

async fn look_ahead(State(app): State<App>, Body(request): Body<LookAhead>) -> Answer<Ahead> {
    Ok(Json(app.engine.look_ahead(request).await?))
}

async fn rerun(
    State(app): State<App>,
    Query(AtPlace { step }): Query<AtPlace>,
    OfRun(run): OfRun,
    Body(mut request): Body<RerunStep>,
) -> Answer<RunView> {
    name_who_answers(&app, &mut request.answers);
    let place = rerun_place(&step)?;
    let step = place.step;
    if !place.items.is_empty() {
        request.items = place.items;
    }
    app.runs.rerun(run, step, request).await?;
    Ok(Json(app.engine.run(run).await?))
}

async fn reprocess(
    State(app): State<App>,
    Query(OfStep { step }): Query<OfStep>,
    OfRun(run): OfRun,
    Body(request): Body<ReprocessStep>,
) -> Answer<RunView> {
    app.runs.reprocess(run, step, request).await?;
    Ok(Json(app.engine.run(run).await?))
}

async fn stop(State(app): State<App>, OfRun(run): OfRun) -> Answer<RunOutcome> {
    Ok(Json(app.runs.stop(run).await?))
}

async fn cancel(State(app): State<App>, OfRun(run): OfRun) -> Answer<RunOutcome> {
    app.runs.cancel(run).await?;
    Ok(Json(app.engine.outcome(run).await?))
}

async fn events(
    State(app): State<App>,
    Query(part): Query<EventsPart>,
    OfRun(run): OfRun,
) -> Answer<Page<EventView>> {
    part.of(&app, run.into()).await
}

impl EventsPart {
    /// Events of a run, or of a comparison.
    pub(super) async fn of(self, app: &App, what: Undertaking) -> Answer<Page<EventView>> {
        let limit = size(self.limit, MOST)?;
        let items = app.engine.events(what, self.after, limit).await?;
        Ok(Page::of(items, limit, |event| event.cursor.to_string()))
    }
}
