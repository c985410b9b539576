//! An answer that an equal question got in another run, given again where the operator lets it be: nothing is sent.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use stepwell_contract::{ChatResponse, Digest, FinishReason, Hosted};
use stepwell_store::{AnswerOf, CallRecord, CallState, Change, ExecutionState, MemoKey, MemoKind};

use super::calls::ToSend;
use super::digesting::digest_of;
use super::services::Services;
use crate::state::{lock, store_halt};
use crate::words::Event;

impl Services {
    /// By what the answer of a call is found again; none where answers aren't given again. A comparison measures its models.
    pub(super) fn reusable_as(&self, call: &ToSend) -> Option<Digest> {
        call.model.reuse_answers?;
        if self.run.comparison.is_some() {
            return None;
        }
        let models = &self.run.house.models;
        let question = models.question(&call.model, &call.request, self.planned().inference)?;
        Some(digest_of(&question))
    }

    /// The answer that is given again, made durable as this call's; none where there is none that may be.
    ///
    /// Who runs a step again wants another answer, and so does a step that asks the same twice, or whose attempt before did not
    /// do.
    pub(super) async fn reused(&self, call: &ToSend) -> Hosted<Option<ChatResponse>> {
        let (Some(question), Some(most)) = (call.record.reusable_as, call.model.reuse_answers)
        else {
            return Ok(None);
        };
        let is_first = self.key.take == 1 && self.attempt == 1 && call.key.occurrence == 0;
        // What was sent before a crash is this call's own answer, once it comes.
        if !is_first || !call.record.attempts.is_empty() {
            return Ok(None);
        }
        let house = &self.run.house;
        let Some(found) = self.earlier_answer(&question, most).await else {
            return Ok(None);
        };
        let Earlier {
            call: earlier,
            answered_at,
            text,
            response,
        } = found;
        let record = CallRecord {
            state: CallState::Answered,
            answer_of: Some(AnswerOf {
                call: earlier.id,
                money: earlier.attempts.last().and_then(|last| last.money),
            }),
            // It is found by the call that was sent.
            reusable_as: None,
            response: earlier.response,
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
        let origin = self.origin(call.record.sequence, call.key.occurrence);
        let asked = (&call.model, &call.request, origin);
        house.models.record_given(asked, response.clone()).await;
        Ok(Some(response))
    }

    /// The newest answer to a question that another run got, that did there, and that is no older. One that can't be read is
    /// asked for.
    async fn earlier_answer(&self, question: &Digest, most: Duration) -> Option<Earlier> {
        let house = &self.run.house;
        for call in house.store.answered(question).await.ok()? {
            let Some(answered_at) = call.ended_at else {
                continue;
            };
            let age = Duration::try_from(house.now().duration_since(answered_at));
            let is_old = age.is_ok_and(|age| age > most);
            if is_old || call.execution.run == self.key.run || !self.did(&call).await {
                continue;
            }
            let Some(answer) = call.response else {
                continue;
            };
            let Ok(Some(text)) = house.store.blob(&answer).await else {
                continue;
            };
            let response: Option<ChatResponse> = serde_json::from_slice(&text).ok();
            if let Some(response) = response.filter(|it| is_whole(&it.finish_reason)) {
                return Some(Earlier {
                    call,
                    answered_at,
                    text,
                    response,
                });
            }
        }
        None
    }

    /// Whether the attempt that a call was made for came to its end with success: an answer that didn't do would not do again.
    async fn did(&self, call: &CallRecord) -> bool {
        let execution = self.run.house.store.execution(&call.execution).await;
        let Ok(Some(execution)) = execution else {
            return false;
        };
        let last = execution.attempts.last().map(|last| last.number);
        execution.state == ExecutionState::Success && last == Some(call.attempt)
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

/// An answer that is given again.
struct Earlier {
    call: CallRecord,
    answered_at: Timestamp,
    text: Bytes,
    response: ChatResponse,
}

/// Whether a model said all that it wanted to.
fn is_whole(finish: &FinishReason) -> bool {
    matches!(finish, FinishReason::Stop | FinishReason::ToolCalls)
}
