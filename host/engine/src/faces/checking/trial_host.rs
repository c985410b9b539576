//! The host of a `construct-prompt` that is tried: a run that nobody began, whose prompts are the plugin's own.
//!
//! The sandbox lets nothing but reads of prompts and of the context through ([`GuestCall::ConstructPrompt`]); whatever else was
//! called ends the attempt.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use stepwell_contract::{
    ChatError, ChatRequest, ChatResponse, CheckpointError, Description, DialogueError,
    DocumentEntry, DocumentError, Form, Halt, HostServices, Hosted, HttpError, HttpRequest,
    HttpResponse, Level, LogLevel, PromptDeclaration, PromptError, PromptErrorKind, PromptVersion,
    RunId, TemplateError, Text, TextService, WorkspaceEntry, WorkspaceError, WorkspaceFindings,
    WorkspaceQuery,
};
use stepwell_definition::fill_prompt;

use crate::execution::kind_of;

/// Answers what `construct-prompt` may ask.
pub(super) struct TrialHost {
    description: Description,
    settings: BTreeMap<String, Value>,
    texts: Arc<dyn TextService>,
    /// When all of it was made, as it is told.
    now: String,
    /// What a prompt names and wasn't given when it was filled.
    unfilled: Mutex<Vec<Unfilled>>,
}

/// A variable that a prompt names and wasn't given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfilled {
    pub(super) prompt: String,
    pub(super) line: usize,
    pub(super) variable: String,
}

/// So many of them are told.
const MOST_UNFILLED: usize = 20;

impl TrialHost {
    pub(super) fn new(
        description: Description,
        settings: BTreeMap<String, Value>,
        texts: Arc<dyn TextService>,
        now: String,
    ) -> Self {
        Self {
            description,
            settings,
            texts,
            now,
            unfilled: Mutex::default(),
        }
    }

    /// What was missing so far when a prompt was filled.
    pub(super) fn unfilled(&self) -> Vec<Unfilled> {
        let unfilled = self.unfilled.lock();
        unfilled.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, prompt: &str, error: &TemplateError) {
        let TemplateError::MissingVariable { line, name } = error else {
            return;
        };
        let unfilled = Unfilled {
            prompt: prompt.to_owned(),
            line: *line,
            variable: name.clone(),
        };
        let mut noted = self.unfilled.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < MOST_UNFILLED && !noted.contains(&unfilled) {
            noted.push(unfilled);
        }
    }

    fn declared(&self, prompt: &str) -> Result<&PromptDeclaration, PromptError> {
        let mut prompts = self.description.prompts.iter();
        prompts.find(|one| one.name == prompt).ok_or_else(|| {
            PromptError::new(
                PromptErrorKind::NotFound,
                format!("there is no prompt `{prompt}`"),
            )
        })
    }

    /// The one version that each prompt has.
    fn version(&self, prompt: &str) -> Result<PromptVersion, PromptError> {
        Ok(PromptVersion {
            number: 1,
            content: self.declared(prompt)?.intrinsic.clone(),
            note: String::new(),
            current: true,
            created_at: self.now.clone(),
            updated_at: self.now.clone(),
        })
    }
}

/// What nothing leads to.
fn closed<T>() -> Hosted<T> {
    Err(Halt::Stopped)
}

#[async_trait]
impl HostServices for TrialHost {
    fn run_id(&self) -> String {
        RunId(uuid::Uuid::nil()).to_string()
    }
    fn path(&self) -> Vec<Level> {
        vec![Level {
            step: self.description.name.clone(),
            item: None,
            items: None,
            round: 1,
        }]
    }
    fn attempt(&self) -> u32 {
        1
    }
    fn previous_end(&self) -> Option<String> {
        None
    }
    fn previous_progress(&self) -> Option<String> {
        None
    }
    fn attempts_left(&self) -> u32 {
        0
    }
    fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).map(Value::to_string)
    }
    async fn active_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>> {
        Ok(self.version(&prompt))
    }
    async fn render_prompt(
        &self,
        prompt: String,
        variables: Vec<Text>,
    ) -> Hosted<Result<String, PromptError>> {
        let declared = match self.declared(&prompt) {
            Ok(declared) => declared,
            Err(error) => return Ok(Err(error)),
        };
        let (template, fields) = (&declared.intrinsic, &declared.variables);
        let filled = fill_prompt(template, &variables, fields, &*self.texts).await;
        Ok(filled.map_err(|error| {
            self.note(&prompt, &error);
            PromptError::new(kind_of(&error), error.to_string())
        }))
    }
    async fn latest_prompt(&self, prompt: String) -> Hosted<Result<PromptVersion, PromptError>> {
        Ok(self.version(&prompt))
    }
    async fn prompt_version(
        &self,
        prompt: String,
        number: u32,
    ) -> Hosted<Result<PromptVersion, PromptError>> {
        let version = self.version(&prompt);
        Ok(version.and_then(|version| match number {
            1 => Ok(version),
            _ => {
                let message = format!("prompt `{prompt}` has no version v{number}");
                Err(PromptError::new(PromptErrorKind::NotFound, message))
            }
        }))
    }
    async fn prompt_versions(
        &self,
        prompt: String,
    ) -> Hosted<Result<Vec<PromptVersion>, PromptError>> {
        Ok(self.version(&prompt).map(|version| vec![version]))
    }

    // The sandbox lets none of these through.

    async fn save_checkpoint(&self, _: String, _: Vec<u8>) -> Hosted<Result<(), CheckpointError>> {
        closed()
    }
    async fn load_checkpoint(&self, _: String) -> Hosted<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn add_prompt(&self, _: String, _: String, _: String) -> Hosted<Result<(), PromptError>> {
        closed()
    }
    async fn make_prompt_current(&self, _: String, _: u32) -> Hosted<Result<(), PromptError>> {
        closed()
    }
    async fn complete(&self, _: ChatRequest) -> Hosted<Result<ChatResponse, ChatError>> {
        closed()
    }
    async fn complete_all(
        &self,
        _: Vec<ChatRequest>,
    ) -> Hosted<Vec<Result<ChatResponse, ChatError>>> {
        closed()
    }
    async fn document_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>> {
        closed()
    }
    async fn read_document(
        &self,
        _: String,
        _: String,
        _: Vec<u32>,
    ) -> Hosted<Result<String, DocumentError>> {
        closed()
    }
    async fn workspace_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>> {
        closed()
    }
    async fn read_file(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        closed()
    }
    async fn skim_files(
        &self,
        _: Vec<String>,
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>> {
        closed()
    }
    async fn changed_files(&self) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        closed()
    }
    async fn read_file_before(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        closed()
    }
    async fn read_file_published(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        closed()
    }
    async fn ignored_files(&self, _: String) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        closed()
    }
    async fn is_ignored(&self, _: String) -> Hosted<Result<bool, WorkspaceError>> {
        closed()
    }
    async fn leads_to(&self, _: String) -> Hosted<Result<Option<String>, WorkspaceError>> {
        closed()
    }
    async fn search_files(
        &self,
        _: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>> {
        closed()
    }
    async fn write_file(&self, _: String, _: Vec<u8>) -> Hosted<Result<(), WorkspaceError>> {
        closed()
    }
    async fn remove_file(&self, _: String) -> Hosted<Result<(), WorkspaceError>> {
        closed()
    }
    async fn exchange(&self, _: HttpRequest) -> Hosted<Result<HttpResponse, HttpError>> {
        closed()
    }
    async fn ask(&self, _: Form) -> Hosted<Result<Vec<String>, DialogueError>> {
        closed()
    }
    fn log(&self, _: LogLevel, _: String) {}
    fn advance(&self, _: u32, _: u32, _: String) {}
}
