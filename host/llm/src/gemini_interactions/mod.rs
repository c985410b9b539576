//! Google's Gemini Interactions API, without state at the server.
//!
//! Fields that nothing here acts on are not typed: what a request wants beyond them (`thinking_level` in `generation_config`) goes
//! through its options, and what an answer says beyond them is in its raw bytes.

mod input;
mod pieces;
mod request;
#[cfg(test)]
mod tests;

use stepwell_contract::{ChatError, ProviderSettings};

use crate::asking::Asked;
use crate::wire::reader::Reader;
use crate::wire::{AnswerReader, Manner, Problem, Setting, WireFormat, Words, failure};

/// The format.
pub(crate) struct GeminiInteractions;

/// What its servers call what people set, as a field and in words.
const WORDS: &Words = &[
    ("temperature", &[Setting::Temperature]),
    ("thinking_level", &[Setting::Effort]),
    ("thinkinglevel", &[Setting::Effort]),
    ("thinking", &[Setting::Effort]),
    ("max_output_tokens", &[Setting::MaxOutputTokens]),
    ("maxoutputtokens", &[Setting::MaxOutputTokens]),
    ("max output tokens", &[Setting::MaxOutputTokens]),
];

impl WireFormat for GeminiInteractions {
    fn path(&self) -> &'static str {
        "interactions"
    }

    /// The form of the API in which an interaction is made of steps, as its provider's own libraries ask for it.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("api-revision", "2026-05-20")]
    }

    fn key_header(&self) -> Option<&'static str> {
        Some("x-goog-api-key")
    }

    fn body(
        &self,
        _: &ProviderSettings,
        asked: &Asked<'_>,
        _: Manner,
    ) -> Result<Vec<u8>, ChatError> {
        request::body(&asked.model, &asked.request)
    }

    fn reader(&self, provider: &str) -> Box<dyn AnswerReader> {
        Box::new(Reader::<pieces::Steps>::new(provider))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Problem {
        failure::refusal(status, body, WORDS)
    }
}
