//! A call to a model with everything that was sent and received.

use std::borrow::Cow;

use stepwell_contract::{ChatRequest, ChatResponse, Message, Part, Role};
use stepwell_store::{CallRecord, CallState, StoreError};

use super::house::House;
use crate::words::{CallDetail, CallView, EngineError, PromptVersion};

impl House {
    /// A call that is at hand, with its texts.
    pub(crate) async fn detail_of(&self, call: CallRecord) -> Result<CallDetail, EngineError> {
        let what = || format!("the request of call {}", call.id);
        let request: ChatRequest = self.json(&call.request, what).await?;
        let mut raw = Vec::new();
        for attempt in &call.attempts {
            raw.push(match &attempt.raw {
                Some(digest) => self.text(digest).await?,
                None => String::new(),
            });
        }
        let response = self.response_of(&call).await?;
        Ok(CallDetail {
            prompt: prompt_text(&request),
            request: serde_json::to_value(&request).unwrap_or_default(),
            reasoning: response.as_ref().and_then(ChatResponse::reasoning),
            answer: response.map(|response| response.text),
            raw,
            call: call_view(call),
        })
    }

    /// The text with which a call was answered; none is no answer.
    pub(crate) async fn answer_of(&self, call: &CallRecord) -> Result<Option<String>, StoreError> {
        Ok(self.response_of(call).await?.map(|response| response.text))
    }

    /// The whole answer of a call; none is no answer.
    pub(crate) async fn response_of(
        &self,
        call: &CallRecord,
    ) -> Result<Option<ChatResponse>, StoreError> {
        let Some(digest) = &call.response else {
            return Ok(None);
        };
        let what = || format!("the answer of call {}", call.id);
        self.json(digest, what).await.map(Some)
    }
}

/// The messages as a person reads them: one text alone as it is, several with their roles.
pub(crate) fn prompt_text(request: &ChatRequest) -> String {
    let role = |role: Role| match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    if let [only] = request.messages.as_slice() {
        return only.joined_text();
    }
    let mut text = String::new();
    for message in &request.messages {
        text.push_str(&format!("--- {} ---\n", role(message.role)));
        for part in &message.parts {
            text.push_str(&part_text(part));
            text.push('\n');
        }
    }
    text
}

/// One message as a person reads it.
pub(crate) fn message_text(message: &Message) -> String {
    let parts: Vec<_> = message.parts.iter().map(part_text).collect();
    parts.join("\n")
}

fn part_text(part: &Part) -> Cow<'_, str> {
    match part {
        Part::Text(part) => part.into(),
        Part::ToolCall(call) => {
            format!("[calls {} with {}]", call.name, call.arguments_json).into()
        }
        Part::ToolResult(result) => format!("[result of {}]\n{}", result.id, result.content).into(),
        Part::Attachment(file) => {
            format!("[{}, {} bytes]", file.media_type, file.content.len()).into()
        }
        Part::Opaque(opaque) => format!("[kept for {}]", opaque.provider).into(),
    }
}

pub(crate) fn call_view(call: CallRecord) -> CallView {
    let answered = call
        .attempts
        .last()
        .filter(|_| call.state == CallState::Answered);
    let usage = answered.map(|attempt| attempt.usage).unwrap_or_default();
    // What wasn't sent cost nothing, and that is known.
    let unsent = call.answer_of.map(|_| stepwell_contract::Money(0));
    let money = call.money();
    CallView {
        id: call.id,
        run: call.execution.run,
        step: call.execution.path.clone(),
        execution: call.execution.to_string(),
        sequence: call.sequence,
        model: call.model,
        provider: call.provider,
        provider_model: call.provider_model,
        instead_of: call.instead_of,
        answer_of: call.answer_of,
        prompts: (call.prompts.into_iter())
            .map(|(name, number)| PromptVersion { name, number })
            .collect(),
        state: call.state,
        usage,
        money: money.or(unsent),
        attempts: call.attempts,
        finish: call.finish,
        error: call.error,
        created_at: call.created_at,
    }
}
