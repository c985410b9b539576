//! Why an attempt at a call failed, as the wire tells it.
//!
//! What the person is told of it is said in `saying`, and what follows from it in `sending`.

use std::time::Duration;

use stepwell_contract::ChatErrorKind;

use crate::sse::TooLarge;

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
