//! What the fake host answers to each function.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use minijinja::value::Serde;
use minijinja::{ErrorKind, Value};

use super::filling::fill;
use super::{FakeHost, State, searching};
use crate::Text;
use crate::chat::{ChatError, ChatErrorKind, Request, Response};
use crate::context::{CheckpointError, Level};
use crate::dialogue::{DialogueError, Form};
use crate::documents::{DocumentError, DocumentErrorKind, Entry as DocumentEntry};
use crate::host::Host;
use crate::progress::Level as LogLevel;
use crate::prompts::{PromptError, PromptErrorKind, Version};
use crate::workspace::{Entry as FileEntry, Findings, Query, WorkspaceError, WorkspaceErrorKind};

/// As many attempts as an execution may take where nothing else is said.
const MOST_ATTEMPTS: u32 = 10;

impl Host for FakeHost {
    fn run_id(&self) -> String {
        self.in_prompt("context.run-id");
        "test".to_owned()
    }

    fn path(&self) -> Vec<Level> {
        self.in_prompt("context.path");
        vec![Level {
            step: "step".to_owned(),
            item: None,
            items: None,
            round: 1,
        }]
    }

    fn attempt(&self) -> u32 {
        self.in_prompt("context.attempt").attempt.max(1)
    }

    fn previous_end(&self) -> Option<String> {
        self.in_prompt("context.previous-end").previous_end.clone()
    }

    fn previous_progress(&self) -> Option<String> {
        self.in_prompt("context.previous-progress")
            .previous_progress
            .clone()
    }

    fn attempts_left(&self) -> u32 {
        let state = self.in_prompt("context.attempts-left");
        MOST_ATTEMPTS.saturating_sub(state.attempt.max(1))
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.in_prompt("context.setting")
            .settings
            .get(name)
            .cloned()
    }

    fn save_checkpoint(&self, key: &str, value: &[u8]) -> Result<(), CheckpointError> {
        drop(self.in_execute("context.save-checkpoint"));
        let mut state = self.state.borrow_mut();
        state.checkpoints.insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn load_checkpoint(&self, key: &str) -> Option<Vec<u8>> {
        self.in_prompt("context.load-checkpoint")
            .checkpoints
            .get(key)
            .cloned()
    }

    fn active_prompt(&self, prompt: &str) -> Result<Version, PromptError> {
        let state = self.in_prompt("prompts.active");
        let content = state.prompts.get(prompt).ok_or_else(|| PromptError {
            kind: PromptErrorKind::NotFound,
            message: format!("no prompt `{prompt}`"),
        })?;
        Ok(Version {
            number: 1,
            content: content.clone(),
            note: String::new(),
            current: true,
            created_at: "2026-01-01T00:00:00Z".to_owned(),
            updated_at: "2026-01-01T00:00:00Z".to_owned(),
        })
    }

    fn render_prompt(&self, prompt: &str, variables: &[Text]) -> Result<String, PromptError> {
        let template = self.active_prompt(prompt)?.content;
        let structured = &self.in_prompt("prompts.render").json_variables;
        let values = variables.iter().map(|text| {
            let key = (prompt.to_owned(), text.name.clone());
            let json = structured
                .contains(&key)
                .then(|| serde_json::from_str::<serde_json::Value>(&text.value).ok())
                .flatten();
            let value = json.map_or_else(
                || Value::from(text.value.as_str()),
                |json| Value::from(Serde(json)),
            );
            (text.name.clone(), value)
        });
        fill(
            &template,
            Value::from(values.collect::<BTreeMap<String, Value>>()),
        )
        .map_err(|error| PromptError {
            kind: match error.kind() {
                ErrorKind::UndefinedError => PromptErrorKind::MissingVariable,
                _ => PromptErrorKind::InvalidTemplate,
            },
            message: format!("the prompt `{prompt}`: {error}"),
        })
    }

    fn latest_prompt(&self, prompt: &str) -> Result<Version, PromptError> {
        self.active_prompt(prompt)
    }

    fn prompt_version(&self, prompt: &str, number: u32) -> Result<Version, PromptError> {
        self.active_prompt(prompt).and_then(|version| {
            if version.number == number {
                return Ok(version);
            }
            Err(PromptError {
                kind: PromptErrorKind::NotFound,
                message: format!("no version {number} of `{prompt}`"),
            })
        })
    }

    fn prompt_versions(&self, prompt: &str) -> Result<Vec<Version>, PromptError> {
        self.active_prompt(prompt).map(|version| vec![version])
    }

    fn add_prompt(&self, prompt: &str, content: &str, note: &str) -> Result<(), PromptError> {
        drop(self.in_execute("prompts.add"));
        let line = format!("add {prompt}: {content} ({note})");
        self.state.borrow_mut().log.push(line);
        Ok(())
    }

    fn make_prompt_current(&self, prompt: &str, number: u32) -> Result<(), PromptError> {
        drop(self.in_execute("prompts.make-current"));
        let line = format!("make current {prompt}: {number}");
        self.state.borrow_mut().log.push(line);
        Ok(())
    }

    fn complete(&self, request: &Request) -> Result<Response, ChatError> {
        drop(self.in_execute("chat.complete"));
        let mut state = self.state.borrow_mut();
        state.requests.push(request.clone());
        match state.answers.pop_front() {
            Some(answer) => answer,
            None => Err(ChatError {
                kind: ChatErrorKind::ReplayMiss,
                message: format!("the script has no answer to call {}", state.requests.len()),
            }),
        }
    }

    fn complete_all(&self, requests: &[Request]) -> Vec<Result<Response, ChatError>> {
        requests
            .iter()
            .map(|request| self.complete(request))
            .collect()
    }

    fn document_entries(&self, step: &str) -> Result<Vec<DocumentEntry>, DocumentError> {
        let state = self.in_execute("documents.entries");
        Ok(state
            .documents
            .iter()
            .filter(|((of, _), _)| of == step)
            .map(|((_, name), text)| DocumentEntry {
                step: step.to_owned(),
                name: name.clone(),
                items: Vec::new(),
                bytes: size(text.len()),
                revision: 1,
            })
            .collect())
    }

    fn read_document(&self, step: &str, name: &str, _: &[u32]) -> Result<String, DocumentError> {
        self.in_execute("documents.read")
            .documents
            .get(&(step.to_owned(), name.to_owned()))
            .cloned()
            .ok_or_else(|| DocumentError {
                kind: DocumentErrorKind::NotFound,
                message: format!("`{step}` wrote no `{name}`"),
            })
    }

    fn file_entries(&self, pattern: &str) -> Result<Vec<FileEntry>, WorkspaceError> {
        let state = self.in_workspace("workspace.entries")?;
        let matcher = matcher(pattern)?;
        Ok(state
            .files
            .iter()
            .filter(|(path, _)| matcher.is_match(path))
            .map(|(path, content)| FileEntry {
                path: path.clone(),
                bytes: size(content.len()),
            })
            .collect())
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
        check_open(path)?;
        let state = self.in_workspace("workspace.read")?;
        if state.unreadable.contains(path) {
            return Err(WorkspaceError {
                kind: WorkspaceErrorKind::Other("unreadable".into()),
                message: format!("`{path}` can't be read: permission denied"),
            });
        }
        let file = state.files.get(state.real(path));
        file.cloned().ok_or_else(|| missing(path))
    }

    fn skim_files(
        &self,
        paths: &[String],
    ) -> Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError> {
        drop(self.in_workspace("workspace.skim")?);
        Ok(paths.iter().map(|path| self.read_file(path)).collect())
    }

    fn changed_files(&self) -> Result<Vec<String>, WorkspaceError> {
        let state = self.in_workspace("workspace.changed")?;
        Ok(state.before.keys().cloned().collect())
    }

    fn read_file_before(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
        let before = {
            let state = self.in_workspace("workspace.read-before")?;
            state.before.get(path).cloned()
        };
        match before {
            Some(before) => before.ok_or_else(|| missing(path)),
            None => self.read_file(path),
        }
    }

    fn read_file_published(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
        let published = {
            let state = self.in_workspace("workspace.read-published")?;
            state.published.get(path).cloned()
        };
        match published {
            Some(published) => published.ok_or_else(|| missing(path)),
            None => self.read_file_before(path),
        }
    }

    fn ignored_files(&self, pattern: &str) -> Result<Vec<String>, WorkspaceError> {
        let matcher = matcher(pattern)?;
        let state = self.in_workspace("workspace.ignored")?;
        let hidden = state.ignored.iter().filter(|path| matcher.is_match(path));
        Ok(hidden.cloned().collect())
    }

    fn is_ignored(&self, path: &str) -> Result<bool, WorkspaceError> {
        check_open(path)?;
        let state = self.in_workspace("workspace.is-ignored")?;
        let mut named = state.ignored.contains(path);
        for pattern in &state.ignoring {
            named |= matcher(pattern)?.is_match(path);
        }
        Ok(named)
    }

    fn leads_to(&self, path: &str) -> Result<Option<String>, WorkspaceError> {
        check_open(path)?;
        let state = self.in_workspace("workspace.leads-to")?;
        Ok(state.links.get(path).cloned())
    }

    fn search_files(&self, query: &Query) -> Result<Findings, WorkspaceError> {
        let files = {
            let state = self.in_workspace("workspace.search")?;
            let readable = state
                .files
                .iter()
                .filter(|(path, _)| !state.unreadable.contains(*path));
            readable
                .map(|(path, content)| (path.clone(), content.clone()))
                .collect()
        };
        searching::search(files, query, &matcher(&query.paths)?)
    }

    fn write_file(&self, path: &str, content: &[u8]) -> Result<(), WorkspaceError> {
        check_open(path)?;
        drop(self.in_workspace("workspace.write")?);
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(WorkspaceError {
                kind: WorkspaceErrorKind::InvalidPath,
                message: format!("`{path}` leads outside"),
            });
        }
        let mut state = self.state.borrow_mut();
        let real = state.real(path).to_owned();
        state.files.insert(real, content.to_vec());
        Ok(())
    }

    fn remove_file(&self, path: &str) -> Result<(), WorkspaceError> {
        drop(self.in_workspace("workspace.remove")?);
        let removed = self.state.borrow_mut().files.remove(path);
        removed.map(drop).ok_or_else(|| missing(path))
    }

    fn ask(&self, form: &Form) -> Result<Vec<String>, DialogueError> {
        drop(self.in_execute("dialogue.ask"));
        let mut state = self.state.borrow_mut();
        state.forms.push(form.clone());
        let answers = state.person.pop_front().transpose()?.unwrap_or_default();
        Ok(form
            .questions
            .iter()
            .map(|question| answers.get(&question.key).cloned().unwrap_or_default())
            .collect())
    }

    fn log(&self, _: LogLevel, message: &str) {
        drop(self.in_execute("progress.log"));
        self.state.borrow_mut().log.push(message.to_owned());
    }

    fn advance(&self, done: u32, total: u32, label: &str) {
        drop(self.in_execute("progress.advance"));
        let line = format!("{done}/{total} {label}");
        let mut state = self.state.borrow_mut();
        state.log.push(line);
        state.at = Some(label.to_owned());
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, WorkspaceError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| WorkspaceError {
        kind: WorkspaceErrorKind::InvalidPath,
        message: format!("`{pattern}` is not a glob: {}", error.kind()),
    })?;
    Ok(glob.compile_matcher())
}

impl State {
    fn real<'a>(&'a self, path: &'a str) -> &'a str {
        self.links.get(path).map_or(path, String::as_str)
    }
}

/// Refuses what is closed to every step, whatever its grant.
fn check_open(path: &str) -> Result<(), WorkspaceError> {
    let closed = |name: &str| [".git", ".stepwell", "stepwell.toml"].contains(&name);
    match path.split('/').any(closed) {
        false => Ok(()),
        true => Err(WorkspaceError {
            kind: WorkspaceErrorKind::Denied,
            message: format!("the path `{path}` is closed to every step, whatever its grant"),
        }),
    }
}

fn missing(path: &str) -> WorkspaceError {
    WorkspaceError {
        kind: WorkspaceErrorKind::NotFound,
        message: format!("there is no `{path}`"),
    }
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, path, expected) in [
            ("**/*.py", "a.py", true),
            ("**/*.py", "src/x/a.py", true),
            ("src/*.py", "src/x/a.py", false),
            ("src/**/*.py", "src/x/a.py", true),
            ("**/*", "a/b", true),
            ("*.py", "a.pyc", false),
            ("**", "a/b", true),
        ] {
            let found = FakeHost::new().file(path, "").file_entries(pattern);
            assert_eq!(found.unwrap().len() == 1, expected, "{pattern} {path}");
        }
    }
}
