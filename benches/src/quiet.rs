//! A host that has nothing to say, or the same to every question: what remains is the cost of asking it.

use async_trait::async_trait;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatRequest, ChatResponse, CheckpointError, DialogueError,
    DialogueErrorKind, DocumentEntry, DocumentError, DocumentErrorKind, FinishReason, Form,
    HostServices, Hosted, HttpError, HttpErrorKind, HttpRequest, HttpResponse, Level, LogLevel,
    Message, PromptError, PromptErrorKind, PromptVersion, Role, Text, Usage, WorkspaceEntry,
    WorkspaceError, WorkspaceErrorKind, WorkspaceFindings, WorkspaceQuery,
};

/// The host.
#[derive(Debug, Default)]
pub struct Quiet {
    answer: Option<String>,
}

impl Quiet {
    /// One whose model says this at once, whatever it is asked, and whose prompts are their names.
    pub fn answering(text: impl Into<String>) -> Self {
        let answer = Some(text.into());
        Self { answer }
    }

    fn said(&self) -> Result<ChatResponse, ChatError> {
        let Some(text) = &self.answer else {
            return Err(ChatError::new(ChatErrorKind::Denied, "none"));
        };
        Ok(ChatResponse {
            text: text.clone(),
            message: Message::text(Role::Assistant, text.clone()),
            finish_reason: FinishReason::Stop,
            usage: Usage::default(),
            model: "quiet".into(),
            details: Vec::new(),
        })
    }
}

fn no_prompt<T>() -> Hosted<Result<T, PromptError>> {
    Ok(Err(PromptError::new(PromptErrorKind::NotFound, "none")))
}

fn no_file<T>() -> Hosted<Result<T, WorkspaceError>> {
    Ok(Err(WorkspaceError::new(WorkspaceErrorKind::Denied, "none")))
}

#[async_trait]
impl HostServices for Quiet {
    fn run_id(&self) -> String {
        String::new()
    }
    fn path(&self) -> Vec<Level> {
        Vec::new()
    }
    fn attempt(&self) -> u32 {
        1
    }
    fn previous_end(&self) -> Option<String> {
        Some("a string that goes across".into())
    }
    fn previous_progress(&self) -> Option<String> {
        None
    }
    fn attempts_left(&self) -> u32 {
        0
    }
    fn setting(&self, _: &str) -> Option<String> {
        None
    }
    async fn save_checkpoint(&self, _: String, _: Vec<u8>) -> Hosted<Result<(), CheckpointError>> {
        Ok(Ok(()))
    }
    async fn load_checkpoint(&self, _: String) -> Hosted<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn active_prompt(&self, _: String) -> Hosted<Result<PromptVersion, PromptError>> {
        no_prompt()
    }
    async fn render_prompt(
        &self,
        name: String,
        _: Vec<Text>,
    ) -> Hosted<Result<String, PromptError>> {
        match self.answer {
            Some(_) => Ok(Ok(name)),
            None => no_prompt(),
        }
    }
    async fn latest_prompt(&self, _: String) -> Hosted<Result<PromptVersion, PromptError>> {
        no_prompt()
    }
    async fn prompt_version(
        &self,
        _: String,
        _: u32,
    ) -> Hosted<Result<PromptVersion, PromptError>> {
        no_prompt()
    }
    async fn prompt_versions(&self, _: String) -> Hosted<Result<Vec<PromptVersion>, PromptError>> {
        no_prompt()
    }
    async fn add_prompt(&self, _: String, _: String, _: String) -> Hosted<Result<(), PromptError>> {
        no_prompt()
    }
    async fn make_prompt_current(&self, _: String, _: u32) -> Hosted<Result<(), PromptError>> {
        no_prompt()
    }
    async fn complete(&self, _: ChatRequest) -> Hosted<Result<ChatResponse, ChatError>> {
        Ok(self.said())
    }
    async fn complete_all(
        &self,
        requests: Vec<ChatRequest>,
    ) -> Hosted<Vec<Result<ChatResponse, ChatError>>> {
        Ok(requests.iter().map(|_| self.said()).collect())
    }
    async fn document_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>> {
        Ok(Ok(Vec::new()))
    }
    async fn read_document(
        &self,
        _: String,
        _: String,
        _: Vec<u32>,
    ) -> Hosted<Result<String, DocumentError>> {
        Ok(Err(DocumentError::new(DocumentErrorKind::NotFound, "none")))
    }
    async fn workspace_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>> {
        no_file()
    }
    async fn read_file(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        no_file()
    }
    async fn skim_files(
        &self,
        _: Vec<String>,
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>> {
        no_file()
    }
    async fn changed_files(&self) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        no_file()
    }
    async fn read_file_before(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        no_file()
    }
    async fn read_file_published(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        no_file()
    }
    async fn ignored_files(&self, _: String) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        no_file()
    }
    async fn is_ignored(&self, _: String) -> Hosted<Result<bool, WorkspaceError>> {
        no_file()
    }
    async fn leads_to(&self, _: String) -> Hosted<Result<Option<String>, WorkspaceError>> {
        no_file()
    }
    async fn search_files(
        &self,
        _: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>> {
        no_file()
    }
    async fn write_file(&self, _: String, _: Vec<u8>) -> Hosted<Result<(), WorkspaceError>> {
        no_file()
    }
    async fn remove_file(&self, _: String) -> Hosted<Result<(), WorkspaceError>> {
        no_file()
    }
    async fn ask(&self, _: Form) -> Hosted<Result<Vec<String>, DialogueError>> {
        Ok(Err(DialogueError::new(
            DialogueErrorKind::NobodyThere,
            "nobody",
        )))
    }
    async fn exchange(&self, _: HttpRequest) -> Hosted<Result<HttpResponse, HttpError>> {
        Ok(Err(HttpError::new(HttpErrorKind::Denied, "nobody")))
    }
    fn log(&self, _: LogLevel, _: String) {}
    fn advance(&self, _: u32, _: u32, _: String) {}
}
