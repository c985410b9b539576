//! The cases that a plugin is tested by: what its step is given, who answers it, and what has to come of it.
//!
//! Plain data; `parse_tests` reads it from a file, and another crate carries it out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stepwell_contract::{ChatErrorKind, HttpErrorKind, StepPath, WorkspaceGrant};

use crate::cases::Check;

/// One case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestCase {
    /// Names it among the others.
    pub id: String,
    /// Where it stands among the cases of its file, from 0.
    pub place: usize,
    /// The inputs of the step, by name.
    pub inputs: BTreeMap<String, String>,
    /// Its settings.
    pub settings: BTreeMap<String, Value>,
    /// The texts of its prompts instead of the plugin's own, by the plugin's names.
    pub prompts: BTreeMap<String, String>,
    /// What the model answers, call by call.
    pub responses: Vec<Response>,
    /// Recorded answers of the model, in the place of `responses`.
    pub cassette: Option<Cassette>,
    /// A person's answers, by the questions' keys.
    pub answers: BTreeMap<String, String>,
    /// The keys of those that every case has laid under it: not each has to make use of them.
    pub shared_answers: BTreeSet<String>,
    /// What becomes of a question without one.
    pub person: WhoAnswers,
    /// The files that the step finds in its workspace, by path.
    pub files: BTreeMap<String, String>,
    /// What it may do with them; none is what it says that it needs.
    pub workspace: Option<WorkspaceGrant>,
    /// Whether it may write prompts; none is what it says that it needs.
    pub prompts_writable: Option<bool>,
    /// The documents of steps that it depends on, by the step's path and by name.
    pub documents: BTreeMap<StepPath, BTreeMap<String, String>>,
    /// What servers answer to its HTTP requests; the first one that is meant answers.
    pub http: Vec<ServerAnswer>,
    /// How often it is tried again; none is as often as in a definition.
    pub retries: Option<u32>,
    /// What is checked.
    pub checks: Vec<TestCheck>,
    /// What has to come of it, to the letter.
    pub expect: Option<Expected>,
}

/// An answer of the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// A text, and the tools that are called with it.
    Answer {
        /// The text.
        text: String,
        /// The tools.
        tools: Vec<ToolCalled>,
    },
    /// An error in its place.
    Error {
        /// Which sort.
        kind: ChatErrorKind,
        /// What it says.
        message: String,
    },
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAnswer {
    /// The method that it is asked by.
    pub method: String,
    /// The whole address, as a request has it.
    pub url: String,
    /// What comes of it.
    pub outcome: Served,
}

/// What comes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers, by name.
        headers: BTreeMap<String, String>,
        /// Its body.
        body: String,
    },
    /// None.
    Error {
        /// Why.
        kind: HttpErrorKind,
        /// The same, for a person.
        message: String,
    },
}

/// A tool that an answer calls.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCalled {
    /// The tool.
    pub name: String,
    /// Its arguments, a JSON object.
    pub arguments: Value,
}

/// A file with recorded answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cassette {
    /// Its path, as the case names it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What becomes of a question that the case has no answer to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhoAnswers {
    /// It shouldn't have been asked: the case fails.
    #[default]
    Nothing,
    /// The step is told that nobody will answer.
    Nobody,
    /// The person declines.
    Declines,
}

/// One check of an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCheck {
    /// What must hold of what, as in a comparison.
    pub check: Check,
    /// The call whose prompt it looks at instead, from 1.
    pub prompt: Option<u32>,
}

/// What has to come of a case. Nothing is said of what is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The documents, and no others.
    pub documents: Option<BTreeMap<String, String>>,
    /// The files that it writes, and no others.
    pub files: Option<BTreeMap<String, String>>,
    /// The files that it removes, and no others.
    pub removed: Option<Vec<String>>,
    /// How many calls to a model it makes.
    pub calls: Option<u32>,
    /// How it fails; none is that it succeeds.
    pub failure: Option<ExpectedFailure>,
}

/// How a step has to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFailure {
    /// The kind.
    pub kind: String,
    /// Words that stand in its message.
    pub contains: Option<String>,
}
