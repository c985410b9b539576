//! Calls to a model.
//!
//! Keys, addresses and retries are the host's. What was asked before, in this attempt or an earlier one, is
//! answered from the host's memory, as long as the requests are equal and in whatever order they come.

use crate::Text;
use crate::attempt;
use crate::host::call;

pub use crate::bindings::stepwell::plugin::chat::{
    Attachment, ChatError, ChatErrorKind, FinishReason, Message, Opaque, Part, Request, Response,
    Role, Tool, ToolCall, ToolChoice, ToolResult, Usage,
};

/// Asks one question and gives back the answer's text.
///
/// # Errors
/// The host could get no answer, it was cut off ([`whole`]), or it says nothing ([`spoken`]).
pub fn ask(prompt: impl Into<String>) -> Result<String, ChatError> {
    complete(Request::new(prompt)).and_then(|response| spoken(&response).map(str::to_owned))
}

/// Bytes of text that the host reckons as one token.
const BYTES_OF_A_TOKEN: usize = 3;

/// How many tokens a text is at most, in nearly every text: what the host's budgets reckon with before a call is sent. Every
/// model counts its own way, so a step that has to stay within some number counts like this, and gets the same everywhere.
#[must_use]
pub fn estimated_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(BYTES_OF_A_TOKEN)).unwrap_or(u32::MAX)
}

/// The longest text that is [estimated](estimated_tokens) at no more than so many tokens, in bytes.
#[must_use]
pub fn bytes_of_tokens(tokens: u32) -> usize {
    usize::try_from(tokens)
        .unwrap_or(usize::MAX)
        .saturating_mul(BYTES_OF_A_TOKEN)
}

/// The provider's word for an answer that ended since it and the request together are all that the model reads.
const TOO_LONG: &str = "model_context_window_exceeded";

/// The text of an answer, if it is whole.
///
/// # Errors
/// It ended at the most output tokens, or for a reason that nobody knows: the code is `cut-off`. A step that knows the
/// provider's word looks at `finish_reason` itself. As a [`Failure`](crate::Failure) that is an invalid response: the host asks
/// again, and a step need not look into half an answer. Where the model refused, or the provider's filter cut it off, it is
/// `content-filtered`, and nobody asks again: the same question would be refused again.
pub fn whole(response: &Response) -> Result<&str, ChatError> {
    let message = match &response.finish_reason {
        FinishReason::Stop | FinishReason::ToolCalls => return Ok(&response.text),
        FinishReason::Length => {
            "the answer was cut off at the most output tokens: be briefer, or let the operator raise the model's `max_output_tokens`".to_owned()
        }
        FinishReason::ContentFilter => {
            return Err(ChatError {
                kind: ChatErrorKind::ContentFiltered,
                message: refused(response),
            });
        }
        FinishReason::Other(word) if word == TOO_LONG => {
            "the answer was cut off, since the prompt and it are together too long for the model: be briefer, or let the operator shorten what the prompt holds, or use a model that reads more".to_owned()
        }
        FinishReason::Other(word) => {
            format!("the answer ended with `{word}`: nobody knows whether that is its whole")
        }
    };
    Err(unusable(CUT_OFF, message))
}

/// The text of an answer to a question that offered no tools, if it is whole and says something.
///
/// # Errors
/// As [`whole`]; and with the code `no-answer`, where there is no text: the answer is empty, is only reasoning, or calls a
/// tool. As a [`Failure`](crate::Failure) that is an invalid response, too.
pub fn spoken(response: &Response) -> Result<&str, ChatError> {
    let text = whole(response)?;
    // What it says beside the call of a tool is what it says before it has looked.
    let waits = matches!(response.finish_reason, FinishReason::ToolCalls);
    if !text.trim().is_empty() && !waits {
        return Ok(text);
    }
    let called = response.message.parts.iter().find_map(|part| match part {
        Part::ToolCall(call) => Some(&call.name),
        _ => None,
    });
    let thought = response
        .details
        .iter()
        .any(|detail| detail.name == REASONING);
    let message = match called {
        Some(name) if waits => format!(
            "it calls the tool `{name}` instead of answering, and none was offered; answer in text"
        ),
        Some(name) => format!(
            "the answer has no text: it calls the tool `{name}`, and none was offered; answer in text"
        ),
        None if waits => {
            "it calls a tool instead of answering, and none was offered; answer in text".to_owned()
        }
        None if thought => {
            "the answer is only reasoning, with nothing said after it: give the answer itself, too"
                .to_owned()
        }
        None => "the answer is empty".to_owned(),
    };
    Err(unusable(NO_ANSWER, message))
}

/// That the answer was refused, with the provider's reason where it gives one.
fn refused(response: &Response) -> String {
    let details = response.details.iter();
    let why = details
        .filter(|detail| detail.name == REFUSAL)
        .find_map(|detail| serde_json::from_str::<String>(&detail.value).ok());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!(
        "the model refused, or the provider's filter cut the answer off{why}; change the prompt, or use another model"
    )
}

fn unusable(code: &str, message: String) -> ChatError {
    ChatError {
        kind: ChatErrorKind::Other(code.to_owned()),
        message,
    }
}

/// The code of an answer that isn't whole.
pub(crate) const CUT_OFF: &str = "cut-off";

/// The code of an answer without a text.
pub(crate) const NO_ANSWER: &str = "no-answer";

/// The detail that holds what a model thought before it answered.
const REASONING: &str = "reasoning_content";

/// The detail that holds why a model refused, where it says so.
const REFUSAL: &str = "refusal";

/// Sends a request and waits for the whole answer.
///
/// # Errors
/// The host could get no answer.
pub fn complete(mut request: Request) -> Result<Response, ChatError> {
    attempt::prepare(std::slice::from_mut(&mut request));
    call(|host| host.complete(&request))
}

/// Sends several requests at the same time; the answers come in the order of the requests.
#[must_use]
pub fn complete_all(mut requests: Vec<Request>) -> Vec<Result<Response, ChatError>> {
    attempt::prepare(&mut requests);
    call(|host| host.complete_all(&requests))
}

/// A conversation with its history: each question goes out with all that was said before.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    request: Request,
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

impl Conversation {
    /// One in which nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Request::empty())
    }

    /// One that begins with a request's messages and keeps its model, temperature and other options.
    #[must_use]
    pub fn with(request: Request) -> Self {
        Self { request }
    }

    /// Says something and waits for the answer's text; both become part of the history.
    ///
    /// # Errors
    /// The host could get no answer, it was cut off ([`whole`]), or it says nothing ([`spoken`]). The history is then as it was before.
    pub fn ask(&mut self, text: impl Into<String>) -> Result<String, ChatError> {
        let question = Message::text(Role::User, text);
        let mut request = self.request.clone();
        request.messages.push(question.clone());
        let offers_tools = !request.tools.is_empty();
        let response = complete(request)?;
        match offers_tools {
            true => whole(&response)?,
            false => spoken(&response)?,
        };
        self.request.messages.extend([question, response.message]);
        Ok(response.text)
    }

    /// All that was said so far.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.request.messages
    }
}

/// How much a model is to think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// As much as is usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Effort {
    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// How long a provider is asked to keep what repeats from call to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caching {
    /// It isn't asked to keep anything.
    Off,
    /// Five minutes after it was read last.
    FiveMinutes,
    /// An hour.
    Hour,
}

impl Caching {
    fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
        }
    }
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
            options: Vec::new(),
        }
    }

    /// All text parts, joined.
    #[must_use]
    pub fn joined_text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl Request {
    /// A request without a message yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            messages: Vec::new(),
            model: None,
            max_output_tokens: None,
            temperature: None,
            stop: Vec::new(),
            answer_schema: None,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            options: Vec::new(),
        }
    }

    /// A request with one message.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self::empty().message(Message::text(Role::User, prompt))
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Sets the instructions that stand above the conversation.
    #[must_use]
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.messages.insert(0, Message::text(Role::System, text));
        self
    }

    /// Asks another model of the host's registry than the step's own.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// Sets the sampling temperature.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Says how much the model is to think before it answers, where the definition doesn't say otherwise. A provider that has no word for it
    /// refuses the request.
    #[must_use]
    pub fn effort(self, effort: Effort) -> Self {
        self.host_option("$effort", format!("\"{}\"", effort.word()))
    }

    /// Says whether the model is to think before it answers, where the definition doesn't say otherwise and the provider has a switch for it.
    #[must_use]
    pub fn thinking(self, thinking: bool) -> Self {
        self.host_option("$thinking", thinking.to_string())
    }

    /// Says how long the provider is asked to keep what repeats from call to call, where the definition doesn't say otherwise.
    #[must_use]
    pub fn caching(self, caching: Caching) -> Self {
        self.host_option("$caching", format!("\"{}\"", caching.word()))
    }

    fn host_option(mut self, name: &str, json: String) -> Self {
        self.options.push(Text {
            name: name.to_owned(),
            value: json,
        });
        self
    }

    /// Bounds the answer.
    #[must_use]
    pub fn max_output_tokens(mut self, tokens: u32) -> Self {
        self.max_output_tokens = Some(tokens);
        self
    }

    /// Demands an answer that is JSON and satisfies this schema; the host checks it.
    #[must_use]
    pub fn answer_schema(mut self, schema: impl Into<String>) -> Self {
        self.answer_schema = Some(schema.into());
        self
    }
}
