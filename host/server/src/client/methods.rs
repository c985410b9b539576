//! What can be asked of runs and what they are made of: each method is the engine's of the same name, over the API.

use std::fmt::Display;
use std::path::Path;

use axum::http::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use stepwell_contract::{Name, RunEstimate, RunId, StepPath, Undertaking};
use stepwell_engine::{
    AddVersion, AddedVersion, Ahead, BackedUp, BranchView, CallDetail, CallView, CheckedStore,
    Cost, Costly, DocumentAddress, DocumentSummary, DocumentView, EventView, FileFate, FileView,
    GivenAnswer, ListRuns, Listed, LookAhead, PromptHistory, PromptSummary, RemoveComparisons,
    RemoveRuns, RemovedComparisons, RemovedRuns, ReprocessStep, RerunStep, RestoredFile, ResumeRun,
    RunAlone, RunOutcome, RunStepAlone, RunSummary, RunView, Selection, StartRun, TakeIntrinsic,
    UseVersion, VersionView, WantedCost,
};

use super::{Client, ClientError};
use crate::Page;
use crate::encoding::Address;

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
    /// Reads a listing part by part, up to a number of items, where one is given.
    pub(super) async fn parts<T: DeserializeOwned + Clone>(
        &self,
        most: Option<usize>,
        first: Option<impl Display>,
        address: impl Fn(Option<String>, Option<usize>) -> Address,
    ) -> Told<Vec<T>> {
        self.listed(most, first, address).await.map(Vec::from)
    }

    /// The same, with how much of it can't be read.
    pub(super) async fn listed<T: DeserializeOwned + Clone>(
        &self,
        most: Option<usize>,
        first: Option<impl Display>,
        address: impl Fn(Option<String>, Option<usize>) -> Address,
    ) -> Told<Listed<T>> {
        let most = most.unwrap_or(usize::MAX);
        let (mut items, mut unreadable) = (Vec::new(), 0);
        let mut next = first.map(|first| first.to_string());
        loop {
            let wanted = PART.min(most - items.len());
            if wanted == 0 {
                return Ok(Listed { items, unreadable });
            }
            let page: Page<T> = self.get(address(next, Some(wanted))).await?;
            items.extend(page.items);
            unreadable += page.unreadable.unwrap_or(0);
            next = page.next;
            if next.is_none() {
                return Ok(Listed { items, unreadable });
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

    async fn diff(&self, address: Address) -> Told<String> {
        let answer: serde_json::Value = self.get(address).await?;
        Ok(answer["diff"].as_str().unwrap_or_default().to_owned())
    }

    async fn version(&self, name: &Name, version: impl Display) -> Told<VersionView> {
        self.get(at!["prompts", name, "versions", version]).await
    }

    // Runs.

    pub async fn runs(&self, wanted: &ListRuns) -> Told<Listed<RunSummary>> {
        self.listed(wanted.limit, wanted.before, |before, limit| {
            let at = at!["runs"].with("before", before).with("limit", limit);
            at.of_runs(wanted)
        })
        .await
    }

    pub async fn outcome(&self, run: RunId) -> Told<RunOutcome> {
        self.get(at!["runs", run, "outcome"]).await
    }

    pub async fn find_run(&self, given: &str) -> Told<RunId> {
        let outcome: RunOutcome = self.get(at!["runs", given, "outcome"]).await?;
        Ok(outcome.run)
    }

    pub async fn run(&self, run: RunId) -> Told<RunView> {
        self.get(at!["runs", run]).await
    }

    pub async fn start(&self, request: StartRun) -> Told<RunId> {
        let view: RunView = self.change(at!["runs"], &request).await?;
        Ok(view.summary.id)
    }

    pub async fn estimate(&self, request: StartRun) -> Told<RunEstimate> {
        self.change(at!["estimates"], &request).await
    }

    pub async fn estimate_work(&self, work: Costly) -> Told<RunEstimate> {
        self.change(at!["estimates", "work"], &work).await
    }

    pub async fn start_alone(&self, request: RunAlone) -> Told<RunId> {
        let view: RunView = self.change(at!["plugin-runs"], &request).await?;
        Ok(view.summary.id)
    }

    pub async fn start_step_alone(&self, request: RunStepAlone) -> Told<RunId> {
        let view: RunView = self.change(at!["step-runs"], &request).await?;
        Ok(view.summary.id)
    }

    pub async fn look_ahead(&self, request: LookAhead) -> Told<Ahead> {
        self.change(at!["step-prompt"], &request).await
    }

    pub async fn resume(&self, run: RunId, request: &ResumeRun) -> Told<()> {
        self.tell(at!["runs", run, "resume"], request).await
    }

    pub async fn answer(&self, run: RunId, answers: &[GivenAnswer]) -> Told<()> {
        let body = json!({ "answers": answers });
        self.tell(at!["runs", run, "answers"], &body).await
    }

    pub async fn decline(&self, run: RunId, step: &StepPath) -> Told<()> {
        let body = json!({ "declined": [step] });
        self.tell(at!["runs", run, "answers"], &body).await
    }

    pub async fn rerun(&self, run: RunId, step: &StepPath, request: &RerunStep) -> Told<()> {
        let address = at!["runs", run, "rerun"].with("step", Some(step));
        self.tell(address, request).await
    }

    pub async fn reprocess(
        &self,
        run: RunId,
        step: &StepPath,
        request: &ReprocessStep,
    ) -> Told<()> {
        let address = at!["runs", run, "reprocess"].with("step", Some(step));
        self.tell(address, request).await
    }

    pub async fn stop(&self, run: RunId) -> Told<RunOutcome> {
        self.change(at!["runs", run, "stop"], &()).await
    }

    pub async fn cancel(&self, run: RunId) -> Told<()> {
        self.tell(at!["runs", run, "cancel"], &()).await
    }

    pub async fn remove_runs(&self, request: RemoveRuns) -> Told<RemovedRuns> {
        self.change(at!["runs", "remove"], &request).await
    }

    pub async fn remove_comparisons(&self, request: RemoveComparisons) -> Told<RemovedComparisons> {
        self.change(at!["comparisons", "remove"], &request).await
    }

    pub async fn check_store(&self) -> Told<CheckedStore> {
        self.get(at!["store", "check"]).await
    }

    pub async fn back_up(&self, folder: &Path) -> Told<BackedUp> {
        let body = json!({ "folder": folder });
        self.change(at!["store", "backup"], &body).await
    }

    pub async fn at_rest(&self, run: RunId) -> Told<RunOutcome> {
        self.get(at!["runs", run, "outcome"].with("wait", Some(true)))
            .await
    }

    pub async fn events(&self, of: Undertaking, after: u64, limit: usize) -> Told<Vec<EventView>> {
        self.parts(Some(limit), Some(after), |after, limit| {
            of_undertaking(of, "events")
                .with("after", after)
                .with("limit", limit)
        })
        .await
    }

    // Documents, files, calls.

    pub async fn documents(&self, selection: &Selection) -> Told<Vec<DocumentSummary>> {
        self.get(selected(at!["documents"], selection)).await
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
        self.remove(of_document(address)).await
    }

    pub async fn files(&self, run: RunId, selection: &Selection) -> Told<Vec<FileView>> {
        self.get(in_run(at!["runs", run, "files"], selection)).await
    }

    pub async fn file_diff(
        &self,
        run: RunId,
        selection: &Selection,
        path: Option<&str>,
        context: Option<u32>,
        of: FileFate,
    ) -> Told<String> {
        let address = in_run(at!["runs", run, "files", "diff"], selection);
        let address = address.with("path", path).with("context", context);
        self.diff(address.with("of", Some(of.word()))).await
    }

    pub async fn restore_file(
        &self,
        run: RunId,
        path: &str,
        overwrite: bool,
    ) -> Told<RestoredFile> {
        let body = json!({ "path": path, "overwrite": overwrite });
        self.change(at!["runs", run, "files", "restore"], &body)
            .await
    }

    pub async fn restore_text(
        &self,
        run: RunId,
        path: &str,
        text: &str,
        overwrite: bool,
    ) -> Told<RestoredFile> {
        let body = json!({ "path": path, "text": text, "overwrite": overwrite });
        self.change(at!["runs", run, "files", "restore"], &body)
            .await
    }

    pub async fn remake_branch(&self, run: RunId) -> Told<BranchView> {
        self.change(at!["runs", run, "branch"], &json!({})).await
    }

    pub async fn calls(&self, selection: &Selection) -> Told<Listed<CallView>> {
        self.listed(None, None::<u64>, |offset, limit| {
            let address = selected(at!["calls"], selection);
            address.with("offset", offset).with("limit", limit)
        })
        .await
    }

    pub async fn call(&self, id: &str) -> Told<CallDetail> {
        self.get(at!["calls", id]).await
    }

    pub async fn cost(&self, wanted: &WantedCost) -> Told<Cost> {
        let address = at!["cost"]
            .with("by", Some(wanted.by.word()))
            .with("since", wanted.since)
            .with("run", wanted.run)
            .with("workflow", wanted.workflow.as_ref())
            .with("step", wanted.step.as_ref());
        self.get(address).await
    }

    pub async fn write_off_call(&self, id: &str, by: &str) -> Told<CallDetail> {
        self.change(at!["calls", id, "write-off"], &json!({ "by": by }))
            .await
    }

    // Prompts.

    pub async fn prompts(&self) -> Told<Vec<PromptSummary>> {
        self.get(at!["prompts"]).await
    }

    pub async fn prompt(&self, name: &Name) -> Told<PromptSummary> {
        self.get(at!["prompts", name]).await
    }

    pub async fn prompt_version(&self, name: &Name, number: Option<u32>) -> Told<VersionView> {
        match number {
            Some(number) => self.version(name, number).await,
            None => self.version(name, "current").await,
        }
    }

    pub async fn prompt_of_run(&self, run: RunId, name: &Name, number: u32) -> Told<String> {
        let at = at!["runs", run, "prompts", name, "versions", number];
        let answer: serde_json::Value = self.get(at).await?;
        Ok(answer["content"].as_str().unwrap_or_default().to_owned())
    }

    pub async fn latest_prompt_version(&self, name: &Name) -> Told<VersionView> {
        self.version(name, "latest").await
    }

    pub async fn prompt_diff(&self, name: &Name, from: u32, to: u32) -> Told<String> {
        let address = at!["prompts", name, "diff"];
        self.diff(address.with("from", Some(from)).with("to", Some(to)))
            .await
    }

    pub async fn prompt_history(&self, name: &Name) -> Told<PromptHistory> {
        self.get(at!["prompts", name, "history"]).await
    }

    pub async fn add_prompt_version(&self, request: AddVersion) -> Told<AddedVersion> {
        self.change(at!["prompts"], &request).await
    }

    pub async fn take_intrinsic(&self, request: TakeIntrinsic) -> Told<AddedVersion> {
        let TakeIntrinsic { name, note, by } = request;
        let body = json!({ "note": note, "by": by });
        self.change(at!["prompts", &name, "intrinsic"], &body).await
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
        self.send(Method::PUT, at!["prompts", name, "current"], &body)
            .await
    }

    pub async fn remove_prompt_version(&self, name: &Name, number: u32) -> Told<PromptSummary> {
        self.remove(at!["prompts", name, "versions", number]).await
    }
}

/// What a run or a comparison has.
pub(super) fn of_undertaking(what: Undertaking, part: &str) -> Address {
    match what {
        Undertaking::Run(run) => at!["runs", run, part],
        Undertaking::Comparison(comparison) => at!["comparisons", comparison, part],
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
    at!["runs", address.run, "documents", &address.name].with("step", Some(address.place()))
}
