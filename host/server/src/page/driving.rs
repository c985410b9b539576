//! Runs that a form takes further are carried on behind the page.

use stepwell_contract::RunId;
use stepwell_contract::StepPath;
use stepwell_engine::{Drive, RerunStep, ResumeRun};

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
