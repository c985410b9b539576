//! Tools with which a model looks at the workspace, and changes it, before it answers.
//!
//! Each is carried out by the host's functions, so that what was asked and seen is remembered: a step that is started afresh
//! goes through the same conversation without asking anybody anything again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Failure;
use crate::chat::{
    ChatError, Message, Part, Request, Role, ToolCall, ToolChoice, ToolResult, complete, spoken,
    whole,
};
use crate::workspace::{self, WorkspaceError, WorkspaceErrorKind};

mod arguments;
mod asking;
mod changing;
mod looking;
mod seen;

pub use asking::{Offer, Question, TURNS, ask, turns, turns_setting};
use seen::Seen;

/// Bytes that the tools of one conversation show at most: each of its requests holds them all.
const SHOWN: usize = 400_000;
/// Bytes that the tools of one turn show at most, together: however many a model asks for at once, the next request has to
/// fit into what it takes.
const SHOWN_IN_A_TURN: usize = 120_000;

/// What a model is told that asks for tools until it may ask for no more.
const USED_UP: &str = "You have used up your turns: no tool is carried out any more. Answer now, with what you have, in the form that you were asked for.";

/// What the tools may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `list`, `search` and `read`.
    Look,
    /// And `edit`, `write` and `remove`.
    Change,
}

/// The tools of one conversation: what they have shown, and what they have changed.
#[derive(Debug)]
pub struct Tools {
    access: Access,
    seen: Seen,
    /// How the model writes what it hasn't done when its turns are used up.
    at_last: String,
    /// How many bytes were shown so far, and of them in this turn.
    shown: usize,
    in_this_turn: usize,
    /// The files that were changed, with how many bytes each has now; none was removed.
    changed: BTreeMap<String, Option<usize>>,
    /// Those of them that weren't there before: once removed, nothing changed.
    new: BTreeSet<String>,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The model answered without asking for a tool.
    ByModel,
    /// It had used up its turns, and was told to answer.
    ByTurns,
}

/// What came of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// The last answer.
    pub text: String,
    /// How it ended.
    pub ended: Ended,
    /// What the model was offered in the end.
    pub offer: Offer,
}

impl Tools {
    /// Tools that may do this, before anything was seen.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self {
            access,
            seen: Seen::default(),
            at_last: String::new(),
            shown: 0,
            in_this_turn: 0,
            changed: BTreeMap::new(),
            new: BTreeSet::new(),
        }
    }

    /// Says how the model is to write what it hasn't done when its turns are used up: the question, which told it to use its tools,
    /// may have no word of that.
    #[must_use]
    pub fn at_last(mut self, form: impl Into<String>) -> Self {
        self.at_last = form.into();
        self
    }

    /// The model was shown a file from its first line to its last: it may replace it.
    pub fn saw(&mut self, path: &str) {
        self.seen.whole(path);
        if let Ok(real) = workspace::kept_under(path) {
            self.seen.whole(&real);
        }
    }

    /// Whether all of a file was shown.
    #[must_use]
    pub fn has_seen(&self, path: &str) -> bool {
        self.seen.has_whole(path)
    }

    /// The files that were changed, with how many bytes each has now; none was removed.
    #[must_use]
    pub fn changed(&self) -> &BTreeMap<String, Option<usize>> {
        &self.changed
    }

    /// Lets a model work: it asks for tools until it answers, at most so many turns; then it is told to answer without.
    ///
    /// # Errors
    /// The host could get no answer, one was cut off or says nothing.
    pub fn work(&mut self, mut request: Request, turns: u32) -> Result<Worked, WorkError> {
        request.tools = self.access.tools();
        for turn in 1..=turns.max(1) {
            let response = complete(request.clone()).map_err(|error| WorkError::Chat {
                error,
                is_first: turn == 1,
            })?;
            whole(&response)?;
            let calls: Vec<&ToolCall> = calls_of(&response.message).collect();
            if calls.is_empty() {
                let text = spoken(&response)?.to_owned();
                return Ok(self.worked(text, Ended::ByModel));
            }
            self.in_this_turn = 0;
            let results = calls
                .into_iter()
                .map(|call| self.carry_out(call).map(Part::ToolResult))
                .collect::<Result<_, Failure>>()?;
            request.messages.push(response.message);
            request.messages.push(Message {
                role: Role::Tool,
                parts: results,
                options: Vec::new(),
            });
        }
        let mut told = USED_UP.to_owned();
        if !self.at_last.is_empty() {
            told.extend(["\n\n", self.at_last.trim()]);
        }
        request.messages.push(Message::text(Role::User, told));
        request.tool_choice = ToolChoice::None;
        let response = complete(request)?;
        let text = spoken(&response)?.to_owned();
        Ok(self.worked(text, Ended::ByTurns))
    }

    fn worked(&self, text: String, ended: Ended) -> Worked {
        let offer = Offer::Tools(self.access);
        Worked { text, ended, offer }
    }

    /// Carries out a call. What it can't have is told to the model, which goes on.
    fn carry_out(&mut self, call: &ToolCall) -> Result<ToolResult, Failure> {
        let told = arguments::read(&call.arguments_json)
            .and_then(|arguments| self.answer(&call.name, &arguments));
        let (content, is_error) = match told {
            Ok(content) => (content, false),
            Err(Refusal::Told(problem)) => (problem, true),
            Err(Refusal::Ends(failure)) => return Err(failure),
        };
        self.shown += content.len();
        self.in_this_turn += content.len();
        Ok(ToolResult {
            id: call.id.clone(),
            content,
            attachments: Vec::new(),
            is_error,
        })
    }

    /// Refuses a look for which there may be no room, before it is done: what isn't shown isn't seen.
    fn check_room(&self) -> Result<(), Refusal> {
        if self.shown >= SHOWN {
            return Err(Refusal::of(format!(
                "as much has been shown as may be, {} bytes: go on with what you have seen",
                self.shown
            )));
        }
        if self.in_this_turn + looking::BYTES > SHOWN_IN_A_TURN {
            return Err(Refusal::of(format!(
                "left out: the results of one turn take {SHOWN_IN_A_TURN} bytes at most; ask for this again, with fewer beside it"
            )));
        }
        Ok(())
    }

    fn answer(&mut self, name: &str, arguments: &Value) -> Result<String, Refusal> {
        let tools = self.access.tools();
        let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
            return Err(Refusal::of(format!("there is no tool `{name}`")));
        };
        arguments::check(tool, arguments)?;
        if looking::is_one(name) {
            self.check_room()?;
        }
        match (name, self.access) {
            ("list", _) => looking::list(arguments),
            ("search", _) => looking::search(arguments),
            ("read", _) => looking::read(arguments, &mut self.seen),
            ("edit", Access::Change) => self.edit(arguments),
            ("write", Access::Change) => self.write(arguments),
            ("remove", Access::Change) => self.remove(arguments),
            _ => Err(Refusal::of(format!("there is no tool `{name}`"))),
        }
    }
}

/// Why a conversation gave no answer.
#[derive(Debug, Clone)]
pub enum WorkError {
    /// The model, or the way to it.
    Chat {
        /// What the host says.
        error: ChatError,
        /// Whether nothing was answered before: a model without tools is found out so.
        is_first: bool,
    },
    /// The step can't go on.
    Step(Failure),
}

/// Of a call that isn't the first, and of an answer that came.
impl From<ChatError> for WorkError {
    fn from(error: ChatError) -> Self {
        Self::Chat {
            error,
            is_first: false,
        }
    }
}

impl From<Failure> for WorkError {
    fn from(failure: Failure) -> Self {
        Self::Step(failure)
    }
}

impl From<WorkError> for Failure {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Chat { error, .. } => error.into(),
            WorkError::Step(failure) => failure,
        }
    }
}

/// The code with which the host refuses a path that can't be put onto the run's branch: a person has to do something about it.
const NOT_COMMITTED: &str = "not-committed";

/// Why a tool was not carried out.
#[derive(Debug)]
enum Refusal {
    /// A sentence for the model, which goes on without it.
    Told(String),
    /// What no model can do anything about ends the step.
    Ends(Failure),
}

impl Refusal {
    fn of(problem: impl Into<String>) -> Self {
        Self::Told(problem.into())
    }
}

impl From<WorkspaceError> for Refusal {
    fn from(error: WorkspaceError) -> Self {
        match &error.kind {
            WorkspaceErrorKind::Other(code) if code == NOT_COMMITTED => Self::Ends(error.into()),
            // Also of a path that is closed to every step.
            _ => Self::Told(error.message),
        }
    }
}

fn calls_of(message: &Message) -> impl Iterator<Item = &ToolCall> {
    message.parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    })
}
