//! What can be asked of runs and what they are made of: each method is the engine's of the same name, over the API.

use std::path::Path;

use axum::http::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use stepwell_contract::{Name, RunId, StepPath, Undertaking};
use stepwell_engine::{
    AddVersion, AddedVersion, CallDetail, CallView, CheckedDefinition, DefinitionSource,
    DocumentAddress, DocumentSummary, DocumentView, EventView, FileView, GivenAnswer, PluginView,
    PromptSummary, RerunStep, ResumeRun, RunAlone, RunOutcome, RunSummary, RunView, Selection,
    StartRun, UseVersion, VersionView,
};
use stepwell_llm::ModelInfo;

use super::{Address, Client, ClientError};
use crate::Page;

/// How many items of a listing are asked for at once.
const PART: usize = 1000;

pub(super) type Told<T> = Result<T, ClientError>;

/// The methods of a room, each with its errors: those of the engine's method, or that the holder is gone.
#[allow(
    missing_docs,
    reason = "the engine's methods of the same names say what each does"
)]
#[allow(clippy::missing_errors_doc)]
impl Client {
    /// Reads a listing part by part, up to a number of items.
    pub(super) async fn parts<T: DeserializeOwned>(
        &self,
        most: usize,
        first: Option<String>,
        address: impl Fn(Option<String>, usize) -> Address,
    ) -> Told<Vec<T>> {
        let mut items = Vec::new();
        let mut next = first;
        loop {
            let wanted = PART.min(most - items.len());
            if wanted == 0 {
                return Ok(items);
            }
            let page: Page<T> = self.get(address(next, wanted)).await?;
            items.extend(page.items);
            next = page.next;
            if next.is_none() {
                return Ok(items);
            }
        }
    }

    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        address: Address,
        body: &impl serde::Serialize,
    ) -> Told<T> {
        self.send(Method::POST, address, body).await
    }

    /// Asks for a change, whose answer says nothing that the caller wants.
    pub(super) async fn tell(&self, address: Address, body: &impl serde::Serialize) -> Told<()> {
        self.change::<IgnoredAny>(address, body).await.map(drop)
    }

    // Runs.

    pub async fn runs(&self, before: Option<RunId>, limit: Option<usize>) -> Told<Vec<RunSummary>> {
        let before = before.map(|run| run.to_string());
        self.parts(limit.unwrap_or(usize::MAX), before, |before, limit| {
            Address::of(["runs"])
                .with("before", before)
                .with("limit", Some(limit))
        })
        .await
    }

    pub async fn outcome(&self, run: RunId) -> Told<RunOutcome> {
        let address = Address::of(["runs", &run.to_string(), "outcome"]);
        self.get(address).await
    }

    pub async fn find_run(&self, given: &str) -> Told<RunId> {
        let outcome: RunOutcome = self.get(Address::of(["runs", given, "outcome"])).await?;
        Ok(outcome.run)
    }

    pub async fn run(&self, run: RunId) -> Told<RunView> {
        self.get(Address::of(["runs", &run.to_string()])).await
    }

    pub async fn start(&self, request: StartRun) -> Told<RunId> {
        let view: RunView = self.change(Address::of(["runs"]), &request).await?;
        Ok(view.summary.id)
    }

    pub async fn start_alone(&self, request: RunAlone) -> Told<RunId> {
        let view: RunView = self.change(Address::of(["plugin-runs"]), &request).await?;
        Ok(view.summary.id)
    }

    pub async fn resume(&self, run: RunId, request: &ResumeRun) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "resume"]);
        self.tell(address, request).await
    }

    pub async fn answer(&self, run: RunId, answers: &[GivenAnswer]) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "answers"]);
        let body = json!({ "answers": answers });
        self.tell(address, &body).await
    }

    pub async fn decline(&self, run: RunId, step: &StepPath) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "answers"]);
        let body = json!({ "declined": [step] });
        self.tell(address, &body).await
    }

    pub async fn rerun(&self, run: RunId, step: &StepPath, request: &RerunStep) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "rerun"]).with("step", Some(step));
        self.tell(address, request).await
    }

    pub async fn stop(&self, run: RunId) -> Told<RunOutcome> {
        let address = Address::of(["runs", &run.to_string(), "stop"]);
        self.change(address, &json!(null)).await
    }

    pub async fn cancel(&self, run: RunId) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "cancel"]);
        self.tell(address, &json!(null)).await
    }

    pub async fn at_rest(&self, run: RunId) -> Told<RunOutcome> {
        let address = Address::of(["runs", &run.to_string(), "outcome"]);
        self.get(address.with("wait", Some(true))).await
    }

    pub async fn events(&self, of: Undertaking, after: u64, limit: usize) -> Told<Vec<EventView>> {
        let (kind, id) = named(of);
        self.parts(limit, Some(after.to_string()), |after, limit| {
            Address::of([kind, &id, "events"])
                .with("after", after)
                .with("limit", Some(limit))
        })
        .await
    }

    // Documents, files, calls.

    pub async fn documents(&self, selection: &Selection) -> Told<Vec<DocumentSummary>> {
        self.get(selected(Address::of(["documents"]), selection))
            .await
    }

    pub async fn document(
        &self,
        address: &DocumentAddress,
        revision: Option<u32>,
    ) -> Told<DocumentView> {
        self.get(of_document(address).with("revision", revision))
            .await
    }

    pub async fn put_document(
        &self,
        address: &DocumentAddress,
        text: String,
    ) -> Told<DocumentSummary> {
        let body = json!({ "text": text });
        self.send(Method::PUT, of_document(address), &body).await
    }

    pub async fn remove_document(&self, address: &DocumentAddress) -> Told<()> {
        let address = of_document(address);
        self.ask(Method::DELETE, &address.0, None).await.map(drop)
    }

    pub async fn files(&self, run: RunId, selection: &Selection) -> Told<Vec<FileView>> {
        let address = Address::of(["runs", &run.to_string(), "files"]);
        self.get(in_run(address, selection)).await
    }

    pub async fn file_diff(
        &self,
        run: RunId,
        selection: &Selection,
        path: Option<&str>,
    ) -> Told<String> {
        let address = Address::of(["runs", &run.to_string(), "files", "diff"]);
        self.diff(in_run(address, selection).with("path", path))
            .await
    }

    pub async fn restore_file(&self, run: RunId, path: &str, overwrite: bool) -> Told<()> {
        let address = Address::of(["runs", &run.to_string(), "files", "restore"]);
        let body = json!({ "path": path, "overwrite": overwrite });
        self.tell(address, &body).await
    }

    pub async fn calls(&self, selection: &Selection) -> Told<Vec<CallView>> {
        self.parts(usize::MAX, None, |offset, limit| {
            selected(Address::of(["calls"]), selection)
                .with("offset", offset)
                .with("limit", Some(limit))
        })
        .await
    }

    pub async fn call(&self, id: &str) -> Told<CallDetail> {
        self.get(Address::of(["calls", id])).await
    }

    pub async fn write_off_call(&self, id: &str, by: &str) -> Told<CallDetail> {
        let address = Address::of(["calls", id, "write-off"]);
        self.change(address, &json!({ "by": by })).await
    }

    async fn diff(&self, address: Address) -> Told<String> {
        let answer: serde_json::Value = self.get(address).await?;
        Ok(answer["diff"].as_str().unwrap_or_default().to_owned())
    }

    // Prompts.

    pub async fn prompts(&self) -> Told<Vec<PromptSummary>> {
        self.get(Address::of(["prompts"])).await
    }

    pub async fn prompt(&self, name: &Name) -> Told<PromptSummary> {
        self.get(Address::of(["prompts", name.as_str()])).await
    }

    pub async fn prompt_version(&self, name: &Name, number: Option<u32>) -> Told<VersionView> {
        let version = number.map_or_else(|| "current".to_owned(), |number| number.to_string());
        self.version(name, &version).await
    }

    pub async fn latest_prompt_version(&self, name: &Name) -> Told<VersionView> {
        self.version(name, "latest").await
    }

    async fn version(&self, name: &Name, version: &str) -> Told<VersionView> {
        let address = Address::of(["prompts", name.as_str(), "versions", version]);
        self.get(address).await
    }

    pub async fn prompt_diff(&self, name: &Name, from: u32, to: u32) -> Told<String> {
        let address = Address::of(["prompts", name.as_str(), "diff"]);
        self.diff(address.with("from", Some(from)).with("to", Some(to)))
            .await
    }

    pub async fn add_prompt_version(&self, request: AddVersion) -> Told<AddedVersion> {
        self.change(Address::of(["prompts"]), &request).await
    }

    pub async fn use_prompt_version(&self, request: UseVersion) -> Told<PromptSummary> {
        let UseVersion {
            name,
            number,
            by,
            reason,
            comparison,
        } = request;
        let body =
            json!({ "number": number, "by": by, "reason": reason, "comparison": comparison });
        let address = Address::of(["prompts", name.as_str(), "current"]);
        self.send(Method::PUT, address, &body).await
    }

    pub async fn remove_prompt_version(&self, name: &Name, number: u32) -> Told<PromptSummary> {
        let address = Address::of(["prompts", name.as_str(), "versions", &number.to_string()]);
        let bytes = self.ask(Method::DELETE, &address.0, None).await?;
        super::read(&bytes)
    }

    // Definitions, plugins, models.

    pub async fn check(&self, definition: &DefinitionSource) -> Told<CheckedDefinition> {
        self.change(Address::of(["definitions", "check"]), definition)
            .await
    }

    pub async fn builtin_plugins(&self) -> Told<Vec<PluginView>> {
        self.get(Address::of(["plugins"])).await
    }

    pub async fn plugin(&self, uses: &str, folder: &Path) -> Told<PluginView> {
        let address = Address::of(["plugin"]).with("uses", Some(uses));
        self.get(address.with("folder", folder.to_str())).await
    }

    pub async fn models(&self) -> Told<Vec<ModelInfo>> {
        self.get(Address::of(["models"])).await
    }
}

/// A run or a comparison as addresses name it.
pub(super) fn named(what: Undertaking) -> (&'static str, String) {
    match what {
        Undertaking::Run(run) => ("runs", run.to_string()),
        Undertaking::Comparison(comparison) => ("comparisons", comparison.to_string()),
    }
}

fn selected(address: Address, selection: &Selection) -> Address {
    in_run(address.with("run", selection.run), selection)
}

fn in_run(address: Address, selection: &Selection) -> Address {
    address
        .with("step", selection.step.as_ref())
        .with("round", selection.round)
}

fn of_document(address: &DocumentAddress) -> Address {
    Address::of(["runs", &address.run.to_string(), "documents", &address.name])
        .with("step", Some(address.place()))
}
