//! Comparisons: versions of a prompt, and models, side by side on the same cases.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::ComparisonId;
use stepwell_engine::{
    Ahead, BatchGivenUp, CellAddress, CellAnswer, CellDetail, ComparisonOutcome, ComparisonSummary,
    ComparisonView, EventView, ListAnswers, PromptSummary, RemoveComparisons, RemovedComparisons,
    ResumeComparison, StartComparison, Trial,
};

use super::exchange::{Answer, Created, Page};
use super::runs::{EventsPart, PartOf, Waiting, unless_ending};
use super::streams::{Events, LastSeen, Since};
use crate::app::OfComparison;
use crate::asked::{Body, Query};
use crate::{App, ProblemDetails};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "comparisons":
        get_with "/comparisons" list = "list_comparisons", "The comparisons, newest first";
        post_with "/comparisons" start = "start_comparison",
            "Start a comparison; its cells are carried out in the background";
        post_with "/comparisons/remove" remove = "remove_comparisons",
            "Remove comparisons with the cells that they made, or say what that would be";
        post_with "/trials" try_text = "try_text",
            "Send a text of a prompt that isn't saved, once, on what a step of a run was given or on a case of your own"
            { .description("A comparison of that text alone, which is carried out in the background. The same trial is there \
                already where it was asked for before, and isn't sent again.") };
        post_with "/trials/prompt" look_at_trial = "look_at_trial",
            "What a trial would ask a model first; nothing is sent, and nothing is kept";
        get_with "/comparisons/{comparison}" view = "get_comparison", "A comparison, as far as it is";
        get_with "/comparisons/{comparison}/outcome" outcome = "get_comparison_outcome", "Where a comparison is"
            { .description("With `wait=true` the answer comes when it isn't under way any more.") };
        get_with "/comparisons/{comparison}/cell" cell = "get_cell", "One cell, with all its texts";
        get_with "/comparisons/{comparison}/answers" answers = "list_answers",
            "What the cells of some cases were answered, each by the beginning of its text";
        post_with "/comparisons/{comparison}/rating" rate = "rate_cell", "Say what you think of a cell";
        post_with "/comparisons/{comparison}/resume" resume = "resume_comparison", "Take a comparison further";
        post_with "/comparisons/{comparison}/stop" stop = "stop_comparison", "Stop a comparison where it is";
        post_with "/comparisons/{comparison}/give-up-batches" give_up = "give_up_batches",
            "Tell providers to give up what they haven't answered yet of the batches of a comparison"
            { .description("The comparison itself goes on, or is stopped before. What is answered by then is fetched when it is \
                taken further, and what isn't is sent again then.") };
        post_with "/comparisons/{comparison}/promote" promote = "promote_version",
            "Make a compared version current, with the comparison as the reason";
        get_with "/comparisons/{comparison}/events" events = "list_comparison_events", "The events of a comparison";
        get_with "/comparisons/{comparison}/stream" stream = "stream_comparison",
            "A comparison as it goes on, as server-sent events";
    }
}

/// Where a cell stands.
#[derive(Debug, Deserialize, JsonSchema)]
struct CellPlace {
    /// The place of the case, from 0.
    case: u32,
    /// The place of the variant, from 0.
    variant: u32,
    /// Which of the repeats, from 1.
    #[serde(default = "first")]
    repeat: u32,
}

fn first() -> u32 {
    1
}

impl CellPlace {
    fn of(self, comparison: ComparisonId) -> CellAddress {
        CellAddress {
            comparison,
            case: self.case,
            variant: self.variant,
            repeat: self.repeat,
        }
    }
}

/// Cases of which an answer is wanted at once: a page of a matrix has fewer.
const MOST_CASES: usize = 100;

/// Which answers.
#[derive(Debug, Deserialize, JsonSchema)]
struct Answered {
    /// The places of at most 100 cases, from 0, with commas between, such as `0,3,4`.
    cases: String,
    /// Which of the repeats, from 1; none is all of them.
    #[serde(default)]
    repeat: Option<u32>,
}

impl Answered {
    fn of(&self, comparison: ComparisonId) -> Result<ListAnswers, ProblemDetails> {
        let places = self.cases.split(',').map(|place| place.trim().parse());
        let cases: Result<Vec<u32>, _> = places.take(MOST_CASES + 1).collect();
        match cases {
            Ok(cases) if cases.len() <= MOST_CASES => Ok(ListAnswers {
                comparison,
                cases,
                repeat: self.repeat,
            }),
            _ => {
                let wanted = format!(
                    "`cases` has the places of at most {MOST_CASES} cases, such as `0,3,4`"
                );
                Err(ProblemDetails::bad_request(wanted))
            }
        }
    }
}

/// What a person thinks of a cell.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Opinion {
    /// From 1 (bad) to 5 (good); none takes the rating back.
    score: Option<u8>,
    /// Why.
    #[serde(default)]
    comment: String,
    /// Who says so.
    #[serde(default)]
    by: String,
}

/// The version that won.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Winner {
    /// Its number.
    number: u32,
    /// Who makes it current, for the log.
    #[serde(default)]
    by: String,
}

async fn remove(
    State(app): State<App>,
    Body(request): Body<RemoveComparisons>,
) -> Answer<RemovedComparisons> {
    Ok(Json(app.runs.remove_comparisons(request).await?))
}

async fn list(
    State(app): State<App>,
    Query(part): Query<PartOf<ComparisonId>>,
) -> Answer<Page<ComparisonSummary>> {
    let limit = part.size()?;
    let items = app.engine.comparisons(part.before, Some(limit)).await?;
    Ok(Page::listed(items, limit, |comparison| {
        comparison.id.to_string()
    }))
}

async fn start(
    State(app): State<App>,
    Body(mut request): Body<StartComparison>,
) -> Result<Created<ComparisonView>, ProblemDetails> {
    request.by = app.person(request.by);
    let id = app.runs.start_comparison(request).await?;
    let value = app.engine.comparison(id).await?;
    let at = format!("/api/comparisons/{id}");
    Ok(Created::at(at, value))
}

async fn try_text(
    State(app): State<App>,
    Body(trial): Body<Trial>,
) -> Result<Created<ComparisonView>, ProblemDetails> {
    let id = app.runs.start_trial(trial).await?;
    let value = app.engine.comparison(id).await?;
    Ok(Created::at(format!("/api/comparisons/{id}"), value))
}

async fn look_at_trial(State(app): State<App>, Body(trial): Body<Trial>) -> Answer<Ahead> {
    Ok(Json(app.engine.look_at_trial(trial).await?))
}

async fn view(State(app): State<App>, OfComparison(id): OfComparison) -> Answer<ComparisonView> {
    Ok(Json(app.engine.comparison(id).await?))
}

async fn outcome(
    State(app): State<App>,
    Query(query): Query<Waiting>,
    OfComparison(id): OfComparison,
) -> Answer<ComparisonOutcome> {
    if query.wait {
        unless_ending(&app, app.runs.comparison_at_rest(id)).await?;
    }
    let summary = app.engine.comparison(id).await?.summary;
    Ok(Json(ComparisonOutcome {
        comparison: id,
        improvement: summary.improvement,
        status: summary.status,
        problem: summary.problem,
    }))
}

async fn cell(
    State(app): State<App>,
    Query(cell): Query<CellPlace>,
    OfComparison(id): OfComparison,
) -> Answer<CellDetail> {
    let address = cell.of(id);
    Ok(Json(app.engine.comparison_cell(&address).await?))
}

async fn answers(
    State(app): State<App>,
    Query(wanted): Query<Answered>,
    OfComparison(id): OfComparison,
) -> Answer<Vec<CellAnswer>> {
    let wanted = wanted.of(id)?;
    Ok(Json(app.engine.comparison_answers(&wanted).await?))
}

async fn rate(
    State(app): State<App>,
    Query(cell): Query<CellPlace>,
    OfComparison(id): OfComparison,
    Body(opinion): Body<Opinion>,
) -> Answer<CellDetail> {
    let cell = cell.of(id);
    let request = stepwell_engine::RateCell {
        cell: cell.clone(),
        score: opinion.score,
        comment: opinion.comment,
        by: app.person(opinion.by),
    };
    app.engine.rate_cell(request).await?;
    Ok(Json(app.engine.comparison_cell(&cell).await?))
}

async fn resume(
    State(app): State<App>,
    OfComparison(id): OfComparison,
    Body(mut request): Body<ResumeComparison>,
) -> Answer<ComparisonView> {
    request.by = app.person(request.by);
    app.runs.resume_comparison(id, request).await?;
    Ok(Json(app.engine.comparison(id).await?))
}

async fn stop(State(app): State<App>, OfComparison(id): OfComparison) -> Answer<ComparisonView> {
    app.runs.stop_comparison(id).await?;
    Ok(Json(app.engine.comparison(id).await?))
}

async fn give_up(
    State(app): State<App>,
    OfComparison(id): OfComparison,
) -> Answer<Vec<BatchGivenUp>> {
    Ok(Json(app.engine.give_up_batches(id).await?))
}

async fn promote(
    State(app): State<App>,
    OfComparison(id): OfComparison,
    Body(winner): Body<Winner>,
) -> Answer<PromptSummary> {
    let _edit = app.edit().await;
    Ok(Json(
        app.engine
            .promote(id, winner.number, app.person(winner.by))
            .await?,
    ))
}

async fn events(
    State(app): State<App>,
    Query(part): Query<EventsPart>,
    OfComparison(id): OfComparison,
) -> Answer<Page<EventView>> {
    part.of(&app, id.into()).await
}

async fn stream(
    State(app): State<App>,
    Query(since): Query<Since>,
    seen: LastSeen,
    OfComparison(id): OfComparison,
) -> Result<Events, ProblemDetails> {
    Ok(Events::of(&app, id.into(), &since, &seen))
}
