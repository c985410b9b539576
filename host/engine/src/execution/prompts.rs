//! The prompts of one execution: pinned versions, first looks at others, staged changes (rules E3, E8, E28).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stepwell_contract::{
    Digest, Field, Hosted, Name, PromptError, PromptErrorKind, PromptVersion, TemplateError, Text,
};
use stepwell_definition::fill_prompt;
use stepwell_store::{MemoKind, PromptRecord, StoreError, VersionRecord};

use super::memory::UsedPrompt;
use super::services::Services;
use super::staging::StagedPrompt;
use crate::state::{lock, store_halt};

impl Services {
    /// The name under which the versions of a prompt are kept: the definition may give another than the plugin.
    fn stored_name(&self, prompt: &str) -> String {
        self.run
            .pinned_prompt(&self.key.path, prompt)
            .map_or_else(|| prompt.to_owned(), |pinned| pinned.name)
    }

    pub(super) fn no_version(&self, prompt: &str, number: Option<u32>) -> PromptError {
        let message = match number {
            Some(number) => format!(
                "prompt `{}` has no version v{number}",
                self.stored_name(prompt)
            ),
            None => format!("prompt `{}` has no version", self.stored_name(prompt)),
        };
        PromptError::new(PromptErrorKind::NotFound, message)
    }

    /// All kept versions as they were when the execution first looked.
    pub(super) async fn versions(
        &self,
        prompt: &str,
    ) -> Hosted<Result<Vec<PromptVersion>, PromptError>> {
        let seen = or_told!(self.seen_versions(prompt).await?);
        let mut versions = Vec::with_capacity(seen.len());
        for version in seen {
            versions.push(self.with_text(version).await?);
        }
        Ok(Ok(versions))
    }

    /// A version with its text, which is there for as long as a memo names it.
    /// One of them, or the latest. That another one can't be read is no matter then.
    pub(super) async fn one_version(
        &self,
        prompt: &str,
        number: Option<u32>,
    ) -> Hosted<Result<PromptVersion, PromptError>> {
        let seen = or_told!(self.seen_versions(prompt).await?);
        let found = match number {
            Some(number) => seen.into_iter().find(|version| version.number == number),
            None => seen.into_iter().max_by_key(|version| version.number),
        };
        let found = or_told!(found.ok_or_else(|| self.no_version(prompt, number)));
        Ok(Ok(self.with_text(found).await?))
    }

    async fn with_text(&self, seen: SeenVersion) -> Hosted<PromptVersion> {
        let content = self.blob(&seen.digest).await?;
        Ok(PromptVersion {
            number: seen.number,
            content: String::from_utf8_lossy(&content).into_owned(),
            note: seen.note,
            current: seen.current,
            created_at: seen.created_at,
            updated_at: seen.updated_at,
        })
    }

    async fn seen_versions(&self, prompt: &str) -> Hosted<Result<Vec<SeenVersion>, PromptError>> {
        let stored = self.stored_name(prompt);
        let missing = PromptError::new(
            PromptErrorKind::NotFound,
            format!("there is no prompt `{stored}`"),
        );
        let Ok(name) = Name::new(stored.clone()) else {
            return Ok(Err(missing));
        };
        self.look(
            MemoKind::Prompt,
            serde_json::json!({ "prompt": stored }),
            async {
                let seen = match self.run.house.store.prompt(&name).await {
                    Ok(Some(record)) => Ok(record
                        .versions
                        .iter()
                        .map(|version| as_seen(&record, version))
                        .collect()),
                    Ok(None) => Err(missing),
                    Err(error @ StoreError::Unreadable { .. }) => Err(PromptError::new(
                        PromptErrorKind::Unavailable,
                        error.to_string(),
                    )),
                    Err(error) => return Err(store_halt(error)),
                };
                Ok((seen, Vec::new()))
            },
        )
        .await
    }

    async fn used(&self, prompt: &str) -> Hosted<Result<Arc<UsedPrompt>, PromptError>> {
        if let Some(used) = lock(&self.memory).used_prompts.get(prompt) {
            return Ok(Ok(Arc::clone(used)));
        }
        let stored = self.stored_name(prompt);
        let version = match self.run.pinned_prompt(&self.key.path, prompt) {
            Some(pinned) => {
                let known = self.seen_versions(prompt).await?.unwrap_or_default();
                let known = known
                    .into_iter()
                    .find(|version| version.number == pinned.number);
                let run_began = self.run.pins.created_at.to_string();
                let seen = known.unwrap_or(SeenVersion {
                    number: pinned.number,
                    digest: pinned.digest,
                    note: String::new(),
                    current: true,
                    created_at: run_began.clone(),
                    updated_at: run_began,
                });
                // It is the pinned text that counts.
                let digest = pinned.digest;
                self.with_text(SeenVersion { digest, ..seen }).await?
            }
            None => {
                let versions = or_told!(self.seen_versions(prompt).await?);
                let current = versions.into_iter().find(|version| version.current);
                let current = or_told!(current.ok_or_else(|| self.no_version(prompt, None)));
                self.with_text(current).await?
            }
        };
        let used = Arc::new(UsedPrompt { stored, version });
        lock(&self.memory)
            .used_prompts
            .insert(prompt.to_owned(), Arc::clone(&used));
        Ok(Ok(used))
    }

    pub(super) async fn active(&self, prompt: &str) -> Hosted<Result<PromptVersion, PromptError>> {
        Ok(self.used(prompt).await?.map(|used| used.version.clone()))
    }

    pub(super) async fn render(
        &self,
        prompt: &str,
        variables: &[Text],
    ) -> Hosted<Result<String, PromptError>> {
        let used = or_told!(self.used(prompt).await?);
        let template = &used.version.content;
        let declared = self.declared_variables(prompt);
        let filled = fill_prompt(template, variables, declared, &*self.run.house.texts).await;
        let rendered = filled.map_err(|error| {
            let prompt = match used.version.number {
                0 => format!("prompt `{}`", used.stored),
                number => format!("prompt `{}` v{number}", used.stored),
            };
            PromptError::new(kind_of(&error), format!("{prompt}: {error}"))
        });
        if rendered.is_ok() {
            let version = (used.stored.clone(), used.version.number);
            lock(&self.memory).filled.render(version);
        }
        Ok(rendered)
    }

    /// The template of the step's first prompt, in the version that the run has pinned; none where the step has no prompt.
    pub(super) async fn template_in_force(&self) -> Hosted<Option<String>> {
        let description = self.run.description(self.step);
        let first = description.and_then(|description| description.prompts.first());
        let pinned = first.and_then(|prompt| self.run.pinned_prompt(&self.key.path, &prompt.name));
        let Some(pinned) = pinned else {
            return Ok(None);
        };
        let content = self.blob(&pinned.digest).await?;
        Ok(Some(String::from_utf8_lossy(&content).into_owned()))
    }

    fn declared_variables(&self, prompt: &str) -> &[Field] {
        let declared = self
            .run
            .description(self.step)
            .map(|description| description.prompts.as_slice());
        let found = declared
            .unwrap_or_default()
            .iter()
            .find(|declaration| declaration.name == prompt);
        found.map_or(&[], |declaration| declaration.variables.as_slice())
    }

    fn need_prompts_grant(&self) -> Result<(), PromptError> {
        if self.grants().prompts_write {
            return Ok(());
        }
        Err(PromptError::new(
            PromptErrorKind::Denied,
            format!(
                "step `{}` may not change prompts; {}",
                self.key.path,
                self.grant_line("grants.prompts = \"write\"")
            ),
        ))
    }

    pub(super) async fn stage_version(
        &self,
        prompt: &str,
        content: String,
        note: String,
    ) -> Hosted<Result<(), PromptError>> {
        or_told!(self.need_prompts_grant());
        let stored = self.stored_name(prompt);
        if let Err(error) = Name::made_up(&stored) {
            return Ok(Err(PromptError::new(
                PromptErrorKind::NotFound,
                error.to_string(),
            )));
        }
        if let Err(error) = self.run.house.texts.read_template(&content).await {
            return Ok(Err(PromptError::new(kind_of(&error), error.to_string())));
        }
        self.stage_prompt(StagedPrompt::Add {
            name: stored,
            content,
            note,
        })?;
        Ok(Ok(()))
    }

    pub(super) async fn stage_use(
        &self,
        prompt: &str,
        number: u32,
    ) -> Hosted<Result<(), PromptError>> {
        or_told!(self.need_prompts_grant());
        let versions = or_told!(self.seen_versions(prompt).await?);
        if !versions.iter().any(|version| version.number == number) {
            return Ok(Err(self.no_version(prompt, Some(number))));
        }
        let name = self.stored_name(prompt);
        self.stage_prompt(StagedPrompt::Use { name, number })?;
        Ok(Ok(()))
    }
}

/// What a step is told of a template that can't be filled.
pub(crate) fn kind_of(error: &TemplateError) -> PromptErrorKind {
    match error {
        TemplateError::MissingVariable { .. } => PromptErrorKind::MissingVariable,
        TemplateError::Failed(_) => PromptErrorKind::Unavailable,
        TemplateError::Invalid { .. }
        | TemplateError::TooLong { .. }
        | TemplateError::TooLarge { .. }
        | TemplateError::Bound(_)
        | TemplateError::TooCostly { .. } => PromptErrorKind::InvalidTemplate,
    }
}

/// What a memo keeps of a version: its text is a blob, since a run must not carry every text along (rule E4).
#[derive(Serialize, Deserialize)]
struct SeenVersion {
    number: u32,
    digest: Digest,
    note: String,
    current: bool,
    created_at: String,
    updated_at: String,
}

fn as_seen(record: &PromptRecord, version: &VersionRecord) -> SeenVersion {
    SeenVersion {
        number: version.number,
        digest: version.digest,
        note: version.note.clone(),
        current: version.number == record.current,
        created_at: version.created_at.to_string(),
        updated_at: version.updated_at.to_string(),
    }
}
