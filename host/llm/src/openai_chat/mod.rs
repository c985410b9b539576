//! OpenAI chat completions, as OpenAI and every compatible server speak it.
//!
//! Fields that nothing here acts on are not typed: what a request wants beyond them goes through its
//! options, and what an answer says beyond them is in its details and its raw bytes.

mod chunk;
mod otherwise;
mod pieces;
mod request;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName};
use stepwell_contract::{ChatError, ChatRequest};

use crate::ResolvedModel;
use crate::wire::reader::Reader;
use crate::wire::{AnswerReader, Manner, Problem, WireFormat, failure};

/// The format.
pub(crate) struct OpenaiChat;

impl WireFormat for OpenaiChat {
    fn path(&self) -> &'static str {
        "chat/completions"
    }

    fn authorization(&self, key: &str) -> (HeaderName, String) {
        (AUTHORIZATION, format!("Bearer {key}"))
    }

    fn body(
        &self,
        base_url: &Url,
        model: &ResolvedModel,
        request: &ChatRequest,
        manner: Manner,
    ) -> Result<Vec<u8>, ChatError> {
        request::body(base_url, model, request, manner)
    }

    fn reader(&self, provider: &str) -> Box<dyn AnswerReader> {
        Box::new(Reader::<pieces::Completion>::new(provider))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Problem {
        let mut problem = failure::refusal(status, body);
        problem.otherwise = otherwise::otherwise(status, body);
        problem
    }
}
