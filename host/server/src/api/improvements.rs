//! Improvements of prompts: versions that a model proposes from what failed, tried on cases.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use stepwell_contract::ImprovementId;
use stepwell_engine::{
    AdvanceImprovement, ImprovementStep, ImprovementSummary, ImprovementView, StartImprovement,
};

use super::exchange::{Answer, Created, Page};
use super::runs::PartOf;
use crate::app::OfImprovement;
use crate::asked::{Body, Query};
use crate::{App, ProblemDetails};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "improvements":
        get_with "/improvements" list = "list_improvements", "The improvements of prompts, newest first";
        post_with "/improvements" start = "start_improvement",
            "Let a model propose versions of a prompt from what failed with it"
            { .description("It is written down, and carried out in the background, from one comparison to the next, to its end: \
                `get_improvement` says where it is. At the end a version that is better beyond chance is made current.") };
        get_with "/improvements/{improvement}" view = "get_improvement",
            "An improvement, as far as it is: every proposal with its reason and its numbers";
        post_with "/improvements/{improvement}/advance" advance = "advance_improvement",
            "Take an improvement further that was stopped, that a cap stopped, or whose calls failed"
            { .description("It goes on in the background to its end. Of one that is under way the answer says where it is, and the caps \
                of the request hold from its next comparison on.") };
        post_with "/improvements/{improvement}/remove" remove = "remove_improvement",
            "Remove an improvement; its comparisons stay";
    }
}

async fn list(
    State(app): State<App>,
    Query(part): Query<PartOf<ImprovementId>>,
) -> Answer<Page<ImprovementSummary>> {
    let limit = part.size()?;
    let items = app.engine.improvements(part.before, Some(limit)).await?;
    Ok(Page::listed(items, limit, |improvement| {
        improvement.id.to_string()
    }))
}

async fn start(
    State(app): State<App>,
    Body(mut request): Body<StartImprovement>,
) -> Result<Created<ImprovementView>, ProblemDetails> {
    request.by = app.person(request.by);
    let id = app.runs.start_improvement(request).await?;
    let value = app.engine.improvement(id).await?;
    Ok(Created::at(format!("/api/improvements/{id}"), value))
}

async fn view(State(app): State<App>, OfImprovement(id): OfImprovement) -> Answer<ImprovementView> {
    Ok(Json(app.engine.improvement(id).await?))
}

async fn advance(
    State(app): State<App>,
    OfImprovement(id): OfImprovement,
    Body(request): Body<AdvanceImprovement>,
) -> Answer<ImprovementStep> {
    Ok(Json(app.runs.advance_improvement(id, request).await?))
}

async fn remove(
    State(app): State<App>,
    OfImprovement(id): OfImprovement,
) -> Answer<ImprovementView> {
    let as_it_was = app.engine.improvement(id).await?;
    app.engine.remove_improvement(id).await?;
    Ok(Json(as_it_was))
}
