//! OpenAI's Responses API, without state at the server: as OpenAI, Azure, Bedrock, OpenRouter, Ollama and others speak it.
//!
//! Fields that nothing here acts on are not typed: what a request wants beyond them (`reasoning`, `text.verbosity`) goes through its
//! options, and what an answer says beyond them is in its raw bytes.

mod input;
mod pieces;
mod request;
#[cfg(test)]
mod tests;

use stepwell_contract::{ChatError, ProviderSettings};

use crate::asking::Asked;
use crate::wire::reader::Reader;
use crate::wire::{AnswerReader, Manner, Otherwise, Problem, Setting, WireFormat, Words, failure};

/// The format.
pub(crate) struct OpenaiResponses;

/// What its servers call what people set.
const WORDS: &Words = &[
    ("temperature", &[Setting::Temperature]),
    ("reasoning.effort", &[Setting::Effort, Setting::Thinking]),
    ("effort", &[Setting::Effort, Setting::Thinking]),
    ("reasoning", &[Setting::Effort, Setting::Thinking]),
    ("max_output_tokens", &[Setting::MaxOutputTokens]),
];

impl WireFormat for OpenaiResponses {
    fn path(&self) -> &'static str {
        "responses"
    }

    fn has_effort_alone(&self) -> bool {
        true
    }

    fn body(
        &self,
        _: &ProviderSettings,
        asked: &Asked<'_>,
        manner: Manner,
    ) -> Result<Vec<u8>, ChatError> {
        request::body(&asked.model, &asked.request, manner)
    }

    fn reader(&self, provider: &str) -> Box<dyn AnswerReader> {
        Box::new(Reader::<pieces::Items>::new(provider))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Problem {
        let mut problem = failure::refusal(status, body, WORDS);
        // Models that don't reason refuse to be asked for their reasoning, and some servers know no such field.
        let names = |text: &str| text.contains("encrypted") || text.contains("include");
        if failure::refused_field(status, body).is_some_and(|text| names(&text)) {
            problem.otherwise = Some(Otherwise::NoReasoningBack);
        }
        problem
    }
}
