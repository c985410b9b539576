//! Where a command's work is done: in this process, or in the one that holds the store.
//!
//! A command asks for the same either way, under the names of the engine's methods. Only who drives a run differs: the
//! process that holds the store does, and this one watches, asks the person and hands the answers over.

/// Asks the engine, or the client, the same.
macro_rules! ask {
    ($self:expr, $($method:tt)+) => {
        match $self {
            Application::Here(engine) => Ok(engine.$($method)+.await?),
            Application::There(client) => Ok(client.$($method)+.await?),
        }
    };
}

mod accompanying;
mod comparing;
mod watching;

use std::path::Path;

use stepwell_contract::{Name, RunId, StepPath};
use stepwell_engine::{
    AddVersion, AddedVersion, CallDetail, CallView, CheckedDefinition, DefinitionSource,
    DocumentAddress, DocumentSummary, DocumentView, Drive, Engine, EventView, FileView, PluginView,
    PromptSummary, RerunStep, ResumeRun, RunAlone, RunOutcome, RunStatus, RunSummary, RunView,
    Selection, StartRun, UseVersion, VersionView,
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

    pub(crate) async fn runs(
        &self,
        before: Option<RunId>,
        limit: Option<usize>,
    ) -> Told<Vec<RunSummary>> {
        ask!(self, runs(before, limit))
    }

    pub(crate) async fn find_run(&self, given: &str) -> Told<RunId> {
        ask!(self, find_run(given))
    }

    pub(crate) async fn run(&self, run: RunId) -> Told<RunView> {
        ask!(self, run(run))
    }

    pub(crate) async fn events(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Told<Vec<EventView>> {
        ask!(self, events(run, after, limit))
    }

    pub(crate) async fn check(&self, definition: &DefinitionSource) -> Told<CheckedDefinition> {
        ask!(self, check(definition))
    }

    pub(crate) async fn start(&self, request: StartRun) -> Told<RunId> {
        match self {
            Self::Here(engine) => Ok(engine.start(request).await?),
            Self::There(client) => Ok(client.start(&request).await?),
        }
    }

    pub(crate) async fn start_alone(&self, request: RunAlone) -> Told<RunId> {
        match self {
            Self::Here(engine) => Ok(engine.start_alone(request).await?),
            Self::There(client) => Ok(client.start_alone(&request).await?),
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

    pub(crate) async fn cancel(&self, run: RunId) -> Told<()> {
        ask!(self, cancel(run))
    }

    pub(crate) async fn documents(&self, selection: &Selection) -> Told<Vec<DocumentSummary>> {
        ask!(self, documents(selection))
    }

    pub(crate) async fn document(
        &self,
        address: &DocumentAddress,
        revision: Option<u32>,
    ) -> Told<DocumentView> {
        ask!(self, document(address, revision))
    }

    pub(crate) async fn put_document(
        &self,
        address: &DocumentAddress,
        text: String,
    ) -> Told<DocumentSummary> {
        match self {
            Self::Here(engine) => Ok(engine.put_document(address, text).await?),
            Self::There(client) => Ok(client.put_document(address, &text).await?),
        }
    }

    pub(crate) async fn remove_document(&self, address: &DocumentAddress) -> Told<()> {
        ask!(self, remove_document(address))
    }

    pub(crate) async fn files(&self, run: RunId, selection: &Selection) -> Told<Vec<FileView>> {
        ask!(self, files(run, selection))
    }

    pub(crate) async fn file_diff(
        &self,
        run: RunId,
        selection: &Selection,
        path: Option<&str>,
    ) -> Told<String> {
        ask!(self, file_diff(run, selection, path))
    }

    pub(crate) async fn restore_file(&self, run: RunId, path: &str, overwrite: bool) -> Told<()> {
        ask!(self, restore_file(run, path, overwrite))
    }

    pub(crate) async fn calls(&self, selection: &Selection) -> Told<Vec<CallView>> {
        ask!(self, calls(selection))
    }

    pub(crate) async fn call(&self, id: &str) -> Told<CallDetail> {
        ask!(self, call(id))
    }

    pub(crate) async fn write_off_call(&self, id: &str, by: &str) -> Told<CallDetail> {
        ask!(self, write_off_call(id, by))
    }

    pub(crate) async fn prompts(&self) -> Told<Vec<PromptSummary>> {
        ask!(self, prompts())
    }

    pub(crate) async fn prompt(&self, name: &Name) -> Told<PromptSummary> {
        ask!(self, prompt(name))
    }

    pub(crate) async fn prompt_version(
        &self,
        name: &Name,
        number: Option<u32>,
    ) -> Told<VersionView> {
        ask!(self, prompt_version(name, number))
    }

    pub(crate) async fn latest_prompt_version(&self, name: &Name) -> Told<VersionView> {
        ask!(self, latest_prompt_version(name))
    }

    pub(crate) async fn prompt_diff(&self, name: &Name, from: u32, to: u32) -> Told<String> {
        ask!(self, prompt_diff(name, from, to))
    }

    pub(crate) async fn add_prompt_version(&self, request: AddVersion) -> Told<AddedVersion> {
        match self {
            Self::Here(engine) => Ok(engine.add_prompt_version(request).await?),
            Self::There(client) => Ok(client.add_prompt_version(&request).await?),
        }
    }

    pub(crate) async fn use_prompt_version(&self, request: UseVersion) -> Told<PromptSummary> {
        match self {
            Self::Here(engine) => Ok(engine.use_prompt_version(request).await?),
            Self::There(client) => Ok(client.use_prompt_version(&request).await?),
        }
    }

    pub(crate) async fn remove_prompt_version(
        &self,
        name: &Name,
        number: u32,
    ) -> Told<PromptSummary> {
        ask!(self, remove_prompt_version(name, number))
    }

    pub(crate) async fn builtin_plugins(&self) -> Told<Vec<PluginView>> {
        ask!(self, builtin_plugins())
    }

    pub(crate) async fn plugin(&self, uses: &str, folder: &Path) -> Told<PluginView> {
        ask!(self, plugin(uses, folder))
    }
}
