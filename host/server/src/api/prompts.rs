//! Prompts and their versions. A prompt has a tag: who changes a copy that is no longer what it was is told so.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Name};
use stepwell_engine::{
    AddVersion, AddedVersion, PromptHistory, PromptSummary, TakeIntrinsic, UseVersion, VersionView,
};

use super::exchange::{Answer, Created, IfMatch, Saved, Tagged};
use crate::asked::{Body, InPath, Query};
use crate::{App, ProblemDetails};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "prompts":
        get_with "/prompts" list = "list_prompts", "All prompts, without their texts";
        post_with "/prompts" add = "add_version",
            "Add a version, which is current at once; the fifth pushes the oldest out. The text of the current one adds none (200)";
        get_with "/prompts/{name}" show = "get_prompt", "One prompt with its versions";
        post_with "/prompts/{name}/check" check = "check_prompt", "What a template would be refused or warned for";
        get_with "/prompts/{name}/diff" diff = "diff_prompt", "What differs between two versions";
        get_with "/prompts/{name}/history" history = "get_prompt_history",
            "How the versions of a prompt have done so far: scores, tokens, money and time"
            { .description("From the newest comparisons that are kept, as many as `comparisons` says, and from all calls. Versions may \
                have met different cases: only a comparison holds one against another.") };
        put_with "/prompts/{name}/current" make_current = "use_version", "Make a kept version current";
        post_with "/prompts/{name}/intrinsic" take_intrinsic = "take_intrinsic",
            "Make what the plugin brings along a version, which is current. Where a kept version has that text, it is made current (200)";
        get_with "/prompts/{name}/versions/{version}" version = "get_version", "One version with its text";
        get_with "/runs/{run}/prompts/{name}/versions/{version}" of_run = "get_version_of_run",
            "The text of a version as a run uses it, also where it isn't kept any more";
        delete_with "/prompts/{name}/versions/{version}" remove = "remove_version",
            "Delete a version that isn't current";
    }
}

/// Names a prompt.
#[derive(Debug, Deserialize, JsonSchema)]
struct PromptPlace {
    /// The prompt.
    name: Name,
}

/// Names a version of a prompt.
#[derive(Debug, Deserialize, JsonSchema)]
struct VersionPlace {
    /// The prompt.
    name: Name,
    /// The version's number, `current`, `latest`, or `intrinsic` for what the plugin brings along.
    version: String,
}

/// Names a version of a prompt as a run uses it.
#[derive(Debug, Deserialize, JsonSchema)]
struct UsedPlace {
    /// The run: `last`, its id, or the last characters of it.
    run: String,
    /// The prompt.
    name: Name,
    /// The version's number.
    version: u32,
}

/// The text of a version.
#[derive(Debug, Serialize, JsonSchema)]
struct UsedText {
    /// The template.
    content: String,
}

/// The version that is to be current.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Choice {
    /// Its number.
    number: u32,
    /// Who makes it current, for the log.
    #[serde(default)]
    by: String,
    /// Why, for the log.
    #[serde(default)]
    reason: String,
    /// The comparison that is the reason.
    #[serde(default)]
    comparison: Option<ComparisonId>,
}

/// Who takes what the plugin brings along, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Taking {
    /// Why; where it is empty, whose text it is.
    #[serde(default)]
    note: String,
    /// Who takes it, for the log of what became current.
    #[serde(default)]
    by: String,
}

/// Two versions.
#[derive(Debug, Deserialize, JsonSchema)]
struct Between {
    /// The one before; 0 is what the plugin brings along.
    from: u32,
    /// The one after; 0 is what the plugin brings along.
    to: u32,
}

/// A template that isn't saved yet.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Template {
    /// The template.
    content: String,
}

/// What is worth a warning.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Warnings {
    /// The warnings, for a person.
    warnings: Vec<String>,
}

/// What differs, as a unified diff.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Diff {
    /// The diff; empty where nothing does.
    pub(super) diff: String,
}

async fn history(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
) -> Answer<PromptHistory> {
    app.engine.prompt(&name).await?;
    Ok(Json(app.engine.prompt_history(&name).await?))
}

/// Changes whenever a version is added or made current.
fn tag_of(prompt: &PromptSummary) -> String {
    let latest = prompt.versions.iter().map(|version| version.number).max();
    format!(
        "\"v{}-c{}\"",
        latest.unwrap_or_default(),
        prompt.current.unwrap_or_default()
    )
}

/// Refuses a change of a copy that is no longer what it was. Call it with the lock on edits held.
async fn hold_against(app: &App, name: &Name, wanted: &IfMatch) -> Result<(), ProblemDetails> {
    if wanted.0.is_none() {
        return Ok(());
    }
    let tag = match app.engine.prompt(name).await {
        Ok(prompt) => tag_of(&prompt),
        // There is none, or it can't be read.
        Err(_) => "\"v0-c0\"".to_owned(),
    };
    if wanted.allows(&tag) {
        Ok(())
    } else {
        Err(ProblemDetails::outdated(format!(
            "prompt `{name}` is at {tag} by now"
        )))
    }
}

async fn list(State(app): State<App>) -> Answer<Vec<PromptSummary>> {
    Ok(Json(app.engine.prompts().await?))
}

async fn show(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
) -> Result<Tagged<PromptSummary>, ProblemDetails> {
    Ok(tagged(app.engine.prompt(&name).await?))
}

fn tagged(value: PromptSummary) -> Tagged<PromptSummary> {
    Tagged::with(tag_of(&value), value)
}

async fn add(
    State(app): State<App>,
    wanted: IfMatch,
    Body(mut request): Body<AddVersion>,
) -> Result<Saved<AddedVersion>, ProblemDetails> {
    request.by = app.person(request.by);
    let _edit = app.edit().await;
    hold_against(&app, &request.name, &wanted).await?;
    Ok(saved(app.engine.add_prompt_version(request).await?))
}

fn saved(value: AddedVersion) -> Saved<AddedVersion> {
    let at = format!("/api/prompts/{}/versions/{}", value.name, value.number);
    match value.added {
        true => Saved::New(Created::at(at, value)),
        false => Saved::There(value),
    }
}

async fn take_intrinsic(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
    wanted: IfMatch,
    Body(Taking { note, by }): Body<Taking>,
) -> Result<Saved<AddedVersion>, ProblemDetails> {
    let by = app.person(by);
    let _edit = app.edit().await;
    hold_against(&app, &name, &wanted).await?;
    let take = TakeIntrinsic { name, note, by };
    Ok(saved(app.engine.take_intrinsic(take).await?))
}

async fn check(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
    Body(template): Body<Template>,
) -> Answer<Warnings> {
    let warnings = app.engine.check_prompt(&name, &template.content).await?;
    Ok(Json(Warnings { warnings }))
}

async fn diff(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
    Query(Between { from, to }): Query<Between>,
) -> Answer<Diff> {
    let diff = app.engine.prompt_diff(&name, from, to).await?;
    Ok(Json(Diff { diff }))
}

async fn make_current(
    State(app): State<App>,
    InPath(PromptPlace { name }): InPath<PromptPlace>,
    wanted: IfMatch,
    Body(choice): Body<Choice>,
) -> Result<Tagged<PromptSummary>, ProblemDetails> {
    let _edit = app.edit().await;
    hold_against(&app, &name, &wanted).await?;
    let Choice {
        number,
        by,
        reason,
        comparison,
    } = choice;
    let request = UseVersion {
        name,
        number,
        by: app.person(by),
        reason,
        comparison,
    };
    Ok(tagged(app.engine.use_prompt_version(request).await?))
}

async fn version(
    State(app): State<App>,
    InPath(VersionPlace { name, version }): InPath<VersionPlace>,
) -> Answer<VersionView> {
    let view = match version.as_str() {
        "current" => app.engine.prompt_version(&name, None).await?,
        "latest" => app.engine.latest_prompt_version(&name).await?,
        "intrinsic" => app.engine.prompt_version(&name, Some(0)).await?,
        number => {
            let number = number_of(number)?;
            app.engine.prompt_version(&name, Some(number)).await?
        }
    };
    Ok(Json(view))
}

async fn of_run(
    State(app): State<App>,
    InPath(UsedPlace { run, name, version }): InPath<UsedPlace>,
) -> Answer<UsedText> {
    let run = app.engine.find_run(&run).await?;
    let content = app.engine.prompt_of_run(run, &name, version).await?;
    Ok(Json(UsedText { content }))
}

async fn remove(
    State(app): State<App>,
    InPath(VersionPlace { name, version }): InPath<VersionPlace>,
    wanted: IfMatch,
) -> Result<Tagged<PromptSummary>, ProblemDetails> {
    let number = number_of(&version)?;
    let _edit = app.edit().await;
    hold_against(&app, &name, &wanted).await?;
    let prompt = app.engine.remove_prompt_version(&name, number).await?;
    Ok(tagged(prompt))
}

fn number_of(version: &str) -> Result<u32, ProblemDetails> {
    version.parse().map_err(|_| {
        ProblemDetails::bad_request(format!("`{version}` is not the number of a version"))
    })
}
