//! What a run wrote becomes commits of its branch: one for each outcome that wrote files, in the order of the outcomes.
//!
//! The workspace stays as it is, so that whatever the run wrote stays laid over it (rule E5). A commit follows from records
//! alone: a process that is killed between any two steps leaves one that whoever resumes makes again, and finds made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use serde_json::json;
use stepwell_contract::{
    CommitId, Digest, GoOn, Hosted, Problem, ProblemCode, Remedy, WorkspaceError,
    WorkspaceErrorKind,
};
use stepwell_git::{GitError, NewCommit, Repository};
use stepwell_store::{Change, ExecutionRecord, MemoKind, RunBranch, StoreError};
use stepwell_workers::off_the_workers;

use super::messages::commit_of;
use super::remaking::remake;
use super::room::{gone_around, with_staged};
use super::services::Services;
use crate::state::{Published, RunContext};
use crate::words::{Event, clear_branch};

impl Services {
    /// Says why a path can't be committed, where the run puts what it writes onto a branch: what is there has to be what the
    /// commit has that the run began at, so that the commit says what the step saw. A look as any other.
    pub(super) async fn may_commit(
        &self,
        path: &str,
        seen: Option<Digest>,
        is_hidden: bool,
    ) -> Hosted<Result<(), WorkspaceError>> {
        let (Some(branch), None) = (&self.run.pins.branch, &self.run.comparison) else {
            return Ok(Ok(()));
        };
        let staged = self.staged_around(path);
        let see = async {
            let there = match seen {
                Some(digest) => Some(self.blob(&digest).await?),
                None if is_hidden => self.text_now(path).await,
                None => None,
            };
            let held = self.held_against_base(branch, path, there, &staged).await;
            Ok((held.err().map(|error| refused(error, ANEW)), Vec::new()))
        };
        let question = with_staged(json!({ "commit": path }), &staged);
        let refused: Option<WorkspaceError> = self.look(MemoKind::Write, question, see).await?;
        Ok(refused.map_or(Ok(()), Err))
    }

    /// The same of a path that is written by the host once the step is done, as it is then: the step may have waited for a person for days,
    /// and they may have worked there meanwhile. It is no look: whoever resumes looks again.
    pub(super) async fn may_commit_now(&self, path: &str) -> Result<(), WorkspaceError> {
        let (Some(branch), None) = (&self.run.pins.branch, &self.run.comparison) else {
            return Ok(());
        };
        let there = self.text_now(path).await;
        let staged = self.staged_around(path);
        let held = self.held_against_base(branch, path, there, &staged).await;
        held.map_err(|error| WorkspaceError {
            kind: WorkspaceErrorKind::Other(WorkspaceError::NOT_KEPT.into()),
            ..refused(error, RESUMED)
        })
    }

    async fn text_now(&self, path: &str) -> Option<Bytes> {
        let there = self.run.workspace.read(path, u64::MAX).await;
        there.ok().flatten().map(|(_, text)| text)
    }

    /// Holds a text at a path against the commit that the run began at. What the run itself wrote lies over what is there.
    async fn held_against_base(
        &self,
        branch: &RunBranch,
        path: &str,
        there: Option<Bytes>,
        staged: &BTreeMap<String, bool>,
    ) -> Result<(), GitError> {
        let outside = self.run.published.read().await;
        if outside.overlay.contains_key(path) {
            return Ok(());
        }
        let (base, path) = (branch.base.clone(), path.to_owned());
        let folder = PathBuf::from(&self.run.pins.workspace);
        let gone = gone_around(&outside, &path, staged);
        let hold = move || {
            let repository = Repository::of(&folder)?;
            repository.hold_beside(&base, &path, there.as_deref(), &gone)
        };
        off_the_workers(hold).await
    }
}

/// What is done once a path is as it was: the step remembers what it saw there.
const ANEW: &str = "carry the step out anew";
/// The same where nothing is remembered of it.
const RESUMED: &str = "resume";

/// What a step is told of a path that can't be committed, and what is to be done `then` once it can.
fn refused(error: GitError, then: &str) -> WorkspaceError {
    // A shell takes other names only quoted.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@".contains(letter);
    let helps = match &error {
        GitError::NotCommitted { path, .. } => {
            let of_it = match path.chars().all(is_plain) {
                true => format!(" push -u -- {path}"),
                false => " -u".to_owned(),
            };
            format!(
                "; put it back as it was (`git stash{of_it}`) and {then}, or commit it and start another run"
            )
        }
        GitError::CommittedSince { path, base } => {
            let path = match path.chars().all(is_plain) {
                true => path,
                false => "PATH",
            };
            format!(
                "; start another run, which begins where you are now, or have it as it was then (`git checkout {base} -- {path}`) and \
                 {then}"
            )
        }
        _ => "; let the run publish files instead (`publish = \"files\"`)".to_owned(),
    };
    let kind = WorkspaceErrorKind::Other(WorkspaceError::NOT_COMMITTED.into());
    WorkspaceError::new(kind, format!("{error}{helps}"))
}

impl RunContext {
    /// Makes the commit of an outcome that isn't on the run's branch yet, and moves the branch there. Gives the problem that
    /// stopped it.
    pub(super) async fn publish_commit(
        &self,
        branch: &RunBranch,
        published: &mut Published,
        mut record: ExecutionRecord,
    ) -> Result<Option<Problem>, StoreError> {
        if let Some(problem) = &published.stuck {
            return Ok(Some(problem.clone()));
        }
        // The pinned one doesn't know how far the run has come since.
        let tip = self.mailbox.record.lock().await.branch.clone();
        let tip = tip.and_then(|branch| branch.tip);
        let commit = commit_of(&self.house, branch, &record).await?;
        let commit = NewCommit {
            parent: tip.clone().unwrap_or_else(|| branch.base.clone()),
            ..commit
        };
        let (folder, name) = (PathBuf::from(&self.pins.workspace), branch.name.clone());
        if let Some(tip) = &tip
            && let Err(error) = self.have(branch, tip).await?
        {
            let problem = self.no_commit(branch, &record, error);
            published.stuck = Some(problem.clone());
            return Ok(Some(problem));
        }
        let made = off_the_workers(move || {
            let repository = Repository::of(&folder)?;
            let made = repository.commit(&commit)?;
            if let Some(made) = &made {
                repository.advance(&name, tip.as_ref(), made)?;
            }
            Ok(made)
        });
        let made = match made.await {
            Ok(made) => made,
            Err(error) => {
                let problem = self.no_commit(branch, &record, error);
                published.stuck = Some(problem.clone());
                return Ok(Some(problem));
            }
        };
        for file in &mut record.files {
            file.published = true;
            published.has_published(file, &record.key);
        }
        record.commit.clone_from(&made);
        let mut changes = vec![Change::Execution(Box::new(record.clone()))];
        if let Some(commit) = &made {
            let event = Event::Committed {
                branch: branch.name.clone(),
                commit: commit.clone(),
            };
            changes.push(self.event(Some(&record.key), event));
        }
        self.update(changes, |run| {
            if let (Some(branch), Some(made)) = (&mut run.branch, made) {
                branch.tip = Some(made);
            }
        })
        .await?;
        published.has_all_of(&record.key);
        Ok(None)
    }

    /// Makes the commits of the run again, where git has removed them with the branch that had them: the next one stands on them.
    async fn have(
        &self,
        branch: &RunBranch,
        tip: &CommitId,
    ) -> Result<Result<(), GitError>, StoreError> {
        let (folder, known) = (PathBuf::from(&self.pins.workspace), tip.clone());
        let has = off_the_workers(move || Repository::of(&folder)?.has(&known)).await;
        match has {
            Ok(true) => Ok(Ok(())),
            Ok(false) => remake(&self.house, self.id, &self.pins.workspace, branch, tip).await,
            Err(error) => Ok(Err(error)),
        }
    }

    fn no_commit(&self, branch: &RunBranch, record: &ExecutionRecord, error: GitError) -> Problem {
        let then = GoOn::Run(record.key.run);
        let remedy = clear_branch(branch, &error, then);
        let remedy = remedy.unwrap_or(Remedy::MendWhatItSays { then });
        Problem::new(ProblemCode::Publishing, error.to_string())
            .with(remedy)
            .of(&record.key)
    }
}
