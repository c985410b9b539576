//! Why something of git's can't be done.

use std::path::PathBuf;

use stepwell_contract::CommitId;

/// Why something of git's can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// No folder above has a repository.
    #[error("`{}` lies in no git repository", folder.display())]
    NoRepository {
        /// Where one was looked for.
        folder: PathBuf,
    },
    /// A repository without files.
    #[error("the git repository `{}` is bare: it has no working tree for steps to work on", repository.display())]
    Bare {
        /// Where it is.
        repository: PathBuf,
    },
    /// A repository without a commit.
    #[error("the git repository of `{}` has no commit yet, and a branch needs one to begin at", folder.display())]
    NoCommit {
        /// Its working tree.
        folder: PathBuf,
    },
    /// A pipe, a device or a socket stands where git has a file.
    #[error("the git repository can't be opened: `{}` is no regular file", path.display())]
    NoRegularFile {
        /// Its path.
        path: PathBuf,
    },
    /// Something of the repository can't be read or written.
    #[error("{what}: {reason}")]
    Failed {
        /// What was tried.
        what: String,
        /// What came of it.
        reason: String,
    },
    /// What is there isn't what the commit has.
    #[error("`{path}` is changed and not committed: it isn't what commit {base} has")]
    NotCommitted {
        /// The path, as the workspace knows it.
        path: String,
        /// The commit.
        base: CommitId,
        /// Whether nothing is there.
        is_gone: bool,
    },
    /// What is there was committed after the commit that the run began at.
    #[error("`{path}` was changed by a commit since the run began at {base}")]
    CommittedSince {
        /// The path, as the workspace knows it.
        path: String,
        /// The commit.
        base: CommitId,
    },
    /// A path that another repository has.
    #[error(
        "`{path}` lies in the submodule `{submodule}`, whose files are no part of this repository's commits"
    )]
    InSubmodule {
        /// The path, as the workspace knows it.
        path: String,
        /// The submodule, from the top of the repository.
        submodule: String,
    },
    /// A program of the user's would have to change it first.
    #[error(
        "`{path}` has the filter `{filter}` in .gitattributes, a program that isn't started here: what would be committed isn't what `git add` stores"
    )]
    Filtered {
        /// The path, as the workspace knows it.
        path: String,
        /// The filter's name.
        filter: String,
    },
    /// It would have to be translated first.
    #[error(
        "`{path}` has the encoding `{encoding}` in .gitattributes (working-tree-encoding), which isn't translated here"
    )]
    Encoded {
        /// The path, as the workspace knows it.
        path: String,
        /// The encoding.
        encoding: String,
    },
    /// A link or a folder stands in the commit where a file is written.
    #[error("`{path}` is {what} in the commit before, and no file")]
    NoFile {
        /// The path, as the workspace knows it.
        path: String,
        /// What is there.
        what: &'static str,
    },
    /// Something else stands in the commit where a folder has to be.
    #[error(
        "`{path}` can't be written: the commit before has {what} `{other}`, where a folder would be"
    )]
    NoFolder {
        /// The path, as the workspace knows it.
        path: String,
        /// What stands there.
        what: &'static str,
        /// Where, from the top of the repository.
        other: String,
    },
    /// Git takes no such name.
    #[error("`{path}` has a name in it that git takes into no commit: {reason}")]
    Name {
        /// The path, as the workspace knows it.
        path: String,
        /// What git has against it.
        reason: String,
    },
    /// What is kept of a run gives another commit than the one that was made of it.
    #[error(
        "commit {commit} can't be made again as it was: what git's configuration or .gitattributes say of its files has changed since"
    )]
    Another {
        /// The commit.
        commit: CommitId,
    },
    /// A commit that was there once: nothing names it any more, and git has removed it.
    #[error("commit {commit} isn't in the repository any more")]
    NoSuchCommit {
        /// The commit.
        commit: CommitId,
    },
    /// Somebody else moved the branch.
    #[error("the branch `{branch}` isn't where this run left it: {}, and {}", left(expected.as_ref()), found_at(found.as_ref()))]
    Moved {
        /// The branch.
        branch: String,
        /// Where the run had left it; none where it had not made it yet.
        expected: Option<CommitId>,
        /// Where it is; none where there is none.
        found: Option<CommitId>,
    },
    /// The branch is somebody's HEAD: were it moved, their files would look changed.
    #[error("the branch `{branch}` is checked out in `{}`", worktree.display())]
    CheckedOut {
        /// The branch.
        branch: String,
        /// The working tree.
        worktree: PathBuf,
    },
    /// A branch with a shorter name leaves no room for it.
    #[error("the branch `{obstacle}` leaves no room for branches below `{obstacle}/`")]
    InTheWay {
        /// That branch.
        obstacle: String,
    },
}

impl GitError {
    /// Something that the library says.
    pub(crate) fn failed(what: impl Into<String>) -> impl FnOnce(gix::Error) -> Self {
        let what = what.into();
        move |error| Self::Failed {
            what,
            reason: told(&error),
        }
    }
}

/// What the library says and why, without the places in its code.
fn told(error: &gix::Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for reason in error.iter_errors().map(ToString::to_string) {
        // What is wrapped often says what is around it once more.
        if !reasons.iter().any(|said| said.contains(&reason)) {
            reasons.push(reason);
        }
    }
    reasons.join(": ")
}

fn left(expected: Option<&CommitId>) -> String {
    match expected {
        Some(commit) => format!("it was left at {commit}"),
        None => "the run had not made it yet".to_owned(),
    }
}

fn found_at(found: Option<&CommitId>) -> String {
    match found {
        Some(commit) => format!("it is at {commit}"),
        None => "there is none".to_owned(),
    }
}
