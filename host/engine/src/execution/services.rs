//! The host that a guest sees: every function of the contract, for one attempt.
//!
//! Each group of functions has a file of its own beside this one; here is what they share.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stepwell_contract::{
    ChatError, ChatRequest, ChatResponse, CheckpointError, DialogueError, Digest, DocumentEntry,
    DocumentError, ExecutionKey, Form, Grants, Halt, HostServices, Hosted, HttpError, HttpRequest,
    HttpResponse, Level, LogLevel, PromptError, PromptVersion, Text, Whom, WorkspaceEntry,
    WorkspaceError, WorkspaceFindings, WorkspaceQuery,
};
use stepwell_definition::PlannedStep;
use stepwell_store::{Change, ExecutionRecord, MemoKind};

use super::memory::{Memory, from_memo, weight};
use super::seen::Looked;
use super::told::Told;
use crate::state::{Lasts, RunContext, TextRoom, lock, store_halt};
use crate::words::{Event, Live};

/// The host of one attempt.
pub(crate) struct Services {
    pub(crate) run: Arc<RunContext>,
    /// The step's place in the plan.
    pub(crate) step: usize,
    pub(crate) key: ExecutionKey,
    pub(crate) attempt: u32,
    /// What the guest is told of its attempts.
    pub(crate) told: Told,
    /// Whose answers it is carried out from, without asking anything new; none where it may ask.
    pub(crate) answers_of: Option<ExecutionKey>,
    /// What its inputs take of memory.
    pub(crate) room: TextRoom,
    pub(crate) levels: Vec<Level>,
    pub(crate) memory: Mutex<Memory>,
    /// The execution's record. Held across a commit, so that two answers that come at once don't write over each other.
    pub(crate) record: tokio::sync::Mutex<ExecutionRecord>,
}

impl Services {
    pub(crate) fn planned(&self) -> &PlannedStep {
        self.run.step(self.step)
    }

    pub(crate) fn grants(&self) -> &Grants {
        &self.planned().grants
    }

    /// The line of the definition that would grant something. A step is told it, who may show it in a text of its own; that the
    /// run goes on then is said by each face, where it says why the step failed.
    pub(crate) fn grant_line(&self, line: &str) -> String {
        let file = self
            .run
            .pins
            .definition_file
            .as_deref()
            .unwrap_or("the definition");
        format!("add `{line}` to step `{}` in {file}", self.key.path)
    }

    /// The execution, as a person names it.
    pub(crate) fn name(&self) -> String {
        self.key.to_string()
    }

    /// Says no to a question where nothing new may be asked.
    pub(super) fn may_ask(&self, whom: Whom) -> Hosted<()> {
        match &self.answers_of {
            None => Ok(()),
            Some(_) => Err(Halt::WouldAsk { whom }),
        }
    }

    pub(crate) fn event(&self, event: Event) -> Change {
        self.run.event(Some(&self.key), event)
    }

    /// Commits these changes, and before them everything that waited for a commit.
    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Hosted<()> {
        let mut all = lock(&self.memory).take_unsaved();
        all.extend(changes);
        let committed = self.run.house.store.commit(all).await;
        committed.map(drop).map_err(store_halt)
    }

    /// A look: answered from its memo, or made now and remembered (rules E3 and E4).
    ///
    /// `see` gives the answer and the blobs that it names. It is not awaited while the memory is locked: two looks
    /// of one guest never overlap, because a guest is one thread.
    pub(crate) async fn look<T, F>(&self, kind: MemoKind, question: Value, see: F) -> Hosted<T>
    where
        T: Looked + Serialize + DeserializeOwned,
        F: Future<Output = Hosted<(T, Vec<Bytes>)>>,
    {
        let key = Memory::look_key(&question);
        if let Some(answer) = lock(&self.memory).recall(&key) {
            return from_memo(&self.key, answer);
        }
        let seen = async {
            let (answer, blobs) = see.await?;
            let value = serde_json::to_value(&answer).map_err(|error| Halt::Store {
                reason: error.to_string(),
            })?;
            let lasts = if answer.is_error() {
                Lasts::ThisAttempt
            } else {
                Lasts::Always
            };
            Ok((value, lasts, blobs))
        };
        let (value, lasts, blobs) = match &self.run.comparison {
            None => seen.await?,
            Some(comparison) => {
                let scope = self.run.scope_of_look(&kind, &self.key.at);
                let house = &self.run.house;
                let (looks, store) = (&comparison.looks, &*house.store);
                let shared = looks.look(
                    store,
                    &scope,
                    kind.clone(),
                    &key.question,
                    house.now(),
                    seen,
                );
                let (value, lasts) = shared.await?;
                (value, lasts, Vec::new())
            }
        };
        let bytes: usize = blobs.iter().map(Bytes::len).sum();
        self.charge_look(weight(&value).saturating_add(bytes as u64))?;
        {
            let mut memory = lock(&self.memory);
            let passes = lasts == Lasts::ThisAttempt;
            let now = self.run.house.now();
            let memo = memory.remember(key, kind, value.clone(), passes, now);
            for bytes in blobs {
                memory.later(Change::Blob(bytes));
            }
            memory.later(Change::Memo(memo));
        }
        self.save_looks().await?;
        from_memo(&self.key, value)
    }

    /// Bytes that a memo or a record names.
    pub(crate) async fn blob(&self, digest: &Digest) -> Hosted<Bytes> {
        if let Some(bytes) = lock(&self.memory).fresh_blob(digest) {
            return Ok(bytes);
        }
        self.run.house.blob(digest).await.map_err(store_halt)
    }
}

#[async_trait]
impl HostServices for Services {
    fn run_id(&self) -> String {
        self.key.run.to_string()
    }

    fn path(&self) -> Vec<Level> {
        self.levels.clone()
    }

    fn attempt(&self) -> u32 {
        self.told.attempt
    }

    fn previous_end(&self) -> Option<String> {
        self.told.previous_end.clone()
    }

    fn previous_progress(&self) -> Option<String> {
        self.told.previous_progress.clone()
    }

    fn attempts_left(&self) -> u32 {
        self.told.attempts_left
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.planned().settings.get(name).map(Value::to_string)
    }

    async fn save_checkpoint(
        &self,
        key: String,
        value: Vec<u8>,
    ) -> Hosted<Result<(), CheckpointError>> {
        self.keep_checkpoint(key, Bytes::from(value)).await
    }

    async fn load_checkpoint(&self, key: String) -> Hosted<Option<Vec<u8>>> {
        self.kept_checkpoint(&key).await
    }

    async fn active_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>> {
        self.active(&prompt).await
    }

    async fn render_prompt(
        &self,
        prompt: String,
        variables: Vec<Text>,
    ) -> Hosted<Result<String, PromptError>> {
        self.render(&prompt, &variables).await
    }

    async fn latest_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>> {
        self.one_version(&prompt, None).await
    }

    async fn prompt_version(
        &self,
        prompt: String,
        number: u32,
    ) -> Hosted<Result<PromptVersion, PromptError>> {
        self.one_version(&prompt, Some(number)).await
    }

    async fn prompt_versions(
        &self,
        prompt: String,
    ) -> Hosted<Result<Vec<PromptVersion>, PromptError>> {
        self.versions(&prompt).await
    }

    async fn add_prompt(
        &self,
        prompt: String,
        content: String,
        note: String,
    ) -> Hosted<Result<(), PromptError>> {
        self.stage_version(&prompt, content, note).await
    }

    async fn make_prompt_current(
        &self,
        prompt: String,
        number: u32,
    ) -> Hosted<Result<(), PromptError>> {
        self.stage_use(&prompt, number).await
    }

    async fn complete(&self, request: ChatRequest) -> Hosted<Result<ChatResponse, ChatError>> {
        let mut answers = self.call_models(vec![request]).await?;
        answers.pop().ok_or(Halt::Stopped)
    }

    async fn complete_all(
        &self,
        requests: Vec<ChatRequest>,
    ) -> Hosted<Vec<Result<ChatResponse, ChatError>>> {
        self.call_models(requests).await
    }

    async fn document_entries(
        &self,
        step: String,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>> {
        self.list_documents(&step).await
    }

    async fn read_document(
        &self,
        step: String,
        name: String,
        items: Vec<u32>,
    ) -> Hosted<Result<String, DocumentError>> {
        self.document_text(&step, &name, &items).await
    }

    async fn workspace_entries(
        &self,
        pattern: String,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>> {
        self.list_files(&pattern).await
    }

    async fn read_file(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        self.file_bytes(&path).await
    }

    async fn skim_files(
        &self,
        paths: Vec<String>,
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>> {
        self.skimmed(&paths).await
    }

    async fn changed_files(&self) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        self.changed_paths().await
    }

    async fn read_file_before(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        self.bytes_before(&path).await
    }

    async fn read_file_published(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        self.bytes_published(&path).await
    }

    async fn ignored_files(&self, pattern: String) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        self.ignored_paths(&pattern).await
    }

    async fn is_ignored(&self, path: String) -> Hosted<Result<bool, WorkspaceError>> {
        self.hides(&path).await
    }

    async fn leads_to(&self, path: String) -> Hosted<Result<Option<String>, WorkspaceError>> {
        self.behind_link(&path).await
    }

    async fn search_files(
        &self,
        query: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>> {
        self.searched(query).await
    }

    async fn write_file(
        &self,
        path: String,
        content: Vec<u8>,
    ) -> Hosted<Result<(), WorkspaceError>> {
        self.stage_file(&path, Some(content)).await
    }

    async fn remove_file(&self, path: String) -> Hosted<Result<(), WorkspaceError>> {
        self.stage_file(&path, None).await
    }

    async fn ask(&self, form: Form) -> Hosted<Result<Vec<String>, DialogueError>> {
        self.ask_person(form).await
    }

    async fn exchange(&self, request: HttpRequest) -> Hosted<Result<HttpResponse, HttpError>> {
        self.ask_server(request).await
    }

    fn log(&self, level: LogLevel, message: String) {
        let event = self.event(Event::Log {
            level,
            message: message.clone(),
        });
        let mut memory = lock(&self.memory);
        if matches!(level, LogLevel::Warn | LogLevel::Error) {
            memory.warn(&message);
        }
        let is_new = memory.log_later(event);
        drop(memory);
        if is_new {
            self.run.house.tell(Live::Log {
                run: self.key.run,
                execution: self.name(),
                level,
                message,
            });
        }
    }

    fn advance(&self, done: u32, total: u32, label: String) {
        let event = self.event(Event::Progress {
            done,
            total,
            label: label.clone(),
        });
        if lock(&self.memory).progress_later(event, &label) {
            self.run.house.tell(Live::Progress {
                run: self.key.run,
                execution: self.name(),
                done,
                total,
                label,
            });
        }
    }
}
