//! OpenAI chat completions, as OpenAI and every compatible server speak it.
//!
//! Fields that nothing here acts on are not typed: what a request wants beyond them goes through its
//! options, and what an answer says beyond them is in its details and its raw bytes.

mod chunk;
mod otherwise;
mod pieces;
mod request;

use stepwell_contract::{ChatError, ProviderSettings};

use crate::asking::Asked;
use crate::wire::reader::Reader;
use crate::wire::{
    About, AnswerReader, Manner, Otherwise, Problem, Setting, WireFormat, Words, failure,
};

/// The format.
pub(crate) struct OpenaiChat;

/// What its servers call what people set.
const WORDS: &Words = &[
    ("temperature", &[Setting::Temperature]),
    ("reasoning_effort", &[Setting::Effort, Setting::Thinking]),
    ("max_tokens", &[Setting::MaxOutputTokens]),
    ("max_completion_tokens", &[Setting::MaxOutputTokens]),
];

impl WireFormat for OpenaiChat {
    fn path(&self) -> &'static str {
        "chat/completions"
    }

    fn has_effort_alone(&self) -> bool {
        true
    }

    fn body(
        &self,
        settings: &ProviderSettings,
        asked: &Asked<'_>,
        manner: Manner,
    ) -> Result<Vec<u8>, ChatError> {
        request::body(settings, &asked.model, &asked.request, manner)
    }

    fn reader(&self, provider: &str) -> Box<dyn AnswerReader> {
        Box::new(Reader::<pieces::Completion>::new(provider))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Problem {
        let mut problem = failure::refusal(status, body, WORDS);
        problem.otherwise = otherwise::otherwise(status, body);
        problem.about = match problem.otherwise {
            Some(Otherwise::NoStreamOptions) => Some(About::StreamOptions),
            Some(Otherwise::OtherTokenLimit) => Some(About::TokenLimit),
            _ => problem.about,
        };
        problem
    }
}
