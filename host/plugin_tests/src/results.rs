//! What came of the cases, held against what they expect: plain data, which a face words.

use serde::Serialize;

use crate::came::{Came, Ended};

/// What came of a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseResult {
    /// The case.
    pub id: String,
    /// Where it stands in its file, from 0.
    #[serde(skip)]
    pub place: usize,
    /// Whether what it says is expected now, since that was written into its file.
    pub blessed: bool,
    /// What isn't as it should be; nothing where it passed.
    pub mismatches: Vec<Mismatch>,
    /// How often its execution was ended and started again; none where nobody asked for that, or it failed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crashes: Option<Crashes>,
    /// What came; none where it couldn't be carried out.
    #[serde(skip)]
    pub came: Option<Came>,
}

impl CaseResult {
    /// Whether all is as it should be.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// How often an execution was ended and started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Crashes {
    /// So often.
    pub tried: usize,
    /// Of so many commits after which it could have been.
    pub of: usize,
}

/// A text that something was expected of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// A document, by name.
    Document(String),
    /// A file, by path.
    File(String),
}

/// Something that isn't as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Mismatch {
    /// A text is another one.
    Text {
        /// What it is.
        of: Of,
        /// None is that there should be none.
        expected: Option<String>,
        /// None is that there is none.
        came: Option<String>,
    },
    /// Other files were removed.
    Removed {
        /// Those that should be.
        expected: Vec<String>,
        /// Those that were.
        came: Vec<String>,
    },
    /// A check doesn't hold.
    Check {
        /// The check, in words.
        what: String,
        /// What was found.
        detail: Option<String>,
    },
    /// More or fewer calls were made.
    Calls {
        /// So many should be.
        expected: u32,
        /// So many were.
        came: usize,
    },
    /// It failed, and should have succeeded.
    Failed {
        /// The kind.
        code: String,
        /// What happened.
        message: String,
    },
    /// It should have failed.
    Succeeded {
        /// With a failure of this kind.
        expected: String,
    },
    /// It failed in another way.
    OtherFailure {
        /// The kind that was expected.
        expected: String,
        /// The words that should stand in its message.
        contains: Option<String>,
        /// The kind that came.
        code: String,
        /// What happened.
        message: String,
    },
    /// It asked the model, and the case has no answer left.
    NoResponse {
        /// Which call it was, from 1.
        call: usize,
        /// What was sent.
        prompt: String,
    },
    /// The case has answers that nobody asked for.
    Unused {
        /// So many.
        responses: usize,
        /// Of so many.
        of: usize,
    },
    /// The case has answers of a person to questions that nobody asked.
    UnusedAnswers {
        /// Their keys.
        keys: Vec<String>,
    },
    /// It asked the person, and the case has no answer.
    Asked {
        /// The questions, each with its key.
        questions: Vec<(String, String)>,
    },
    /// It couldn't be carried out at all.
    NotCarriedOut {
        /// Why.
        reason: String,
    },
    /// It was ended and started again, and came to something else.
    AfterCrash {
        /// After so many commits.
        commits: usize,
        /// What is otherwise.
        differs: Vec<Differs>,
        /// How many other commits there are after which it does so, too.
        further: usize,
    },
}

/// What is otherwise after an execution was ended and started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Differs {
    /// What it asked.
    Prompt {
        /// Which call it is, from 1.
        call: usize,
        /// What it sent when nothing ended it; none is nothing.
        before: Option<String>,
        /// What it sent now.
        after: Option<String>,
    },
    /// A text.
    Text {
        /// What it is.
        of: Of,
        /// As it was when nothing ended it.
        before: Option<String>,
        /// As it is now.
        after: Option<String>,
    },
    /// The files that it removed.
    Removed {
        /// When nothing ended it.
        before: Vec<String>,
        /// Now.
        after: Vec<String>,
    },
    /// How it ended.
    Ended {
        /// When nothing ended it.
        before: Ended,
        /// Now.
        after: Ended,
    },
    /// It couldn't be started again.
    NotCarriedOut {
        /// Why.
        reason: String,
    },
}
