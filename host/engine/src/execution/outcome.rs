//! The outcome of an execution: documents, files, prompt versions and state in one commit (rules E8, E13 to E17).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::amounts::count;
use stepwell_contract::{AttemptEnd, AttemptReport, Digest, Hosted, Text, TextServiceFailed};
use stepwell_definition::content_problems;
use stepwell_store::{
    Author, Change, DocumentKey, ExecutionRecord, ExecutionState, KeptDocument, Revision,
};

use super::ending::{ExecutionEnd, succeeded};
use super::services::Services;
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
        record.documents = self.first_revisions(documents, now, &mut changes);
        record.state = ExecutionState::Success;
        record.ended_at = Some(now);
        record.outcome = published.next_outcome();
        record.form = None;
        record.files = files;
        changes.extend(kept.iter().map(|kept| self.event(is_kept(kept))));
        record.kept = kept;
        warnings.extend(self.strays());
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
        self.publish_at_once(&mut published, record).await
    }

    /// Publishes the files of an outcome that is kept, where nobody is asked about them.
    async fn publish_at_once(
        &self,
        published: &mut Published,
        record: ExecutionRecord,
    ) -> Hosted<ExecutionEnd> {
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
        let problem = self.run.publish(published, record).await;
        let problem = problem.map_err(store_halt)?;
        Ok(problem.map_or(ExecutionEnd::Success, ExecutionEnd::Unpublished))
    }

    /// The documents as the step wrote them, by their names.
    fn first_revisions(
        &self,
        documents: Vec<Text>,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> BTreeMap<String, Digest> {
        let mut digests = BTreeMap::new();
        for document in documents {
            let bytes = Bytes::from(document.value);
            let revision = Revision::of(&bytes, Author::Step, now);
            digests.insert(document.name.clone(), revision.digest);
            changes.push(Change::Blob(bytes));
            let key = DocumentKey {
                execution: self.key.clone(),
                name: document.name,
            };
            changes.push(Change::Document { key, revision });
        }
        digests
    }

    /// A warning where the step, started afresh, went another way than before.
    fn strays(&self) -> Option<Event> {
        let unasked = lock(&self.memory).unasked_kinds();
        if unasked.is_empty() {
            return None;
        }
        let kinds: Vec<String> = unasked.iter().map(ToString::to_string).collect();
        Some(Event::warning(format!(
            "after it started afresh, the step didn't ask again for {} of the things it had asked for ({}): it \
             doesn't do the same from the same answers",
            unasked.len(),
            kinds.join(", ")
        )))
    }
}

fn is_kept(kept: &KeptDocument) -> Event {
    Event::DocumentKept {
        document: kept.document.clone(),
        path: kept.path.clone(),
        is_new: kept.is_new,
        added: count(kept.added.len()),
        changed: count(kept.changed.len()),
        removed: count(kept.removed.len()),
        more: kept.more,
    }
}
