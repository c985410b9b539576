//! A file is given back what was there before a run wrote it (rule E14).
//!
//! What somebody wrote since is replaced only where that was asked for; else it is kept, also in the very last moment.

use std::path::PathBuf;

use bytes::Bytes;
use stepwell_contract::RunId;
use stepwell_store::{Change, ExecutionRecord, FileChange, Gaps, RunRecord};

use super::Operations;
use super::files::not_written;
use super::histories::{Before, History};
use crate::execution::{foreign, note_taken, other_text};
use crate::words::{EngineError, FileError, GivenBack, RestoredFile, Selection};
use crate::workspace::{Aside, Mode, Taken, Workspace};

impl Operations {
    pub(super) async fn restore_file(
        &self,
        run: RunId,
        path: &str,
        overwrite: bool,
    ) -> Result<RestoredFile, EngineError> {
        self.restore(run, path, None, overwrite).await
    }

    pub(super) async fn restore_text(
        &self,
        run: RunId,
        path: &str,
        text: &str,
        overwrite: bool,
    ) -> Result<RestoredFile, EngineError> {
        self.restore(run, path, Some(text), overwrite).await
    }

    /// Puts a text back: the one that is named, else what was there before the run.
    async fn restore(
        &self,
        run: RunId,
        path: &str,
        text: Option<&str>,
        overwrite: bool,
    ) -> Result<RestoredFile, EngineError> {
        // Nobody publishes beside it.
        let _active = self.house.take(run)?;
        let record = self.house.own_run(run).await?;
        self.house.require_home(&record).await?;
        self.reach.require(&record.workspace).await?;
        if let Some(branch) = record.branch {
            return Err(FileError::OnBranch {
                run,
                branch: branch.name,
                is_made: branch.tip.is_some(),
            }
            .into());
        }
        let folder = Workspace::open(PathBuf::from(&record.workspace), Vec::new()).await?;
        let everything = Selection::default();
        if let Some(text) = text {
            self.take_dropped(&folder, run, path, text, overwrite)
                .await?;
        }
        let outcomes = self.outcomes(run, &everything, Gaps::Refuse).await?;
        // What is written to a link is written to the file that it leads to.
        let behind = match outcomes.iter().any(|outcome| wrote(outcome, path)) {
            true => None,
            false => folder.behind_link(path).await,
        };
        let path = behind.as_deref().unwrap_or(path);
        let dropped = History::of_dropped(outcomes.clone(), path);
        let mut history = History::of(outcomes, path);
        self.settle(&folder, &mut history, path).await?;
        let nothing_there = || match dropped.changes().next_back() {
            None => not_written(run, path),
            Some(dropped) => {
                let (path, text) = (path.to_owned(), dropped.after);
                FileError::Dropped { run, path, text }.into()
            }
        };
        let before = history.before().ok_or_else(nothing_there)?;
        let (wanted, what) = match text {
            None => (before.text, given_back(before)),
            Some(given) => {
                let no_such = || FileError::NoSuchText {
                    run,
                    path: path.to_owned(),
                    given: given.to_owned(),
                };
                let named = history.named(given).ok_or_else(no_such)?;
                (Some(named), GivenBack::Named)
            }
        };
        // What can't be read can't be written either: that is told below, with its reason.
        let now = folder.read(path, u64::MAX).await.ok().flatten();
        let now = now.map(|(digest, _)| digest);
        let mut restored = RestoredFile {
            path: path.to_owned(),
            what,
            text: wanted,
            changed: false,
        };
        if now.is_some() && now == wanted {
            return Ok(restored);
        }
        // A process that was killed may have put it there and not have said so.
        let was_put = |file: &FileChange| file.published || (now.is_some() && file.after == now);
        if !history.changes().any(was_put) {
            let path = path.to_owned();
            return Err(FileError::Held { run, path }.into());
        }
        if !overwrite && now.is_some_and(|digest| !history.knows(digest)) {
            let path = path.to_owned();
            return Err(FileError::ChangedSince { run, path }.into());
        }
        let content = self.house.blob_if_any(wanted).await?;
        let put = self.put_back(&folder, &mut history, content, overwrite);
        restored.changed = put.await?;
        if wanted.is_none() && folder.has_folder(path).await {
            restored.what = GivenBack::Folder;
        }
        Ok(restored)
    }

    /// A text that a person said no to, and wants all the same: from here on it is one that the run wrote, so that what it replaces can be
    /// given back. Nothing happens where the text is none of those.
    async fn take_dropped(
        &self,
        folder: &Workspace,
        run: RunId,
        path: &str,
        text: &str,
        overwrite: bool,
    ) -> Result<(), EngineError> {
        let everything = Selection::default();
        let outcomes = self.outcomes(run, &everything, Gaps::Refuse).await?;
        if History::of(outcomes.clone(), path).named(text).is_some() {
            return Ok(());
        }
        let dropped = History::of_dropped(outcomes, path);
        let Some(wanted) = dropped.named(text) else {
            return Ok(());
        };
        let now = folder.read(path, u64::MAX).await.ok().flatten();
        let unknown = now.filter(|(now, _)| !dropped.knows(*now));
        if unknown.is_some() && !overwrite {
            let path = path.to_owned();
            return Err(FileError::ChangedSince { run, path }.into());
        }
        let mut found = dropped.0.iter().rev();
        let found = found.find(|(of, place)| of.dropped[*place].after == Some(wanted));
        let Some((of, place)) = found else {
            return Ok(());
        };
        let Some(mut execution) = self.house.store.execution(&of.key).await? else {
            return Ok(());
        };
        let mut file = execution.dropped.remove(*place);
        file.published = true;
        execution.files.push(file);
        let change = Change::Execution(Box::new(execution));
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    /// Gives whether that changed anything.
    async fn put_back(
        &self,
        folder: &Workspace,
        history: &mut History,
        content: Option<Bytes>,
        overwrite: bool,
    ) -> Result<bool, EngineError> {
        let mode = history.changes().rev().find_map(|file| file.mode).map(Mode);
        let Some((last, place)) = history.0.last() else {
            return Ok(false);
        };
        let aside = Aside::restoring(last.id, *place);
        let path = last.files[*place].path.clone();
        let removed = content.is_none();
        let taken = folder.exchange(&path, content, mode, &aside).await;
        let taken = taken.map_err(FileError::from)?;
        let changed = !removed || taken.text.is_some();
        if !overwrite {
            self.keep_unknown(history, taken).await?;
        }
        let gone = folder.let_go(&path, &aside, removed).await;
        gone.map_err(FileError::from)?;
        Ok(changed)
    }

    /// Keeps what a process that was killed while it published or restored the path had taken out of it.
    async fn settle(
        &self,
        folder: &Workspace,
        history: &mut History,
        path: &str,
    ) -> Result<(), EngineError> {
        for index in 0..history.0.len() {
            let (execution, place) = &mut history.0[index];
            let place = *place;
            let aside = Aside::restoring(execution.id, place);
            self.settle_published(folder, execution, place).await?;
            if let Some(taken) = left(folder, path, &aside).await? {
                self.keep_unknown(history, taken).await?;
                let gone = folder.let_go(path, &aside, false).await;
                gone.map_err(FileError::from)?;
            }
        }
        Ok(())
    }

    /// Keeps what a process that was killed while it published had taken out of a path.
    async fn settle_published(
        &self,
        folder: &Workspace,
        execution: &mut ExecutionRecord,
        place: usize,
    ) -> Result<(), EngineError> {
        let aside = Aside::of(execution.id, place);
        let path = execution.files[place].path.clone();
        if execution.files[place].published {
            return Ok(());
        }
        let Some(taken) = left(folder, &path, &aside).await? else {
            return Ok(());
        };
        if let Some(noticed) = note_taken(&mut execution.files[place], &taken, |_| false) {
            let run = execution.key.run;
            let warning = other_text(run, &execution.files[place], noticed);
            let mut changes = kept(execution, taken);
            changes.push(self.house.event(run, Some(&execution.key), &warning));
            self.house.store.commit(changes).await?;
        }
        let gone = folder.let_go(&path, &aside, false).await;
        gone.map_err(|error| FileError::from(error).into())
    }

    /// Keeps what was taken out of the paths of a run that nobody will take up again, as far as its workspace can be
    /// reached.
    pub(super) async fn settle_run(&self, record: &RunRecord) -> Result<(), EngineError> {
        let is_ours = self.house.require_home(record).await.is_ok();
        if !is_ours || self.reach.require(&record.workspace).await.is_err() {
            return Ok(());
        }
        let folder = Workspace::open(PathBuf::from(&record.workspace), Vec::new()).await;
        let Ok(folder) = folder else { return Ok(()) };
        let everything = Selection::default();
        for mut execution in self
            .outcomes(record.id, &everything, Gaps::LeaveOut)
            .await?
        {
            for place in 0..execution.files.len() {
                let settled = self.settle_published(&folder, &mut execution, place).await;
                match settled {
                    // What can't be reached stays where it is.
                    Err(EngineError::File(_)) => {}
                    settled => settled?,
                }
            }
        }
        Ok(())
    }

    /// Keeps a text that the run doesn't know, so that it is what is restored next.
    async fn keep_unknown(&self, history: &mut History, taken: Taken) -> Result<(), EngineError> {
        let Some((digest, _)) = taken.text else {
            return Ok(());
        };
        if history.knows(digest) {
            return Ok(());
        }
        if let Some((last, place)) = history.0.last_mut() {
            last.files[*place].foreign = Some(foreign(Some(digest)));
            let changes = kept(last, taken);
            self.house.store.commit(changes).await?;
        }
        Ok(())
    }
}

fn wrote(execution: &ExecutionRecord, path: &str) -> bool {
    execution.files.iter().any(|file| file.path == path)
}

/// What is given back where no text is named.
fn given_back(before: Before) -> GivenBack {
    match (before.text, before.of_others) {
        (Some(_), false) => GivenBack::AsBefore,
        (None, false) => GivenBack::NoFile,
        (Some(_), true) => GivenBack::OthersText,
        (None, true) => GivenBack::OthersRemoval,
    }
}

async fn left(folder: &Workspace, path: &str, aside: &Aside) -> Result<Option<Taken>, EngineError> {
    let left = folder.left_aside(path, aside).await;
    left.map_err(|error| FileError::from(error).into())
}

/// What has to be committed so that what was taken out is kept with an execution.
fn kept(execution: &ExecutionRecord, taken: Taken) -> Vec<Change> {
    let mut changes = vec![Change::Execution(Box::new(execution.clone()))];
    changes.extend(taken.text.map(|(_, text)| Change::Blob(text)));
    changes
}
