//! Tools with which a model looks at the workspace, and changes it, before it answers.
//!
//! Each is carried out by the host's functions, so that what was asked and seen is remembered: a step that is started afresh
//! goes through the same conversation without asking anybody anything again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Failure;
use crate::chat::{
    ChatError, Message, Part, Request, Role, Tool, ToolCall, ToolChoice, ToolResult, complete,
    spoken, whole,
};
use crate::workspace::WorkspaceError;

mod asking;
mod changing;
mod looking;
mod seen;

pub use asking::{Offer, Question, TURNS, ask, turns, turns_setting};
use seen::Seen;

/// Bytes that the tools of one conversation show at most: each of its requests holds them all.
const SHOWN: usize = 400_000;

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
    /// How many bytes were shown so far.
    shown: usize,
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
            shown: 0,
            changed: BTreeMap::new(),
            new: BTreeSet::new(),
        }
    }

    /// The model was shown a file from its first line to its last: it may replace it.
    pub fn saw(&mut self, path: &str) {
        self.seen.whole(path);
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
            let mut results = Vec::new();
            for call in calls {
                results.push(Part::ToolResult(self.carry_out(call)));
            }
            request.messages.push(response.message);
            request.messages.push(Message {
                role: Role::Tool,
                parts: results,
                options: Vec::new(),
            });
        }
        request.messages.push(Message::text(
            Role::User,
            "You have used up your turns: no tool is carried out any more. Answer now, with what you have.",
        ));
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
    fn carry_out(&mut self, call: &ToolCall) -> ToolResult {
        let told = match serde_json::from_str::<Value>(&call.arguments_json) {
            Ok(arguments) => self.answer(&call.name, &arguments),
            Err(error) => Err(Refusal::of(format!("the arguments are no JSON: {error}"))),
        };
        let (content, is_error) = match told {
            Ok(content) => (content, false),
            Err(Refusal(problem)) => (problem, true),
        };
        self.shown += content.len();
        ToolResult {
            id: call.id.clone(),
            content,
            attachments: Vec::new(),
            is_error,
        }
    }

    fn answer(&mut self, name: &str, arguments: &Value) -> Result<String, Refusal> {
        if ["list", "search", "read"].contains(&name) && self.shown >= SHOWN {
            return Err(Refusal::of(format!(
                "as much has been shown as may be, {} bytes: go on with what you have seen",
                self.shown
            )));
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

/// Why a tool was not carried out: a sentence for the model.
#[derive(Debug)]
struct Refusal(String);

impl Refusal {
    fn of(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl From<WorkspaceError> for Refusal {
    fn from(error: WorkspaceError) -> Self {
        // Also of a path that is closed to every step: the model goes on without it.
        Self(error.message)
    }
}

fn calls_of(message: &Message) -> impl Iterator<Item = &ToolCall> {
    message.parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    })
}

/// A text among the arguments.
fn text<'a>(arguments: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    arguments[name]
        .as_str()
        .ok_or_else(|| Refusal::of(format!("it lacks `{name}`, a string")))
}

/// A number among the arguments, from 1; models also write it as a text.
fn number(arguments: &Value, name: &str) -> Result<Option<usize>, Refusal> {
    let given = &arguments[name];
    let read = match given {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        other => other
            .as_u64()
            .and_then(|number| usize::try_from(number).ok()),
    };
    match read {
        Some(number @ 1..) => Ok(Some(number)),
        _ => Err(Refusal::of(format!(
            "`{name}` is no whole number from 1 on"
        ))),
    }
}

/// A yes or no among the arguments, which is no where it isn't given; models also write it as a text.
fn flag(arguments: &Value, name: &str) -> Result<bool, Refusal> {
    match &arguments[name] {
        Value::Null => Ok(false),
        Value::Bool(given) => Ok(*given),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(Refusal::of(format!("`{name}` is neither true nor false"))),
    }
}

/// A tool whose parameters are these, each with what it is; those of `required` have to be given.
fn tool(
    name: &str,
    description: &str,
    parameters: &[(&str, &str, &str)],
    required: &[&str],
) -> Tool {
    let properties: serde_json::Map<String, Value> = parameters
        .iter()
        .map(|(name, kind, about)| {
            let schema = serde_json::json!({ "type": kind, "description": about });
            ((*name).to_owned(), schema)
        })
        .collect();
    let schema = serde_json::json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters_schema: schema.to_string(),
        options: Vec::new(),
    }
}
