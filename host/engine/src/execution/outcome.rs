//! The outcome of an execution: documents, files, prompt versions and state in one commit (rules E8, E13 to E17).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use stepwell_contract::amounts::count;
use stepwell_contract::{
    AttemptEnd, AttemptReport, Digest, Halt, Hosted, Name, Text, TextServiceFailed,
};
use stepwell_definition::content_problems;
use stepwell_store::{
    Author, Change, DocumentKey, ExecutionState, FileChange, KeptDocument, Origin, PromptChange,
    Revision, StoreError,
};

use super::ending::{ExecutionEnd, succeeded};
use super::line_ends::written_as;
use super::others::still_there;
use super::services::Services;
use super::staging::{StagedPrompt, Staging};
use crate::state::{Published, lock, store_halt};
use crate::words::Event;

impl Services {
    /// Holds what the guest gave back against what it declared.
    pub(super) async fn check_documents(
        &self,
        documents: Vec<Text>,
    ) -> Result<Vec<Text>, AttemptEnd> {
        let bad = |reason: String| Err(AttemptEnd::BadOutcome { reason });
        let Some(description) = self.run.description(self.step) else {
            return Ok(documents);
        };
        let mut names = BTreeSet::new();
        let mut contents = Vec::new();
        for document in &documents {
            let field = description
                .documents
                .iter()
                .find(|field| field.name == document.name);
            let Some(field) = field else {
                return bad(format!(
                    "it wrote a document `{}` that it doesn't declare",
                    document.name
                ));
            };
            if !names.insert(document.name.as_str()) {
                return bad(format!("it wrote the document `{}` twice", document.name));
            }
            contents.push((field, document.value.as_str()));
        }
        let problems = content_problems(&contents, &*self.run.house.texts).await;
        let failed = |failed: TextServiceFailed| AttemptEnd::Host {
            reason: failed.to_string(),
        };
        for ((field, _), problem) in contents.iter().zip(problems.map_err(failed)?) {
            if let Some(problem) = problem {
                return bad(format!(
                    "its document `{}` isn't what it declares: {problem}",
                    field.name
                ));
            }
        }
        match description
            .documents
            .iter()
            .find(|field| field.required && !names.contains(field.name.as_str()))
        {
            Some(missing) => bad(format!(
                "it didn't write the document `{}`, which it always writes",
                missing.name
            )),
            None => Ok(documents),
        }
    }

    /// Commits the outcome and publishes its files.
    ///
    /// # Errors
    /// [`Halt::Conflict`] where another execution of the run changed a file in the meantime (rule E15), and
    /// [`Halt::Store`]; nothing is changed then.
    pub(super) async fn succeed(
        &self,
        documents: Vec<Text>,
        kept: Vec<KeptDocument>,
        report: &AttemptReport,
    ) -> Hosted<ExecutionEnd> {
        let staging = std::mem::take(&mut lock(&self.memory).staging);
        // Looks wait from here on until the files are where they belong (rule E5).
        let mut published = self.run.published.write().await;
        let mut changes = Vec::new();
        let mut warnings = Vec::new();
        let files = self.manifest(&staging, &published, &mut changes).await?;
        if self.run.comparison.is_none() {
            self.prompt_changes(&staging, &mut changes, &mut warnings)
                .await?;
        }
        let now = self.run.house.now();
        let mut record = succeeded(self.record.lock().await.clone(), report, now);
        record.documents.clear();
        for document in documents {
            let bytes = Bytes::from(document.value);
            let revision = Revision::of(&bytes, Author::Step, now);
            record
                .documents
                .insert(document.name.clone(), revision.digest);
            changes.push(Change::Blob(bytes));
            let key = DocumentKey {
                execution: self.key.clone(),
                name: document.name,
            };
            changes.push(Change::Document { key, revision });
        }
        record.state = ExecutionState::Success;
        record.ended_at = Some(now);
        record.outcome = published.next_outcome();
        record.form = None;
        record.files = files;
        changes.extend(kept.iter().map(|kept| {
            self.event(Event::DocumentKept {
                document: kept.document.clone(),
                path: kept.path.clone(),
                is_new: kept.is_new,
                added: count(kept.added.len()),
                changed: count(kept.changed.len()),
                removed: count(kept.removed.len()),
                more: kept.more,
            })
        }));
        record.kept = kept;
        let unasked = lock(&self.memory).unasked_kinds();
        if !unasked.is_empty() {
            let kinds: Vec<String> = unasked.iter().map(ToString::to_string).collect();
            warnings.push(Event::warning(format!(
                "after it started afresh, the step didn't ask again for {} of the things it had asked for ({}): it \
                 doesn't do the same from the same answers",
                unasked.len(),
                kinds.join(", ")
            )));
        }
        record.warnings = lock(&self.memory).warned_with(&warnings);
        changes.extend(warnings.into_iter().map(|warning| self.event(warning)));
        let names = record.documents.keys().cloned().collect();
        let changed = record.files.iter().filter(|file| file.before != file.after);
        let files = count(changed.count());
        changes.push(Change::Execution(Box::new(record.clone())));
        changes.push(self.event(Event::StepSucceeded {
            documents: names,
            files,
        }));
        self.commit(changes).await?;
        self.run.outcome_is_kept(&record);
        // A comparison's cell publishes nothing: its files are kept with its record (rule E27).
        if self.run.comparison.is_some() {
            return Ok(ExecutionEnd::Success);
        }
        published.keep(&record);
        // Where anything is asked about, the order of the outcomes decides what may get there (rule E34).
        let nothing_is_asked = self.run.gates.is_empty();
        if !nothing_is_asked || record.files.iter().all(|file| file.published) {
            return Ok(ExecutionEnd::Success);
        }
        let problem = self
            .run
            .publish(&mut published, record)
            .await
            .map_err(store_halt)?;
        Ok(problem.map_or(ExecutionEnd::Success, ExecutionEnd::Unpublished))
    }

    /// What the outcome does to each file. What will be replaced is among the changes, as blobs (rule E14).
    async fn manifest(
        &self,
        staging: &Staging,
        published: &Published,
        changes: &mut Vec<Change>,
    ) -> Hosted<Vec<FileChange>> {
        let mut manifest = BTreeMap::new();
        for (path, content) in &staging.files {
            let before = lock(&self.memory).first_look(path)?;
            if self.run.comparison.is_some() {
                let after = content.as_ref().map(Digest::of);
                changes.extend(content.iter().cloned().map(Change::Blob));
                manifest.insert(path.clone(), changed(path, before, after));
                continue;
            }
            // What .gitignore hid from the step was there all the same: it is what the step replaces.
            let hidden = lock(&self.memory).hidden(path)?;
            let (now, bytes) = self.run.now_at(path, hidden.or(before), published).await;
            let mut content = content.clone();
            if let (Some(text), Some(there), Some(_)) = (&mut content, &bytes, hidden) {
                *text = written_as(there, text);
            }
            let after = content.as_ref().map(Digest::of);
            changes.extend(content.map(Change::Blob));
            // The take whose answers are read again wrote over what both saw.
            let wrote = published.writer_of(path, now);
            let before = match wrote.is_some() && wrote == self.answers_of.as_ref() {
                true => now,
                false => before,
            };
            let before = hidden.filter(|hidden| now == Some(*hidden)).or(before);
            let mut change = changed(path, before, after);
            // What is there already needs no publishing, unless it is there by an outcome that isn't published yet.
            change.published = now == after && !published.overlay.contains_key(path);
            if now != before && now != after {
                if let Some(writer) = published
                    .writer_of(path, now)
                    .filter(|writer| *writer != &self.key)
                {
                    return Err(Halt::Conflict {
                        reason: format!(
                            "`{path}` was changed by {writer} while {} worked on it from the text before",
                            self.key
                        ),
                    });
                }
                change.foreign = Some(still_there(now));
            }
            changes.extend(bytes.map(Change::Blob));
            manifest.insert(path.clone(), change);
        }
        let left = self.run.left_by_earlier_takes(&self.key).await;
        for (path, digest) in left.map_err(store_halt)? {
            if manifest.contains_key(&path) || lock(&self.memory).spared.contains(&path) {
                continue;
            }
            if let Some(removal) = self.run.removal(&path, digest, published, changes).await {
                manifest.insert(path, removal);
            }
        }
        Ok(manifest.into_values().collect())
    }

    async fn prompt_changes(
        &self,
        staging: &Staging,
        changes: &mut Vec<Change>,
        warnings: &mut Vec<Event>,
    ) -> Hosted<()> {
        let at = self.run.house.now();
        for staged in &staging.prompts {
            match staged.clone() {
                StagedPrompt::Add {
                    name,
                    content,
                    note,
                } => {
                    let name = named(name)?;
                    let add = PromptChange::Add {
                        name,
                        content,
                        note,
                        origin: Origin::Step,
                        by: format!("step {}", self.key.path),
                        because: None,
                        at,
                    };
                    changes.push(Change::Prompt(add));
                }
                StagedPrompt::Use { name, number } => {
                    let name = named(name)?;
                    let record = self
                        .run
                        .house
                        .store
                        .prompt(&name)
                        .await
                        .map_err(store_halt)?;
                    let gone = || {
                        let name = name.clone();
                        StoreError::NoSuchPrompt { name }
                    };
                    let readable = record.as_ref().ok_or_else(gone);
                    let readable = readable.and_then(|record| record.template(number).map(drop));
                    if readable.is_ok() {
                        changes.push(Change::Prompt(PromptChange::Use {
                            name,
                            number,
                            by: format!("step {}", self.key.path),
                            reason: String::new(),
                            comparison: None,
                            at,
                        }));
                    } else {
                        let why = match readable {
                            Err(error @ StoreError::UnreadableVersion { .. }) => error.to_string(),
                            _ => "that version is gone".to_owned(),
                        };
                        warnings.push(Event::warning(format!(
                            "the step wanted v{number} of prompt `{name}` to be current, but {why}"
                        )));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The prompt of a staged change. Its name was held against the rules when it was staged, maybe in an earlier process.
fn named(name: String) -> Hosted<Name> {
    Name::new(name).map_err(|error| Halt::Store {
        reason: format!("what the step staged can't be read: {error}"),
    })
}

pub(super) fn changed(path: &str, before: Option<Digest>, after: Option<Digest>) -> FileChange {
    FileChange {
        path: path.to_owned(),
        before,
        after,
        published: false,
        foreign: None,
        mode: None,
        other: Default::default(),
    }
}
