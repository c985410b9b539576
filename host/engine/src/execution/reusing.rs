//! An answer that an equal question got in another run, given again where the operator lets it be: nothing is sent.

use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::{ChatResponse, Digest, FinishReason, Hosted};
use stepwell_store::{AnswerOf, CallRecord, CallState, Change, MemoKey, MemoKind};

use super::calls::ToSend;
use super::memory::digest_of;
use super::services::Services;
use crate::state::{lock, store_halt};
use crate::words::Event;

impl Services {
    /// By what the answer of a call is found again; none where answers aren't given again.
    ///
    /// A comparison measures its models, and who runs a step again wants another answer. So does a step that asks the same
    /// twice.
    pub(super) fn reusable_as(&self, call: &ToSend) -> Option<Digest> {
        call.model.reuse_answers?;
        let is_first = self.key.take == 1 && call.key.occurrence == 0;
        if self.run.comparison.is_some() || !is_first {
            return None;
        }
        let models = &self.run.house.models;
        let question = models.question(&call.model, &call.request, self.planned().inference)?;
        Some(digest_of(&question))
    }

    /// The answer that is given again, made durable as this call's; none where there is none that may be.
    pub(super) async fn reused(&self, call: &ToSend) -> Hosted<Option<ChatResponse>> {
        let (Some(question), Some(most)) = (call.record.reusable_as, call.model.reuse_answers)
        else {
            return Ok(None);
        };
        // What was sent before a crash is this call's own answer, once it comes.
        if !call.record.attempts.is_empty() {
            return Ok(None);
        }
        let house = &self.run.house;
        // One that can't be read is asked for.
        let Ok(Some(earlier)) = house.store.answered(&question).await else {
            return Ok(None);
        };
        let Some(answered_at) = earlier.ended_at else {
            return Ok(None);
        };
        let age = house.now().duration_since(answered_at);
        let is_old = std::time::Duration::try_from(age).is_ok_and(|age| age > most);
        let Some(answer) = earlier.response.filter(|_| !is_old) else {
            return Ok(None);
        };
        let Ok(Some(text)) = house.store.blob(&answer).await else {
            return Ok(None);
        };
        let response: Option<ChatResponse> = serde_json::from_slice(&text).ok();
        let Some(response) = response.filter(|response| is_whole(&response.finish_reason)) else {
            return Ok(None);
        };
        let record = CallRecord {
            state: CallState::Answered,
            answer_of: Some(AnswerOf {
                call: earlier.id,
                money: earlier.attempts.last().and_then(|last| last.money),
            }),
            // It is found by the call that was sent.
            reusable_as: None,
            response: Some(answer),
            finish: earlier.finish.clone(),
            ended_at: Some(house.now()),
            ..call.record.clone()
        };
        let event = Event::AnswerReused {
            call: record.id,
            model: record.model.clone(),
            answer_of: earlier.id,
            answered_at,
        };
        let memo = self.answer_memo(call.key, &response);
        let mut changes = lock(&self.memory).take_unsaved();
        changes.extend([
            Change::Blob(call.request_blob.clone()),
            Change::Blob(Bytes::clone(&text)),
            Change::Call(Box::new(record)),
            memo,
            self.event(event),
        ]);
        house.store.commit(changes).await.map_err(store_halt)?;
        Ok(Some(response))
    }

    /// Remembers the answer to a question.
    pub(super) fn answer_memo(&self, key: MemoKey, response: &ChatResponse) -> Change {
        let value = serde_json::to_value(Ok::<_, &stepwell_contract::ChatError>(response));
        let memo = lock(&self.memory).remember(
            key,
            MemoKind::Complete,
            value.unwrap_or(Value::Null),
            false,
            self.run.house.now(),
        );
        Change::Memo(memo)
    }
}

/// Whether a model said all that it wanted to.
fn is_whole(finish: &FinishReason) -> bool {
    matches!(finish, FinishReason::Stop | FinishReason::ToolCalls)
}
