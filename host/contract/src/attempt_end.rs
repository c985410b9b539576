//! How a call into a step ended that gave no answer.

use crate::amounts::cut;
use crate::{Failure, FailureKind, GuestMend, Halt, Limit, most};

/// How a call into a step ended that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptEnd {
    /// The step gave up, in its own words.
    #[error("{}: {}", .0.kind.code(), .0.message)]
    Failure(Failure),
    /// The step ran into a limit.
    #[error("it ran into `{}`: used {used}, allowed {allowed}", limit.setting())]
    Limit {
        /// Which one.
        limit: Limit,
        /// What it used, with its unit.
        used: String,
        /// What it may use, with its unit.
        allowed: String,
    },
    /// Its copy of the workspace has folders too deep within each other. How deep they may be is set by nobody.
    #[error(
        "it made {used} in its copy of the workspace; {allowed} may lie within each other there, whatever is set"
    )]
    TooNested {
        /// What it made, such as `129 folders within each other`.
        used: String,
        /// How many may: [`most::DEPTH`], or as many as the workspace itself has.
        allowed: usize,
    },
    /// The guest's code broke.
    #[error("it trapped: {message}")]
    Trap {
        /// What happened, in a line, such as `unreachable executed`.
        message: String,
        /// Whether its stack overflowed.
        too_deep: bool,
        /// The status with which it ended itself, where it did.
        exit: Option<i32>,
        /// The guest's frames, innermost first, one in a line; may be empty.
        backtrace: String,
        /// What helps its author, where that can be told from what it said.
        mend: Option<GuestMend>,
    },
    /// It called a host function where it may not (rule E11).
    #[error("it called `{function}` in `{during}`, where no host function may be called")]
    ForbiddenImport {
        /// The function, such as `chat.complete`.
        function: String,
        /// The exported function that was running, such as `process-response`.
        during: String,
    },
    /// What it gave back breaks the contract: a document name twice, text of a field it never declared.
    #[error("it gave back something that breaks the contract: {reason}")]
    BadOutcome {
        /// What is wrong.
        reason: String,
    },
    /// A host function ended the attempt (the run goes to sleep, is cancelled, or the store failed).
    #[error("the host stopped it: {0}")]
    Halted(Halt),
    /// The sandbox has no room for another instance, or failed itself.
    #[error("the sandbox failed: {reason}")]
    Host {
        /// What happened.
        reason: String,
    },
}

impl AttemptEnd {
    /// How it ended, where no definition had a word in its limits ([`crate::Limits::of_looking`]): a key that nobody set would send its author astray.
    #[must_use]
    pub fn of_looking(&self) -> String {
        let Self::Limit {
            limit,
            used,
            allowed,
        } = self
        else {
            return self.to_string();
        };
        let about = limit.about();
        let (first, rest) = about.split_at(about.chars().next().map_or(0, char::len_utf8));
        let about = first.to_lowercase() + rest;
        format!("it ran into a bound that nobody sets: {about}: used {used}, allowed {allowed}")
    }

    /// What helps its author, where that can be told.
    #[must_use]
    pub fn mend(&self) -> Option<GuestMend> {
        match self {
            Self::Trap { mend, .. } => *mend,
            _ => None,
        }
    }

    /// It used more of something than it may, each with its unit.
    pub fn limit(limit: Limit, used: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self::Limit {
            limit,
            used: used.into(),
            allowed: allowed.into(),
        }
    }

    /// The same with no text longer than [`most::MESSAGE`]: a guest has a say in all of them, and they are kept, sent to
    /// whoever watches and written to terminals.
    #[must_use]
    pub fn cut(self) -> Self {
        let text = |text: String| cut(text, most::MESSAGE);
        match self {
            Self::Failure(failure) => Self::Failure(Failure {
                kind: match failure.kind {
                    FailureKind::Other(code) => FailureKind::Other(cut(code, most::NAME)),
                    kind => kind,
                },
                message: text(failure.message),
                ..failure
            }),
            Self::Trap {
                message,
                too_deep,
                exit,
                backtrace,
                mend,
            } => Self::Trap {
                message: text(message),
                too_deep,
                exit,
                backtrace: text(backtrace),
                mend,
            },
            Self::BadOutcome { reason } => Self::BadOutcome {
                reason: text(reason),
            },
            Self::Host { reason } => Self::Host {
                reason: text(reason),
            },
            end => end,
        }
    }
}

impl From<Halt> for AttemptEnd {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Limit {
                limit,
                used,
                allowed,
            } => Self::limit(limit, used, allowed),
            halt => Self::Halted(halt),
        }
    }
}
