//! Interfaces `context`, `prompts`, `documents`, `workspace`, `dialogue` and `progress`.

use stepwell_contract::{
    DocumentEntry, Form, Level, LogLevel, PromptVersion, Question, WorkspaceEntry,
};

use super::each;
use crate::bindings::{context, dialogue, documents, progress, prompts, workspace};

impl From<Level> for context::Level {
    fn from(level: Level) -> Self {
        Self {
            step: level.step,
            item: level.item,
            items: level.items,
            round: level.round,
        }
    }
}

impl From<PromptVersion> for prompts::Version {
    fn from(version: PromptVersion) -> Self {
        Self {
            number: version.number,
            content: version.content,
            note: version.note,
            current: version.current,
            created_at: version.created_at,
            updated_at: version.updated_at,
        }
    }
}

impl From<DocumentEntry> for documents::Entry {
    fn from(entry: DocumentEntry) -> Self {
        Self {
            step: entry.step,
            name: entry.name,
            items: entry.items,
            bytes: entry.bytes,
            revision: entry.revision,
        }
    }
}

impl From<WorkspaceEntry> for workspace::Entry {
    fn from(entry: WorkspaceEntry) -> Self {
        Self {
            path: entry.path,
            bytes: entry.bytes,
        }
    }
}

impl From<dialogue::Question> for Question {
    fn from(question: dialogue::Question) -> Self {
        Self {
            key: question.key,
            text: question.text,
            choices: question.choices,
            suggested: question.suggested,
            annotations: each(question.annotations),
        }
    }
}

impl From<dialogue::Form> for Form {
    fn from(form: dialogue::Form) -> Self {
        Self {
            title: form.title,
            guidance: form.guidance,
            questions: each(form.questions),
        }
    }
}

impl From<progress::Level> for LogLevel {
    fn from(level: progress::Level) -> Self {
        match level {
            progress::Level::Debug => Self::Debug,
            progress::Level::Info => Self::Info,
            progress::Level::Warn => Self::Warn,
            progress::Level::Error => Self::Error,
        }
    }
}
