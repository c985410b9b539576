//! Calls to models, with everything that was sent and received (row D2).

use stepwell_contract::{ChatRequest, ChatResponse, Part, Role, RunId, StepPath};
use stepwell_store::{CallRecord, CallState, Scope};
use uuid::Uuid;

use super::pages::CallPages;
use super::{CallDetail, CallView, Engine, EngineError, PromptVersion, Selection};
use crate::runs::blob_of;

impl Engine {
    /// Calls, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls(&self, selection: &Selection) -> Result<Vec<CallView>, EngineError> {
        let scope = Scope {
            run: selection.run,
            step: selection.step.clone(),
            execution: None,
        };
        Ok(self
            .house
            .store
            .calls(scope)
            .await?
            .into_iter()
            .filter(|call| selection.has_round_of(&call.execution))
            .map(view_of)
            .collect())
    }

    /// One call with its texts. The id may be cut to its last characters.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCall`] where no call, or more than one, has such an id; or the store's.
    pub async fn call(&self, id: &str) -> Result<CallDetail, EngineError> {
        let fits = |call: &CallRecord| {
            id.parse::<Uuid>().is_ok_and(|whole| whole == call.id)
                || call.id.to_string().ends_with(id)
        };
        let mut fitting = Vec::new();
        let mut pages = CallPages::default();
        while let Some(page) = pages.next(&*self.house.store).await? {
            fitting.extend(page.into_iter().filter(fits));
        }
        let (Some(call), true) = (fitting.pop(), fitting.is_empty()) else {
            return Err(EngineError::NoSuchCall {
                given: id.to_owned(),
            });
        };
        self.detail_of(call).await
    }

    /// The newest calls of one execution, as a person names it, with their texts, newest first; and how many it made.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls_of_execution(
        &self,
        run: RunId,
        step: &StepPath,
        execution: &str,
        most: usize,
    ) -> Result<(Vec<CallDetail>, usize), EngineError> {
        let scope = Scope {
            run: Some(run),
            step: Some(step.clone()),
            execution: None,
        };
        let mut calls = self.house.store.calls(scope).await?;
        calls.retain(|call| call.execution.to_string() == execution);
        let count = calls.len();
        let mut details = Vec::new();
        for call in calls.into_iter().rev().take(most) {
            details.push(self.detail_of(call).await?);
        }
        Ok((details, count))
    }

    /// A call that is at hand, with its texts.
    pub(crate) async fn detail_of(&self, call: CallRecord) -> Result<CallDetail, EngineError> {
        let request: ChatRequest =
            serde_json::from_slice(&blob_of(&self.house, &call.request).await?).unwrap_or_default();
        let mut raw = Vec::new();
        for attempt in &call.attempts {
            raw.push(match &attempt.raw {
                Some(digest) => {
                    String::from_utf8_lossy(&blob_of(&self.house, digest).await?).into_owned()
                }
                None => String::new(),
            });
        }
        let answer = match &call.response {
            Some(digest) => {
                let response =
                    serde_json::from_slice::<ChatResponse>(&blob_of(&self.house, digest).await?);
                response.ok().map(|response| response.text)
            }
            None => None,
        };
        Ok(CallDetail {
            prompt: prompt_text(&request),
            request: serde_json::to_value(&request).unwrap_or_default(),
            answer,
            raw,
            call: view_of(call),
        })
    }
}

/// The messages as a person reads them: one text alone as it is, several with their roles.
fn prompt_text(request: &ChatRequest) -> String {
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
            match part {
                Part::Text(part) => text.push_str(part),
                Part::ToolCall(call) => text.push_str(&format!(
                    "[calls {} with {}]",
                    call.name, call.arguments_json
                )),
                Part::ToolResult(result) => {
                    text.push_str(&format!("[result of {}]\n{}", result.id, result.content))
                }
                Part::Attachment(file) => {
                    text.push_str(&format!(
                        "[{}, {} bytes]",
                        file.media_type,
                        file.content.len()
                    ));
                }
                Part::Opaque(opaque) => text.push_str(&format!("[kept for {}]", opaque.provider)),
            }
            text.push('\n');
        }
    }
    text
}

fn view_of(call: CallRecord) -> CallView {
    let answered = call
        .attempts
        .last()
        .filter(|_| call.state == CallState::Answered);
    let usage = answered.map(|attempt| attempt.usage).unwrap_or_default();
    let known: Vec<_> = call
        .attempts
        .iter()
        .filter_map(|attempt| attempt.money)
        .collect();
    CallView {
        id: call.id,
        run: call.execution.run,
        step: call.execution.path.clone(),
        execution: call.execution.to_string(),
        sequence: call.sequence,
        model: call.model,
        provider: call.provider,
        provider_model: call.provider_model,
        prompts: (call.prompts.into_iter())
            .map(|(name, number)| PromptVersion { name, number })
            .collect(),
        state: call.state,
        usage,
        money: (!known.is_empty())
            .then(|| stepwell_contract::Money(known.iter().map(|money| money.0).sum())),
        attempts: call.attempts,
        finish: call.finish,
        error: call.error,
        created_at: call.created_at,
    }
}
