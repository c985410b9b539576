//! What a wire format has to know: how a request is written and an answer read.
//!
//! A format opens no connection, waits for nothing and retries nothing. Each lives in a module of its own,
//! such as `openai_chat`, and is chosen by the provider's `kind`. What formats share stands in the modules below this one, so that
//! a format costs its difference: [`reader`] frames an answer and knows when it is whole, [`collected`] puts it together,
//! [`failure`] understands errors, [`Problem`] is what they become, and [`request`] writes what is the same in every request.

pub(crate) mod collected;
pub(crate) mod ending;
pub(crate) mod failure;
pub(crate) mod lenient;
mod mended;
mod problem;
pub(crate) mod reader;
pub(crate) mod request;

pub(crate) use problem::{About, Otherwise, Paid, Problem, Setting, TOO_LARGE, excerpt, shortened};
use stepwell_contract::{ChatError, ChatResponse, ProviderSettings, Usage};

use crate::asking::Asked;

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

/// What a format's servers call the fields of a request in their refusals, in lower case, and which settings write such a field.
pub(crate) type Words = [(&'static str, &'static [Setting])];

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

#[cfg(test)]
mod tests;
