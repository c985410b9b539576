//! From the store into the workspace: files of an outcome, one by one, each marked (rules E5, E14 to E16).
//!
//! What is there is held against what the execution saw in the moment in which it is replaced, and nothing that somebody
//! else wrote goes before it is kept. Each step may be the last one of a process: whoever resumes does the same again.

use stepwell_contract::{GoOn, Problem, ProblemCode, Remedy};
use stepwell_store::{Change, ExecutionRecord, StoreError};

use super::others::{note_taken, other_text};
use crate::state::Published;
use crate::state::RunContext;
use crate::words::{Event, PublishError};
use crate::workspace::{Aside, Mode, RulesBefore, Taken};

/// Why a file isn't published.
enum Stopped {
    /// The store says no.
    Store(StoreError),
    /// The workspace does.
    Workspace(PublishError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PublishError> for Stopped {
    fn from(error: PublishError) -> Self {
        Self::Workspace(error)
    }
}

impl RunContext {
    /// The texts of the .gitignore files as they were before this run wrote them (rule E6).
    pub(crate) async fn rules_before(
        &self,
        published: &Published,
    ) -> Result<RulesBefore, StoreError> {
        let mut rules = RulesBefore::new();
        for (folder, digest) in &published.rules_before {
            let text = self.house.blob_if_any(*digest).await?;
            rules.insert(folder.clone(), text.map(|text| text.to_vec()));
        }
        Ok(rules)
    }

    /// Publishes what is committed of an execution and not marked yet. Gives the problem that stopped it.
    pub(crate) async fn publish(
        &self,
        published: &mut Published,
        mut record: ExecutionRecord,
    ) -> Result<Option<Problem>, StoreError> {
        if let Some(branch) = &self.pins.branch {
            return self.publish_commit(branch, published, record).await;
        }
        let stopped = match self.refuse_links(published, &record).await {
            Ok(()) => self.publish_files(published, &mut record).await,
            refused => refused,
        };
        match stopped {
            Ok(()) => {
                published.has_all_of(&record.key);
                Ok(None)
            }
            Err(Stopped::Store(error)) => Err(error),
            Err(Stopped::Workspace(error)) => {
                let problem = Problem::new(ProblemCode::Publishing, error.to_string())
                    .with(Remedy::ClearTheWay {
                        obstacle: error.obstacle,
                        then: Some(GoOn::Run(record.key.run)),
                    })
                    .of(&record.key);
                let change = Change::Execution(Box::new(record));
                self.house.store.commit(vec![change]).await?;
                Ok(Some(problem))
            }
        }
    }

    /// A link that somebody made at a path since the step wrote there stops all of it, before the first file is touched.
    async fn refuse_links(
        &self,
        published: &Published,
        record: &ExecutionRecord,
    ) -> Result<(), Stopped> {
        for file in record.files.iter().filter(|file| !file.published) {
            if published.is_superseded(&file.path, &record.key) {
                continue;
            }
            self.workspace.refuse_link(&file.path).await?;
        }
        Ok(())
    }

    async fn publish_files(
        &self,
        published: &mut Published,
        record: &mut ExecutionRecord,
    ) -> Result<(), Stopped> {
        // What goes makes room for what comes: a folder that becomes a file is emptied first.
        let becomes_file = |place: &usize| {
            let folder = format!("{}/", record.files[*place].path);
            let mut others = record.files.iter();
            others.any(|other| other.after.is_none() && other.path.starts_with(&folder))
        };
        let (last, mut places): (Vec<_>, Vec<_>) = (0..record.files.len()).partition(becomes_file);
        places.extend(last);
        for place in places {
            if !record.files[place].published {
                self.publish_file(published, record, place).await?;
            }
        }
        Ok(())
    }

    /// Publishes one file, and marks it.
    async fn publish_file(
        &self,
        published: &mut Published,
        record: &mut ExecutionRecord,
        place: usize,
    ) -> Result<(), Stopped> {
        let file = record.files[place].clone();
        let aside = Aside::of(record.id, place);
        // A process that was killed may have exchanged it already, and not yet kept what was there.
        if let Some(left) = self.workspace.left_aside(&file.path, &aside).await? {
            self.keep(published, record, place, left).await?;
            self.let_go(record, place, &aside).await?;
        }
        // A later outcome of the run has the file by now.
        if published.is_superseded(&file.path, &record.key) {
            record.files[place].published = true;
            let mark = Change::Execution(Box::new(record.clone()));
            self.house.store.commit(vec![mark]).await?;
            return Ok(());
        }
        let there = self.workspace.read(&file.path, u64::MAX).await;
        let there = there.ok().flatten().map(|(digest, _)| digest);
        if there != file.after {
            let content = self.house.blob_if_any(file.after).await?;
            let mode = published.mode_of(&file.path).map(Mode);
            let taken = self
                .workspace
                .exchange(&file.path, content, mode, &aside)
                .await?;
            self.keep(published, record, place, taken).await?;
            published.note_mode(&record.files[place]);
            self.let_go(record, place, &aside).await?;
        }
        record.files[place].published = true;
        published.has_published(&file, &record.key);
        let event = Event::FilePublished {
            path: file.path,
            removed: file.after.is_none(),
        };
        let changes = vec![
            Change::Execution(Box::new(record.clone())),
            self.event(Some(&record.key), event),
        ];
        self.house.store.commit(changes).await?;
        Ok(())
    }

    async fn let_go(
        &self,
        record: &ExecutionRecord,
        place: usize,
        aside: &Aside,
    ) -> Result<(), PublishError> {
        let file = &record.files[place];
        let removed = file.after.is_none();
        self.workspace.let_go(&file.path, aside, removed).await
    }

    /// Makes durable what was taken out of a path, where it is neither what the execution saw there nor its own.
    async fn keep(
        &self,
        published: &Published,
        record: &mut ExecutionRecord,
        place: usize,
        taken: Taken,
    ) -> Result<(), StoreError> {
        let file = &mut record.files[place];
        let path = file.path.clone();
        let beneath = |digest| published.is_beneath(&path, digest);
        let Some(noticed) = note_taken(file, &taken, beneath) else {
            return Ok(());
        };
        let warning = other_text(record.key.run, file, noticed);
        let mut changes: Vec<Change> = taken
            .text
            .map(|(_, text)| Change::Blob(text))
            .into_iter()
            .collect();
        changes.push(Change::Execution(Box::new(record.clone())));
        changes.push(self.event(Some(&record.key), warning));
        self.house.store.commit(changes).await?;
        Ok(())
    }
}
