//! What a face is told of one cell of a comparison, with its figures and its texts.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Digest, Finding, Money, Problem, Rating, RunId, Spent};

use crate::checks::CheckResult;
use crate::numbers::CellNumbers;

/// Where a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellStatus {
    /// Not carried out yet, or to be carried out again.
    Pending,
    /// Under way.
    Running,
    /// It has its documents.
    Success,
    /// The step failed.
    Failure,
}

/// A cell of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CellView {
    /// The place of its case.
    pub case: u32,
    /// The place of its variant.
    pub variant: u32,
    /// Which of the repeats, from 1.
    pub repeat: u32,
    /// The hash of what went into it.
    pub identity: Digest,
    /// Its run; none before it began.
    pub run: Option<RunId>,
    /// Where it is.
    pub status: CellStatus,
    /// Whether another comparison had carried it out before.
    pub taken_over: bool,
    /// What the checks say; none before it has an outcome.
    pub checks: Vec<CheckResult>,
    /// Whether every check passed; none without checks, or before it has an outcome.
    pub passed: Option<bool>,
    /// The mean score of its judges; none without one.
    pub score: Option<f64>,
    /// What it cost, whichever comparison sent it.
    pub spent: Spent,
    /// Input and output tokens together, where they are known of every attempt.
    pub tokens: Option<u64>,
    /// Money, where it is known of every attempt.
    pub money: Option<Money>,
    /// Milliseconds until the first token of its first answer.
    pub first_token_ms: Option<u64>,
    /// Milliseconds that its calls and the step itself took. Waiting for a place at the provider, a pause before another
    /// try, and what was lost with a process that was killed are left out.
    pub duration_ms: Option<u64>,
    /// The names of its documents.
    pub documents: Vec<String>,
    /// The paths of the files that it would write or remove.
    pub files: Vec<String>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// What a person says of it.
    pub rating: Option<Rating>,
}

impl CellView {
    /// Whether it counts: it succeeded, or it failed of what its variant did, and not of an accident.
    #[must_use]
    pub fn has_outcome(&self) -> bool {
        match self.status {
            CellStatus::Success => true,
            CellStatus::Failure => self
                .problem
                .as_ref()
                .is_some_and(|problem| problem.code.is_outcome()),
            CellStatus::Pending | CellStatus::Running => false,
        }
    }

    /// Its figures, which were measured in a comparison.
    #[must_use]
    pub fn figures(&self, measured_in: Option<ComparisonId>) -> CellNumbers {
        // What a person says counts where no judge does.
        let rated = || {
            let rating = self.rating.as_ref();
            rating.map(|rating| f64::from(rating.score - 1) / 4.0)
        };
        CellNumbers {
            case: self.case as usize,
            variant: self.variant as usize,
            finished: self.has_outcome(),
            failed: self.status == CellStatus::Failure,
            passed: self.passed,
            unread: self.passed.is_none() && self.checks.iter().any(CheckResult::is_unread),
            score: self.score.or_else(rated),
            money: self.money.map(|money| money.0),
            tokens: self.tokens,
            duration_ms: self.duration_ms,
            measured_in,
        }
    }

    /// Whether nothing of it is to come: it has an outcome, and every judge has spoken of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let has_spoken = |check: &CheckResult| check.found != Finding::default();
        self.has_outcome() && self.checks.iter().all(has_spoken)
    }
}

/// A cell with all its texts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CellDetail {
    /// What the matrix shows of it.
    pub cell: CellView,
    /// The prompts as they were sent, filled in: one for each call.
    pub prompts: Vec<String>,
    /// The answers as they came, before any parsing: one for each call; empty where none came.
    pub answers: Vec<String>,
    /// The documents: name and text.
    pub documents: BTreeMap<String, String>,
    /// The files that it would write or remove.
    pub files: Vec<CellFile>,
}

/// Which text of a cell, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextOf<'d> {
    /// A document, by its name.
    Document(&'d str),
    /// A file, by its path.
    File(&'d str),
    /// The answer of a call, from 0.
    Answer(usize),
    /// The prompt of a call, from 0.
    Prompt(usize),
}

impl fmt::Display for TextOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(name) => write!(f, "document {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Answer(0) => f.write_str("raw answer"),
            Self::Answer(call) => write!(f, "raw answer {}", call + 1),
            Self::Prompt(0) => f.write_str("filled prompt"),
            Self::Prompt(call) => write!(f, "filled prompt {}", call + 1),
        }
    }
}

impl CellDetail {
    /// Which texts it has, or could have.
    pub fn texts(&self) -> impl Iterator<Item = TextOf<'_>> {
        let documents = self.documents.keys().map(|name| TextOf::Document(name));
        let files = self.files.iter().map(|file| TextOf::File(&file.path));
        let answers = (0..self.answers.len()).map(TextOf::Answer);
        let prompts = (0..self.prompts.len()).map(TextOf::Prompt);
        documents.chain(files).chain(answers).chain(prompts)
    }

    /// One of them; none where nothing came, or no text.
    #[must_use]
    pub fn text(&self, of: TextOf) -> Option<&str> {
        match of {
            TextOf::Document(name) => self.documents.get(name).map(String::as_str),
            TextOf::File(path) => self.file(path)?.after.as_deref(),
            TextOf::Answer(call) => self.answers.get(call).map(String::as_str),
            TextOf::Prompt(call) => self.prompts.get(call).map(String::as_str),
        }
        .filter(|text| !text.is_empty() || !matches!(of, TextOf::Answer(_)))
    }

    /// What stood in a file.
    #[must_use]
    pub fn before(&self, of: TextOf) -> Option<&str> {
        match of {
            TextOf::File(path) => self.file(path)?.before.as_deref(),
            _ => None,
        }
    }

    fn file(&self, path: &str) -> Option<&CellFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// A file that a cell would write or remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellFile {
    /// Its path.
    pub path: String,
    /// What was there; none is nothing, or no text.
    pub before: Option<String>,
    /// What would be there; none is nothing, or no text.
    pub after: Option<String>,
}
