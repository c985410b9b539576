//! The models of a case: its responses, in the order of the calls, or its cassette.

use stepwell_contract::{
    ChatError, ChatErrorKind, ChatResponse, FinishReason, Message, Part, Role, StepPath, ToolCall,
    Usage,
};
use stepwell_definition::{Response, TestCase, ToolCalled};
use stepwell_llm::{CallEnd, CallPlace, Cassette, Entry, Matching, Models, RecordedCall};

/// What a call is told that no response is left for.
const NONE_LEFT: &str = "the case has no response left";

/// Whether a text is a cassette.
///
/// # Errors
/// Why it isn't one, with the line.
pub fn check_cassette(text: &str, file: &str) -> Result<(), String> {
    let read = Cassette::parse(text, file);
    read.map(drop).map_err(|error| error.to_string())
}

/// What answers a case, as if the step stood in a workflow under this path.
pub(crate) struct Scripted {
    cassette: Cassette,
    /// How many calls have an answer; none where only the cassette knows.
    answered: Option<usize>,
    /// The person's answers that the cassette holds: key and text.
    pub(crate) answers: Vec<(String, String)>,
}

impl Scripted {
    pub(crate) fn of(case: &TestCase, step: &StepPath) -> Result<Self, String> {
        let Some(named) = &case.cassette else {
            return Ok(Self {
                cassette: in_order(&case.responses, step),
                answered: Some(case.responses.len()),
                answers: Vec::new(),
            });
        };
        let recorded = Cassette::parse(&named.text, &named.path);
        let recorded = recorded.map_err(|error| error.to_string())?;
        let answers = recorded.answers();
        Ok(Self {
            answers: answers
                .map(|answer| (answer.key.clone(), answer.text.clone()))
                .collect(),
            cassette: moved(recorded, step),
            answered: None,
        })
    }

    /// Whether a call has no answer any more, before which so many were made.
    pub(crate) fn is_over_at(&self, sequence: u32) -> bool {
        self.answered
            .is_some_and(|answered| sequence as usize >= answered)
    }

    /// Models that answer by it.
    pub(crate) fn models(&self) -> Models {
        Models::replaying(self.cassette.clone())
    }
}

/// Responses as a cassette, with one more that says that none is left.
fn in_order(responses: &[Response], step: &StepPath) -> Cassette {
    let mut cassette = Cassette::new(Matching::Sequence);
    let outcomes = responses
        .iter()
        .enumerate()
        .map(|(at, response)| match response {
            Response::Answer { text, tools } => CallEnd::Answer(answer(at, text, tools)),
            Response::Error { kind, message } => {
                CallEnd::Error(ChatError::new(kind.clone(), message.clone()))
            }
        });
    let none_left = ChatError::new(ChatErrorKind::ReplayMiss, NONE_LEFT);
    let outcomes = outcomes.chain([CallEnd::Error(none_left)]);
    for (sequence, outcome) in (0..).zip(outcomes) {
        let place = CallPlace {
            step: step.clone(),
            items: Vec::new(),
            rounds: Vec::new(),
            sequence,
        };
        cassette.add(Entry::Call(RecordedCall {
            place,
            model: None,
            instead: None,
            request: None,
            outcome,
        }));
    }
    cassette
}

fn answer(at: usize, text: &str, tools: &[ToolCalled]) -> ChatResponse {
    let called = tools.iter().enumerate().map(|(number, tool)| {
        Part::ToolCall(ToolCall {
            id: format!("call_{}_{}", at + 1, number + 1),
            name: tool.name.clone(),
            arguments_json: tool.arguments.to_string(),
        })
    });
    let said = (!text.is_empty()).then(|| Part::Text(text.to_owned()));
    ChatResponse {
        text: text.to_owned(),
        message: Message {
            role: Role::Assistant,
            parts: said.into_iter().chain(called).collect(),
            options: Vec::new(),
        },
        finish_reason: match tools.is_empty() {
            true => FinishReason::Stop,
            false => FinishReason::ToolCalls,
        },
        usage: Usage::default(),
        model: String::new(),
        details: Vec::new(),
    }
}

/// A cassette whose calls stand at this step, wherever in a workflow they were recorded. Where it holds those of several
/// steps, they are left where they are: which of them is meant nobody knows.
fn moved(recorded: Cassette, step: &StepPath) -> Cassette {
    let is_one = {
        let mut places = recorded.calls().map(|call| &call.place);
        let first = places.next();
        first.is_some_and(|first| {
            places.all(|place| {
                let is_beside = place.items == first.items && place.rounds == first.rounds;
                place.step == first.step && is_beside
            })
        })
    };
    if !is_one {
        return recorded;
    }
    let mut cassette = Cassette::new(recorded.matching());
    for call in recorded.calls() {
        let mut call = call.clone();
        call.place = CallPlace {
            step: step.clone(),
            items: Vec::new(),
            rounds: Vec::new(),
            sequence: call.place.sequence,
        };
        cassette.add(Entry::Call(call));
    }
    cassette
}
