//! Runs that a form takes further are carried on behind the page.

use stepwell_contract::{ComparisonId, RunId, StepPath};
use stepwell_engine::{Drive, RerunStep, ResumeComparison, ResumeRun};

use crate::App;

/// Carries a run on that was just started.
pub(super) fn carry_on(app: &App, run: RunId) {
    let engine = app.engine.clone();
    tokio::spawn(async move { engine.drive(run, Drive::default()).await });
}

/// Takes a run further.
pub(super) fn resume(app: &App, run: RunId, request: ResumeRun) {
    let engine = app.engine.clone();
    tokio::spawn(async move { engine.resume(run, request, Drive::default()).await });
}

/// Runs one of its steps again.
pub(super) fn again(app: &App, run: RunId, step: StepPath, request: RerunStep) {
    let engine = app.engine.clone();
    tokio::spawn(async move { engine.rerun(run, &step, request, Drive::default()).await });
}

/// Carries a comparison out that was just started.
pub(super) fn compare(app: &App, comparison: ComparisonId) {
    let engine = app.engine.clone();
    tokio::spawn(async move { engine.drive_comparison(comparison, None).await });
}

/// Takes a comparison further.
pub(super) fn resume_comparison(app: &App, comparison: ComparisonId, request: ResumeComparison) {
    let engine = app.engine.clone();
    tokio::spawn(async move { engine.resume_comparison(comparison, request, None).await });
}
