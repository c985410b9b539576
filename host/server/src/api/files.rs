//! The files that a run wrote: listed, compared, put back.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::StepPath;
use stepwell_engine::{BranchView, FileFate, FileView, RestoredFile, Selection};

use super::exchange::Answer;
use super::prompts::Diff;
use crate::App;
use crate::app::OfRun;
use crate::asked::{Body, Query};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "files":
        get_with "/runs/{run}/files" list = "list_files", "The files that a run wrote or removed";
        get_with "/runs/{run}/files/diff" diff = "diff_files", "What a run changed in the workspace's files";
        post_with "/runs/{run}/files/restore" restore = "restore_file",
            "Put back what was there before the run wrote a file";
        post_with "/runs/{run}/branch" branch = "remake_branch",
            "Make the branch of a run again, where somebody deleted it";
    }
}

/// Which files of a run.
#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Of this step; none is all steps.
    #[serde(default)]
    step: Option<StepPath>,
    /// Of this round of a repeated step, from 1; none is all rounds.
    #[serde(default)]
    round: Option<u32>,
    /// Only this file: its path below the workspace.
    #[serde(default)]
    path: Option<String>,
}

impl Which {
    fn selection(&self) -> Selection {
        Selection {
            run: None,
            step: self.step.clone(),
            round: self.round,
        }
    }
}

/// What a run changed, and how much is told around it.
#[derive(Debug, Deserialize, JsonSchema)]
struct Changed {
    /// Of this step; none is all steps.
    #[serde(default)]
    step: Option<StepPath>,
    /// Of this round of a repeated step, from 1; none is all rounds.
    #[serde(default)]
    round: Option<u32>,
    /// Only this file: its path below the workspace.
    #[serde(default)]
    path: Option<String>,
    /// How many lines stand around a change; none is three.
    #[serde(default)]
    context: Option<u32>,
    /// `dropped`: what a person said no to; `written`, as where nothing is said: all the rest.
    #[serde(default)]
    of: FileFate,
}

/// A file that is to be as it was.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ToRestore {
    /// Its path below the workspace.
    path: String,
    /// Which of the texts that are kept of it, by its digest or the beginning of that; none is what was there before the run.
    #[serde(default)]
    text: Option<String>,
    /// Whether to overwrite what somebody changed in it since the run wrote it.
    #[serde(default)]
    overwrite: bool,
}

async fn list(
    State(app): State<App>,
    Query(which): Query<Which>,
    OfRun(run): OfRun,
) -> Answer<Vec<FileView>> {
    let mut files = app.engine.files(run, &which.selection()).await?;
    files.retain(|file| which.path.as_ref().is_none_or(|path| file.path == *path));
    Ok(Json(files))
}

async fn diff(
    State(app): State<App>,
    Query(changed): Query<Changed>,
    OfRun(run): OfRun,
) -> Answer<Diff> {
    let selection = Selection {
        run: None,
        step: changed.step,
        round: changed.round,
    };
    let path = changed.path.as_deref();
    let diff = app
        .engine
        .file_diff(run, &selection, path, changed.context, changed.of)
        .await?;
    Ok(Json(Diff { diff }))
}

async fn branch(State(app): State<App>, OfRun(run): OfRun) -> Answer<BranchView> {
    Ok(Json(app.engine.remake_branch(run).await?))
}

async fn restore(
    State(app): State<App>,
    OfRun(run): OfRun,
    Body(wanted): Body<ToRestore>,
) -> Answer<RestoredFile> {
    let ToRestore {
        path,
        text,
        overwrite,
    } = wanted;
    let restored = match text {
        Some(text) => app.engine.restore_text(run, &path, &text, overwrite).await,
        None => app.engine.restore_file(run, &path, overwrite).await,
    };
    Ok(Json(restored?))
}
