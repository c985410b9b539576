//! Anthropic's Messages API, as Anthropic and every compatible server speak it.
//!
//! Fields that nothing here acts on are not typed: what a request wants beyond them (`thinking`, the effort in `output_config`) goes
//! through its options, and what an answer says beyond them is in its details and its raw bytes.

mod conversation;
mod marks;
mod pieces;
mod request;
mod schema;
#[cfg(test)]
mod tests;
mod usage;

use stepwell_contract::{ChatError, ProviderSettings};

use crate::asking::Asked;
use crate::wire::reader::Reader;
use crate::wire::{
    AnswerReader, MANY_OUTPUT_TOKENS, Manner, Problem, Setting, WireFormat, Words, failure,
};

/// The format.
pub(crate) struct AnthropicMessages;

/// What its servers call what people set. No effort is said by `thinking`, too.
const WORDS: &Words = &[
    ("temperature", &[Setting::Temperature]),
    ("effort", &[Setting::Effort]),
    ("thinking", &[Setting::Thinking, Setting::Effort]),
    ("cache_control", &[Setting::Caching]),
    ("max_tokens", &[Setting::MaxOutputTokens]),
];

impl WireFormat for AnthropicMessages {
    fn path(&self) -> &'static str {
        "messages"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn key_header(&self) -> Option<&'static str> {
        Some("x-api-key")
    }

    /// The format wants a limit. Where nobody gives one, it is what room was made for.
    fn own_bound(&self) -> Option<u32> {
        Some(MANY_OUTPUT_TOKENS)
    }

    fn takes_marks(&self) -> bool {
        true
    }

    fn body(
        &self,
        _: &ProviderSettings,
        asked: &Asked<'_>,
        _: Manner,
    ) -> Result<Vec<u8>, ChatError> {
        request::body(asked)
    }

    fn reader(&self, provider: &str) -> Box<dyn AnswerReader> {
        Box::new(Reader::<pieces::Blocks>::new(provider))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Problem {
        failure::refusal(status, body, WORDS)
    }
}
