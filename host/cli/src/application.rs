//! Where a command's work is done: in this process, or in the one that holds the store.
//!
//! A command asks for the same either way, under the names of the engine's methods. Only who drives a run differs: the
//! process that holds the store does, and this one watches, asks the person and hands the answers over.

mod accompanying;
mod comparing;
mod watching;

use std::path::Path;

use stepwell_contract::{
    ComparisonId, ImprovementId, Name, RunEstimate, RunId, StepPath, Undertaking,
};
use stepwell_engine::{
    AddVersion, AddedVersion, AdvanceImprovement, Ahead, BackedUp, BatchGivenUp, BranchView,
    CallDetail, CallView, CellAddress, CellAnswer, CellDetail, CheckPlugin, CheckedDefinition,
    CheckedPlugin, CheckedStore, ComparisonSummary, ComparisonView, Cost, Costly, DefinitionSource,
    DefinitionView, DocumentAddress, DocumentSummary, DocumentView, Drive, Engine, EventView,
    ExplainSteps, ExplainedDefinition, FileFate, FileView, ImprovementStep, ImprovementSummary,
    ImprovementView, ListAnswers, ListRuns, Listed, LockPlugins, LockedPlugins, LookAhead,
    PluginView, ProjectPlugins, PromptHistory, PromptSummary, RateCell, RemoveComparisons,
    RemoveRuns, RemovedComparisons, RemovedRuns, ReprocessStep, RerunStep, RestoredFile, ResumeRun,
    RunAlone, RunOutcome, RunStatus, RunStepAlone, RunSummary, RunView, Selection, StartComparison,
    StartImprovement, StartRun, TakeIntrinsic, Trial, UseVersion, VersionView, WantedCost,
};
use stepwell_server::Client;

use crate::errors::CommandError;
pub(crate) use watching::Watching;

/// The application, wherever it is.
#[derive(Clone)]
pub(crate) enum Application {
    /// In this process, which holds the store.
    Here(Engine),
    /// In the process that holds the store.
    There(Client),
}

type Told<T> = Result<T, CommandError>;

impl Application {
    /// Whether no model is set up here. Another process has models of its own.
    pub(crate) fn has_no_models(&self) -> bool {
        matches!(self, Self::Here(engine) if engine.models().is_empty())
    }

    /// The definitions that lie in the project.
    pub(crate) async fn definitions(&self) -> Told<Vec<DefinitionView>> {
        match self {
            Self::Here(engine) => Ok(engine.definitions().await),
            Self::There(client) => Ok(client.definitions().await?),
        }
    }

    /// Drives a run that was started.
    pub(crate) async fn drive(&self, run: RunId, how: Drive) -> Told<RunOutcome> {
        match self {
            Self::Here(engine) => Ok(engine.drive(run, how).await?),
            // Whoever started it drives it already.
            Self::There(client) => accompanying::accompany(client, run, how).await,
        }
    }

    /// Whether another process drives a run at this moment.
    pub(crate) async fn drives_elsewhere(&self, run: RunId) -> Told<bool> {
        match self {
            Self::Here(_) => Ok(false),
            Self::There(client) => Ok(client.run(run).await?.summary.status == RunStatus::Started),
        }
    }

    pub(crate) async fn resume(
        &self,
        run: RunId,
        request: ResumeRun,
        how: Drive,
    ) -> Told<RunOutcome> {
        match self {
            Self::Here(engine) => Ok(engine.resume(run, request, how).await?),
            Self::There(client) => {
                client.resume(run, &request).await?;
                accompanying::accompany(client, run, how).await
            }
        }
    }

    pub(crate) async fn rerun(
        &self,
        run: RunId,
        step: &StepPath,
        request: RerunStep,
        how: Drive,
    ) -> Told<RunOutcome> {
        match self {
            Self::Here(engine) => Ok(engine.rerun(run, step, request, how).await?),
            Self::There(client) => {
                client.rerun(run, step, &request).await?;
                accompanying::accompany(client, run, how).await
            }
        }
    }

    pub(crate) async fn reprocess(
        &self,
        run: RunId,
        step: &StepPath,
        request: ReprocessStep,
        how: Drive,
    ) -> Told<RunOutcome> {
        match self {
            Self::Here(engine) => Ok(engine.reprocess(run, step, request, how).await?),
            Self::There(client) => {
                client.reprocess(run, step, &request).await?;
                accompanying::accompany(client, run, how).await
            }
        }
    }
}

/// Asks the engine, or the client, the same.
macro_rules! wherever_it_is {
    ($($(#[$about:meta])* [$area:ident] $name:ident($($given:ident: $kind:ty),*) -> $told:ty;)*) => {
        impl Application {
            $($(#[$about])*
            pub(crate) async fn $name(&self, $($given: $kind),*) -> Told<$told> {
                match self {
                    Self::Here(engine) => Ok(engine.$name($($given),*).await?),
                    Self::There(client) => Ok(client.$name($($given),*).await?),
                }
            })*
        }
    };
}

stepwell_engine::operations!(wherever_it_is);
