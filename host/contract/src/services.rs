//! What the engine offers to the sandbox: the functions that a step may import.

use async_trait::async_trait;

use crate::{
    ChatError, ChatRequest, ChatResponse, CheckpointError, DialogueError, DocumentEntry,
    DocumentError, Form, HttpError, HttpRequest, HttpResponse, Level, Limit, LogLevel, PromptError,
    PromptVersion, Text, WorkspaceEntry, WorkspaceError, WorkspaceFindings, WorkspaceQuery,
};

/// Why a host function ends the attempt instead of answering the guest.
///
/// The guest never sees it: its instance is dropped, and the engine, which raised it, knows what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// Only a person's answer can take the step further; it starts afresh when that is there.
    #[error("it waits for an answer")]
    Waiting,
    /// The run was cancelled or interrupted.
    #[error("the run was stopped")]
    Stopped,
    /// The store failed: without it nothing may go on (rule E28).
    #[error("{reason}")]
    Store {
        /// What the store says.
        reason: String,
    },
    /// A person has to decide whether a call that may have been paid is sent again (rule E7).
    #[error("{reason}")]
    InDoubt {
        /// Which call.
        reason: String,
    },
    /// The step did what can't be undone by an error of its own, such as two executions writing one file (rule E15).
    #[error("{reason}")]
    Conflict {
        /// What collided.
        reason: String,
    },
    /// The step is carried out from answers that are there, and asks something that it didn't ask before.
    #[error("it would ask {whom} what it didn't ask before, and no answer to that is there")]
    WouldAsk {
        /// Whom.
        whom: Whom,
    },
    /// What the step hands over is more than is kept of it.
    #[error("it ran into `{}`: used {used}, allowed {allowed}", limit.setting())]
    Limit {
        /// Which limit.
        limit: Limit,
        /// What it would have used, with its unit.
        used: String,
        /// What it may use, with its unit.
        allowed: String,
    },
}

/// Whom a step asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum Whom {
    /// A model.
    #[strum(to_string = "a model")]
    Model,
    /// The person behind the run.
    #[strum(to_string = "the person")]
    Person,
    /// A server of the web.
    #[strum(to_string = "a server")]
    Server,
}

/// The answer of a host function, or the end of the attempt.
pub type Hosted<T> = Result<T, Halt>;

/// Everything that a step may ask of its host.
///
/// One object serves one attempt. The sandbox calls it on behalf of the guest, one function at a time, and
/// only where rule E11 allows; it may drop a call's future at any await. Grants are checked here, at the call.
#[async_trait]
pub trait HostServices: Send + Sync {
    /// The id of the run.
    fn run_id(&self) -> String;
    /// From the outermost step to this one.
    fn path(&self) -> Vec<Level>;
    /// 1, and one more for each attempt after a failure.
    fn attempt(&self) -> u32;
    /// How the attempt before this one ended.
    fn previous_end(&self) -> Option<String>;
    /// The label of the last `advance` of the attempt before this one.
    fn previous_progress(&self) -> Option<String>;
    /// How many more attempts may follow this one if it ends by a trap or a limit after a checkpoint.
    fn attempts_left(&self) -> u32;
    /// A value of the step's `settings`, as JSON.
    fn setting(&self, name: &str) -> Option<String>;
    /// Keeps a value, and the files written so far, beyond this attempt.
    async fn save_checkpoint(
        &self,
        key: String,
        value: Vec<u8>,
    ) -> Hosted<Result<(), CheckpointError>>;
    /// A value kept by this execution.
    async fn load_checkpoint(&self, key: String) -> Hosted<Option<Vec<u8>>>;

    /// The version of a prompt that this execution uses.
    async fn active_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>>;
    /// That version's template, filled.
    async fn render_prompt(
        &self,
        prompt: String,
        variables: Vec<Text>,
    ) -> Hosted<Result<String, PromptError>>;
    /// The latest version created.
    async fn latest_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>>;
    /// A kept version by its number.
    async fn prompt_version(
        &self,
        prompt: String,
        number: u32,
    ) -> Hosted<Result<PromptVersion, PromptError>>;
    /// All kept versions, oldest first.
    async fn prompt_versions(
        &self,
        prompt: String,
    ) -> Hosted<Result<Vec<PromptVersion>, PromptError>>;
    /// Adds a version when the execution succeeds.
    async fn add_prompt(
        &self,
        prompt: String,
        content: String,
        note: String,
    ) -> Hosted<Result<(), PromptError>>;
    /// Makes a kept version current when the execution succeeds.
    async fn make_prompt_current(
        &self,
        prompt: String,
        number: u32,
    ) -> Hosted<Result<(), PromptError>>;

    /// Makes one call to a model.
    async fn complete(&self, request: ChatRequest) -> Hosted<Result<ChatResponse, ChatError>>;
    /// Makes several calls at the same time, and answers in the order given.
    async fn complete_all(
        &self,
        requests: Vec<ChatRequest>,
    ) -> Hosted<Vec<Result<ChatResponse, ChatError>>>;

    /// The documents of a step that this one depends on.
    async fn document_entries(
        &self,
        step: String,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>>;
    /// The text of one of them.
    async fn read_document(
        &self,
        step: String,
        name: String,
        items: Vec<u32>,
    ) -> Hosted<Result<String, DocumentError>>;

    /// The files that match a glob, sorted.
    async fn workspace_entries(
        &self,
        pattern: String,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>>;
    /// The bytes of a file.
    async fn read_file(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>>;
    /// The bytes of many files, which are not kept.
    async fn skim_files(
        &self,
        paths: Vec<String>,
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>>;
    /// The paths that the run wrote or removed before this execution, sorted.
    async fn changed_files(&self) -> Hosted<Result<Vec<String>, WorkspaceError>>;
    /// The bytes of a file as it was before the run wrote or removed it.
    async fn read_file_before(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>>;
    /// The bytes of a file as it stands where the run publishes, without what the run has written and that isn't there.
    async fn read_file_published(&self, path: String) -> Hosted<Result<Vec<u8>, WorkspaceError>>;
    /// The paths that match a glob and that .gitignore hides from the step, sorted.
    async fn ignored_files(&self, pattern: String) -> Hosted<Result<Vec<String>, WorkspaceError>>;
    /// Whether .gitignore hides a path from the step, also where nothing stands there yet.
    async fn is_ignored(&self, path: String) -> Hosted<Result<bool, WorkspaceError>>;
    /// The path of the file that a symbolic link at a path leads to.
    async fn leads_to(&self, path: String) -> Hosted<Result<Option<String>, WorkspaceError>>;
    /// The lines of files that match, in bounded time.
    async fn search_files(
        &self,
        query: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>>;
    /// Stages a file.
    async fn write_file(
        &self,
        path: String,
        content: Vec<u8>,
    ) -> Hosted<Result<(), WorkspaceError>>;
    /// Stages the removal of a file.
    async fn remove_file(&self, path: String) -> Hosted<Result<(), WorkspaceError>>;

    /// Asks the person behind the run; the answers come in the order of the questions.
    ///
    /// The time that it takes doesn't count against `limits.wall`.
    async fn ask(&self, form: Form) -> Hosted<Result<Vec<String>, DialogueError>>;

    /// Sends one request to a server, and gives all of its answer. The sandbox has bounded the request.
    async fn exchange(&self, request: HttpRequest) -> Hosted<Result<HttpResponse, HttpError>>;

    /// Takes a line for the log. Bounded by the sandbox.
    fn log(&self, level: LogLevel, message: String);
    /// Takes note of how far the step is.
    fn advance(&self, done: u32, total: u32, label: String);
}
