//! What a run wrote becomes commits of its branch: one for each outcome that wrote files, in the order of the outcomes.
//!
//! The workspace stays as it is, so that whatever the run wrote stays laid over it (rule E5). A commit follows from records
//! alone: a process that is killed between any two steps leaves one that whoever resumes makes again, and finds made.

use std::path::PathBuf;

use serde_json::json;
use stepwell_contract::{
    Digest, ExecutionKey, GoOn, Hosted, Problem, ProblemCode, Remedy, WorkspaceError,
    WorkspaceErrorKind, visible, visible_on_one_line,
};
use stepwell_git::{CommittedFile, GitError, NewCommit, Repository};
use stepwell_store::{Change, ExecutionRecord, MemoKind, RunBranch, StoreError};
use stepwell_workers::off_the_workers;

use super::services::Services;
use crate::state::{Published, RunContext};
use crate::words::{Event, clear_branch};

/// The document that says what a step did.
const SUMMARY: &str = "summary";

/// What our own lines at the end of a commit's message begin with.
const TRAILER: &str = "Stepwell-";

/// The most characters of a commit's first line.
const TITLE: usize = 72;

/// The most bytes of what a step says of what it did.
const MOST_SAID: usize = 8 << 10;

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
        let see = async {
            let outside = self.run.published.read().await;
            if let Some(other) = outside.in_the_way(path) {
                return Ok((Some(in_the_way(path, &other)), Vec::new()));
            }
            // What the run itself wrote lies over what is there.
            if outside.overlay.contains_key(path) {
                return Ok((None, Vec::new()));
            }
            let there = match seen {
                Some(digest) => Some(self.blob(&digest).await?),
                None if is_hidden => {
                    let there = self.run.workspace.read(path, u64::MAX).await;
                    there.ok().flatten().map(|(_, text)| text)
                }
                None => None,
            };
            let held = {
                let (base, path) = (branch.base.clone(), path.to_owned());
                let folder = PathBuf::from(&self.run.pins.workspace);
                let hold = move || Repository::of(&folder)?.hold(&base, &path, there.as_deref());
                off_the_workers(hold).await
            };
            Ok((held.err().map(refused), Vec::new()))
        };
        let question = json!({ "commit": path });
        let refused: Option<WorkspaceError> = self.look(MemoKind::Write, question, see).await?;
        Ok(refused.map_or(Ok(()), Err))
    }
}

/// What a step is told of a path that can't be committed.
fn refused(error: GitError) -> WorkspaceError {
    // A shell takes other names only quoted.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@".contains(letter);
    let helps = match &error {
        GitError::NotCommitted { path, .. } => {
            let of_it = match path.chars().all(is_plain) {
                true => format!(" push -u -- {path}"),
                false => " -u".to_owned(),
            };
            format!(
                "; put it back as it was (`git stash{of_it}`) and carry the step out anew, or commit it and start another run"
            )
        }
        GitError::CommittedSince { path, base } => {
            let path = match path.chars().all(is_plain) {
                true => path,
                false => "PATH",
            };
            format!(
                "; start another run, which begins where you are now, or have it as it was then (`git checkout {base} -- {path}`) and carry the \
                 step out anew"
            )
        }
        _ => "; let the run publish files instead (`publish = \"files\"`)".to_owned(),
    };
    let kind = WorkspaceErrorKind::Other(WorkspaceError::NOT_COMMITTED.into());
    WorkspaceError::new(kind, format!("{error}{helps}"))
}

fn in_the_way(path: &str, other: &str) -> WorkspaceError {
    WorkspaceError::new(
        WorkspaceErrorKind::InvalidPath,
        format!(
            "`{path}` can't be written: the run wrote `{other}`, and one of them would be a folder"
        ),
    )
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
        let commit = self.commit_of(branch, &record).await?;
        let commit = NewCommit {
            parent: tip.clone().unwrap_or_else(|| branch.base.clone()),
            ..commit
        };
        let (folder, name) = (PathBuf::from(&self.pins.workspace), branch.name.clone());
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
            published.has_published(&file.path, &record.key);
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

    /// The commit of an outcome, on top of where the run began.
    async fn commit_of(
        &self,
        branch: &RunBranch,
        record: &ExecutionRecord,
    ) -> Result<NewCommit, StoreError> {
        let mut files = Vec::new();
        for file in record.files.iter().filter(|file| file.before != file.after) {
            files.push(CommittedFile {
                path: file.path.clone(),
                content: self.house.blob_if_any(file.after).await?,
            });
        }
        let summary = record.documents.get(SUMMARY).copied();
        let summary = self.house.blob_if_any(summary).await?.unwrap_or_default();
        let mut said = String::from_utf8_lossy(&summary).into_owned();
        if said.trim().is_empty() {
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            said = paths.join(", ");
        }
        Ok(NewCommit {
            base: branch.base.clone(),
            parent: branch.base.clone(),
            author: branch.author.clone(),
            at: record.ended_at.unwrap_or(record.started_at),
            message: message(&record.key, &said),
            files,
        })
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

/// What a commit says: what the step says that it did, or which files it wrote, and in any case which step of which run.
fn message(key: &ExecutionKey, summary: &str) -> String {
    let step = key.to_string();
    let summary = bounded(summary.trim(), MOST_SAID);
    let first = summary.lines().next().unwrap_or_default();
    let first = visible_on_one_line(first.trim_matches(|c: char| c == '#' || c.is_whitespace()));
    let title = match first.is_empty() {
        true => step.clone(),
        false => format!("{step}: {first}"),
    };
    let is_cut = title.chars().count() > TITLE;
    let title = match is_cut {
        true => title.chars().take(TITLE - 1).chain(['…']).collect(),
        false => title,
    };
    // All of it stands below where the first line is not all of it.
    let body = match is_cut || summary.lines().nth(1).is_some() {
        true => format!("{}\n\n", readable(summary)),
        false => String::new(),
    };
    format!(
        "{title}\n\n{body}{TRAILER}Run: {}\n{TRAILER}Step: {step}\n",
        key.run
    )
}

/// A text of a model without characters that a terminal would act on, without a line that would pass for one of ours, and
/// with one blank line where it has several, as git itself keeps messages.
fn readable(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in visible(text).lines() {
        let line = line.trim_end();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        lines.push(match line.starts_with(TRAILER) {
            true => format!(" {line}"),
            false => line.to_owned(),
        });
    }
    lines.join("\n")
}

/// The beginning of a text that is too long.
fn bounded(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use stepwell_contract::{Position, RunId};
    use uuid::Uuid;

    use super::*;

    fn key() -> ExecutionKey {
        let position = |item| Position { item, round: 1 };
        ExecutionKey {
            run: RunId(Uuid::nil()),
            path: "build/code".parse().unwrap(),
            take: 1,
            at: vec![position(None), position(Some(2))],
        }
    }

    fn of(summary: &str) -> String {
        let message = message(&key(), summary);
        let end = format!(
            "Stepwell-Run: {}\nStepwell-Step: build/code[2]\n",
            key().run
        );
        let (said, _) = message.split_once(&end).unwrap();
        assert_eq!(format!("{said}{end}"), message);
        said.to_owned()
    }

    #[test]
    fn a_message_says_the_step_and_what_it_did() {
        assert_eq!(of("  \n"), "build/code[2]\n\n");
        assert_eq!(of("## Adds a test\n"), "build/code[2]: Adds a test\n\n");
        let several = "Adds a test\n\nIt counts.";
        assert_eq!(
            of(several),
            format!("build/code[2]: Adds a test\n\n{several}\n\n")
        );
    }

    #[test]
    fn what_a_model_says_is_bounded_and_passes_for_nothing_else() {
        let long = "word ".repeat(4000);
        let message = of(&long);
        let (title, body) = message.split_once("\n\n").unwrap();
        assert!(
            title.chars().count() == TITLE && title.ends_with('…'),
            "{title}"
        );
        assert!(body.len() < MOST_SAID + 16);
        // At a boundary of characters.
        let message = of(&"ä".repeat(MOST_SAID));
        assert!(message.contains('ä') && message.len() < MOST_SAID + 2 * TITLE + 32);
        let message = of("Did it\u{1b}[2J\n\n\n\nStepwell-Run: another\n\u{202e}x");
        assert!(!message.contains(['\u{1b}', '\u{202e}']), "{message:?}");
        assert!(
            message.contains("\n\n Stepwell-Run: another\n"),
            "{message}"
        );
    }
}
