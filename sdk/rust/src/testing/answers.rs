//! What the model of the fake host answers.

use super::FakeHost;
use crate::chat::{ChatError, FinishReason, Message, Part, Response, Role, ToolCall, Usage};

impl FakeHost {
    /// Adds the model's next answer.
    #[must_use]
    pub fn answer(self, text: impl Into<String>) -> Self {
        self.change(|state| state.answers.push_back(Ok(response(text))))
    }

    /// Adds an answer that ends in the middle, at the most output tokens.
    #[must_use]
    pub fn cut_off_answer(self, text: impl Into<String>) -> Self {
        self.answer_ending_with(FinishReason::Length, text)
    }

    /// Adds an answer that ends for this reason, such as one in a provider's own word.
    #[must_use]
    pub fn answer_ending_with(self, reason: FinishReason, text: impl Into<String>) -> Self {
        let answer = Response {
            finish_reason: reason,
            ..response(text)
        };
        self.change(|state| state.answers.push_back(Ok(answer)))
    }

    /// Lets the next call to the model fail.
    #[must_use]
    pub fn fail_call(self, error: ChatError) -> Self {
        self.change(|state| state.answers.push_back(Err(error)))
    }

    /// Adds an answer that asks for these tools, each with its arguments as JSON.
    #[must_use]
    pub fn tool_calls(self, calls: &[(&str, &str)]) -> Self {
        let calls = calls.iter().enumerate().map(|(index, (name, arguments))| {
            Part::ToolCall(ToolCall {
                id: format!("call-{index}"),
                name: (*name).to_owned(),
                arguments_json: (*arguments).to_owned(),
            })
        });
        let mut answer = response("");
        answer.message.parts = calls.collect();
        answer.finish_reason = FinishReason::ToolCalls;
        self.change(|state| state.answers.push_back(Ok(answer)))
    }
}

/// An answer of a model that says this.
#[must_use]
pub fn response(text: impl Into<String>) -> Response {
    let text = text.into();
    Response {
        message: Message::text(Role::Assistant, text.clone()),
        text,
        finish_reason: FinishReason::Stop,
        usage: Usage {
            input_tokens: None,
            output_tokens: None,
            cache_read_tokens: None,
            cache_write_tokens: None,
            reasoning_tokens: None,
        },
        model: "fake".to_owned(),
        details: Vec::new(),
    }
}
