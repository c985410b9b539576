//! What a wire format has to know: how a request is written and an answer read.
//!
//! A format opens no connection, waits for nothing and retries nothing. Each lives in a module of its own,
//! such as `openai_chat`, and is chosen by the provider's `kind`. What formats share stands in the modules below this one, so that
//! a format costs its difference: [`reader`] frames an answer and knows when it is whole, [`collected`] puts it together,
//! [`failure`] understands errors, and [`request`] writes what is the same in every request.

pub(crate) mod collected;
pub(crate) mod ending;
pub(crate) mod failure;
pub(crate) mod lenient;
mod mended;
pub(crate) mod reader;
pub(crate) mod request;

use std::time::Duration;

use stepwell_contract::{ChatError, ChatErrorKind, ChatResponse, ProviderSettings, Usage};

use crate::asking::Asked;
use crate::sse::TooLarge;

/// One way to speak with a provider.
pub(crate) trait WireFormat: Send + Sync {
    /// What follows the base URL.
    fn path(&self) -> &'static str;

    /// Headers that every request has besides the usual ones.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The header that carries the key, as it is; none is `Authorization: Bearer …`.
    fn key_header(&self) -> Option<&'static str> {
        None
    }

    /// The most tokens of an answer that it writes into a request where nobody bounds one.
    fn own_bound(&self) -> Option<u32> {
        None
    }

    /// Whether a request has to mark what its provider is to keep of it for others.
    fn takes_marks(&self) -> bool {
        false
    }

    /// Whether the effort is its one word for thinking, too: none switches it off.
    fn has_effort_alone(&self) -> bool {
        false
    }

    /// The body of a request to a provider with these settings, or why the format can't express it.
    fn body(
        &self,
        settings: &ProviderSettings,
        asked: &Asked<'_>,
        manner: Manner,
    ) -> Result<Vec<u8>, ChatError>;

    /// Reads one answer with a status of success.
    fn reader(&self, provider: &str) -> Box<dyn AnswerReader>;

    /// Understands an answer with any other status.
    fn refusal(&self, status: u16, body: &[u8]) -> Problem;
}

/// Reads one answer as it comes.
pub(crate) trait AnswerReader: Send {
    /// Takes the next bytes, and hands on the text that they hold.
    fn take(&mut self, bytes: &[u8], text: &mut dyn FnMut(&str)) -> Result<(), Problem>;

    /// Whether a first piece of the answer came: text, reasoning or a call of a tool.
    fn has_started(&self) -> bool;

    /// Whether the answer said that nothing follows, so that nobody has to wait for the connection's end.
    fn is_complete(&self) -> bool;

    /// Whether the answer's end was said. Something may follow, such as what it cost, and an end that was said too early may be
    /// taken back by more of the answer.
    fn has_ended(&self) -> bool;

    /// So many pieces said something new. What a server sends to keep a connection open doesn't count.
    fn news(&self) -> usize;

    /// Tokens, as far as they were told.
    fn usage(&self) -> Usage;

    /// Of the tokens that were written to the provider's cache: those that it keeps for an hour, where that is told.
    fn hour_writes(&self) -> Option<u32>;

    /// Bytes of the answer itself so far, for an estimate of what an answer without its end cost.
    fn answer_bytes(&self) -> usize;

    /// Called after the last byte, and how the connection ended: the answer, or why it is none. An answer that is there
    /// is given whatever became of the connection.
    fn end(
        &mut self,
        how: Result<(), Problem>,
        text: &mut dyn FnMut(&str),
    ) -> Result<ChatResponse, Problem>;
}

/// So many tokens of an answer are reckoned with where nobody bounds it, as models that reason often take: room on the disk is made
/// for them, and a format that wants a limit gives this one.
pub(crate) const MANY_OUTPUT_TOKENS: u32 = 16_384;

/// The code of an answer that is larger than is kept.
pub(crate) const TOO_LARGE: &str = "answer-too-large";

/// Why an attempt failed, as the wire tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ChatErrorKind,
    /// What happened, without the mend.
    pub(crate) message: String,
    /// Whether another attempt may succeed.
    pub(crate) may_pass: bool,
    /// Whether it was paid for.
    pub(crate) paid: Paid,
    /// How else to ask, where the server refused something that the step didn't say.
    pub(crate) otherwise: Option<Otherwise>,
    /// What it is about, where a setting mends it.
    pub(crate) about: Option<About>,
    /// Whether the server refuses tools as such, and not one of them or a call of one.
    pub(crate) refuses_tools: bool,
    /// The least wait before the next attempt that its text asks for.
    pub(crate) wait: Option<Duration>,
}

/// Whether an attempt that failed was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paid {
    /// An answer came that can't be read.
    Yes,
    /// The server refused the request, or never got it.
    No,
    /// An answer may have been made that never arrived.
    Unknown,
}

/// What a server can't do with a request, for which there is a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing answers requests at this address.
    Address,
    /// The field `stream_options`.
    StreamOptions,
    /// The name of the field that bounds an answer.
    TokenLimit,
    /// Tools.
    Tools,
    /// A JSON Schema for the answer.
    Schemas,
    /// A field that one of these sets, the first of them that is set.
    Setting(&'static [Setting]),
}

/// What people set of a request, for a model or a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `effort`.
    Effort,
    /// `temperature`.
    Temperature,
    /// `thinking`.
    Thinking,
    /// `caching`.
    Caching,
    /// `max_output_tokens`.
    MaxOutputTokens,
}

impl Setting {
    /// Its key.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Effort => "effort",
            Self::Temperature => "temperature",
            Self::Thinking => "thinking",
            Self::Caching => "caching",
            Self::MaxOutputTokens => "max_output_tokens",
        }
    }
}

/// What a format's servers call the fields of a request in their refusals, in lower case, and which settings write such a field.
pub(crate) type Words = [(&'static str, &'static [Setting])];

/// What a request may be without, or say by another name, since servers of one format differ there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// It doesn't ask for the usage at the stream's end. A server that knows no such field may tell it anyway.
    NoStreamOptions,
    /// It gives the most tokens of the answer by the other one of the two names.
    OtherTokenLimit,
    /// It doesn't ask for reasoning in a form that can be sent back.
    NoReasoningBack,
}

/// How a model of a provider wants to be asked, as far as its server said so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) no_stream_options: bool,
    pub(crate) other_token_limit: bool,
    pub(crate) no_reasoning_back: bool,
}

impl Manner {
    /// The manner that a server asks for; none where it was asked so already.
    pub(crate) fn and(mut self, otherwise: Otherwise) -> Option<Self> {
        let said = match otherwise {
            Otherwise::NoStreamOptions => &mut self.no_stream_options,
            Otherwise::OtherTokenLimit => &mut self.other_token_limit,
            Otherwise::NoReasoningBack => &mut self.no_reasoning_back,
        };
        (!std::mem::replace(said, true)).then_some(self)
    }
}

impl Problem {
    /// An error that stays.
    pub(crate) fn lasting(kind: ChatErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            may_pass: false,
            paid: Paid::Unknown,
            otherwise: None,
            about: None,
            refuses_tools: false,
            wait: None,
        }
    }

    /// An answer that came and can't be read.
    pub(crate) fn unreadable(code: &str, message: impl Into<String>) -> Self {
        Self {
            paid: Paid::Yes,
            ..Self::lasting(ChatErrorKind::Other(code.into()), message)
        }
    }

    /// An error that is worth another attempt.
    pub(crate) fn passing(kind: ChatErrorKind, message: impl Into<String>) -> Self {
        Self {
            may_pass: true,
            ..Self::lasting(kind, message)
        }
    }

    /// The same error, of a request that was certainly not paid for.
    pub(crate) fn unpaid(self) -> Self {
        Self {
            paid: Paid::No,
            ..self
        }
    }

    /// The same error, where nothing answers at the address.
    pub(crate) fn of_address(self) -> Self {
        Self {
            about: Some(About::Address),
            paid: Paid::No,
            ..self
        }
    }
}

impl From<TooLarge> for Problem {
    fn from(error: TooLarge) -> Self {
        Self::unreadable(TOO_LARGE, error.to_string())
    }
}

/// The beginning of a text, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    beginning(text, 300)
}

/// A message that quotes more than one text, or one that was joined from pieces.
pub(crate) fn shortened(message: &str) -> String {
    beginning(message, 700)
}

fn beginning(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
