//! Calls to models: intent before, answer after, both durable before anybody relies on them (rule E7).

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::amounts::{count, milliseconds};
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatRequest, ChatResponse, Digest, Halt, Hosted, Whom,
};
use stepwell_definition::InDoubt;
use stepwell_llm::{
    AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, Origin, ResolvedModel,
};
use stepwell_store::{
    AnswerRoom, CallAttempt, CallError, CallRecord, CallState, Change, MemoKey, MemoKind,
};
use tokio::sync::watch;
use uuid::Uuid;

use super::memory::digest_of;
use super::memory::from_memo;
use super::services::Services;
use crate::state::{lock, store_halt};
use crate::words::{Event, Live};

type Answer = Result<ChatResponse, ChatError>;

/// A question to a model, before it is known whether it was answered already.
enum Asked {
    /// The answer is there: a memo, or an error that needs no call.
    Known(Answer),
    /// It has to be sent.
    Send(Box<ToSend>),
}

struct ToSend {
    key: MemoKey,
    request: ChatRequest,
    model: ResolvedModel,
    record: CallRecord,
    request_blob: Bytes,
}

impl Services {
    /// Sends the requests at the same time and answers in their order.
    pub(super) async fn call_models(&self, requests: Vec<ChatRequest>) -> Hosted<Vec<Answer>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = Vec::with_capacity(requests.len());
        let mut keys = Vec::with_capacity(requests.len());
        for request in requests {
            let (key, one) = self.prepare_call(request)?;
            keys.push(key);
            asked.push(one);
        }
        {
            let mut memory = lock(&self.memory);
            memory.last_chat = keys;
            memory.rendered.clear();
        }
        let answers = asked.into_iter().map(|one| async {
            match one {
                Asked::Known(answer) => Ok(answer),
                Asked::Send(call) => self.send(*call).await,
            }
        });
        futures_util::future::try_join_all(answers).await
    }

    fn prepare_call(&self, mut request: ChatRequest) -> Hosted<(MemoKey, Asked)> {
        let short_name = request.model.take().or_else(|| {
            self.run
                .pinned_model(&self.key.path)
                .map(|pinned| pinned.name)
        });
        request.model = short_name;
        let question = digest_of(&serde_json::json!({ "complete": &request }));
        let mut memory = lock(&self.memory);
        let key = memory.next_key(question);
        if let Some(answer) = memory.recall(&key) {
            return Ok((key, Asked::Known(from_memo(&self.key, answer)?)));
        }
        self.may_ask(Whom::Model)?;
        let mut model = match self.run.house.models.resolve(request.model.as_deref()) {
            Ok(model) => model,
            Err(error) => return Ok((key, Asked::Known(Err(error)))),
        };
        if let Some(pinned) = self
            .run
            .pinned_model(&self.key.path)
            .filter(|pinned| pinned.name == model.name)
        {
            model.provider_model = pinned.model;
        }
        let request_blob = Bytes::from(serde_json::to_vec(&request).unwrap_or_default());
        let record = match memory.take_in_doubt(&key) {
            Some(record) if !record.attempts.iter().any(CallAttempt::is_open) => record,
            Some(record) => match self.run.in_doubt_policy() {
                InDoubt::Resend => record,
                InDoubt::Ask => {
                    return Err(Halt::InDoubt {
                        reason: format!(
                            "a call of {} to `{}` was sent before the run was interrupted, and may have been paid",
                            self.name(),
                            record.model
                        ),
                    });
                }
                InDoubt::Fail => {
                    let error = ChatError::new(
                        ChatErrorKind::Other("in-doubt".into()),
                        "the call was sent before the run was interrupted, and may have been paid; \
                         `in_doubt = \"fail\"` in stepwell.toml forbids to send it again",
                    );
                    return Ok((key, Asked::Known(Err(error))));
                }
            },
            None => CallRecord {
                id: self.run.house.store.next_id(),
                execution: self.key.clone(),
                attempt: self.attempt,
                sequence: memory.next_sequence(),
                question,
                occurrence: key.occurrence,
                model: model.name.clone(),
                provider: model.provider.clone(),
                provider_model: model.provider_model.clone(),
                request: Digest::of(&request_blob),
                prompts: memory.rendered.clone(),
                state: CallState::Intended,
                attempts: Vec::new(),
                response: None,
                finish: None,
                error: None,
                created_at: self.run.house.now(),
                ended_at: None,
                other: serde_json::Map::new(),
            },
        };
        Ok((
            key,
            Asked::Send(Box::new(ToSend {
                key,
                request,
                model,
                record,
                request_blob,
            })),
        ))
    }

    async fn send(&self, call: ToSend) -> Hosted<Answer> {
        let _calling = Calling::one(&self.run.calling);
        let ledgers = self.run.ledgers(&self.key.path);
        let observer = Observer {
            services: self,
            key: call.key,
            earlier_attempts: count(call.record.attempts.len()),
            request_blob: call.request_blob,
            id: call.record.id,
            record: tokio::sync::Mutex::new(call.record),
            room: Mutex::default(),
        };
        let sequence = observer.record.lock().await.sequence;
        let origin = Origin {
            step: self.key.path.clone(),
            items: self.key.items(),
            rounds: self.key.rounds(),
            sequence,
            occurrence: call.key.occurrence,
        };
        let call = Call {
            model: &call.model,
            request: &call.request,
            origin,
            budgets: &ledgers,
            clock: &self.run.house.clock,
        };
        let house = &self.run.house;
        match house.models.complete(call, &*house.texts, &observer).await {
            Ok(response) => Ok(Ok(response)),
            Err(CallFailure::Error(error)) => {
                observer.give_up(&error).await?;
                Ok(Err(error))
            }
            Err(CallFailure::Halted(halt)) => Err(halt),
        }
    }
}

/// Counts a call among those under way, until it is dropped.
struct Calling<'a>(&'a watch::Sender<usize>);

impl<'a> Calling<'a> {
    fn one(calls: &'a watch::Sender<usize>) -> Self {
        calls.send_modify(|calls| *calls += 1);
        Self(calls)
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls -= 1);
    }
}

/// Writes down what happens to one call.
struct Observer<'a> {
    services: &'a Services,
    key: MemoKey,
    id: Uuid,
    /// Attempts before the process that is now at work.
    earlier_attempts: u32,
    request_blob: Bytes,
    record: tokio::sync::Mutex<CallRecord>,
    /// Where the answer of the attempt under way is kept, should the store not take it.
    room: Mutex<Option<AnswerRoom>>,
}

impl Observer<'_> {
    /// Commits what became of an attempt. Where the store doesn't take it, it waits in its room until it does: an answer that
    /// was paid for isn't lost.
    async fn keep(&self, changes: Vec<Change>) -> Hosted<()> {
        let room = lock(&self.room).take();
        let mut all = lock(&self.services.memory).take_unsaved();
        all.extend(changes);
        let store = &self.services.run.house.store;
        let (refused, room) = match (store.commit(all.clone()).await, room) {
            (Ok(_), _) => return Ok(()),
            (Err(error), None) => return Err(store_halt(error)),
            (Err(error), Some(room)) => (error, room),
        };
        if let Err(error) = room.keep(&all).await {
            tracing::warn!(%error, "an answer that came can't be kept");
            return Err(store_halt(refused));
        }
        // It takes less than the room that was made for it: what is left may be what the store lacks.
        let Err(refused) = store.take_in_answers().await else {
            return Ok(());
        };
        let kept = "the answer that came is kept beside it, and is not asked for again";
        Err(Halt::Store {
            reason: format!("{refused}; {kept}"),
        })
    }

    /// The call failed for good: the error holds within this attempt of the execution (rule E10).
    async fn give_up(&self, error: &ChatError) -> Hosted<()> {
        let mut record = self.record.lock().await;
        let value = serde_json::to_value(Answer::Err(error.clone())).unwrap_or(Value::Null);
        let memo = lock(&self.services.memory).remember(
            self.key,
            MemoKind::Complete,
            value,
            true,
            self.services.run.house.now(),
        );
        let mut changes = vec![Change::Memo(Box::new(memo))];
        if !record.attempts.is_empty() {
            // One that was lost before stays in doubt: whether it is sent again is still to be decided.
            let lost = record.attempts.iter().any(CallAttempt::is_open);
            record.state = match lost {
                true => CallState::Intended,
                false => CallState::Failed,
            };
            record.error = Some(call_error(error));
            record.ended_at = Some(self.services.run.house.now());
            changes.push(Change::Call(Box::new(record.clone())));
        }
        self.services.commit(changes).await
    }
}

fn call_error(error: &ChatError) -> CallError {
    CallError {
        code: error.kind.code().to_owned(),
        message: error.message.clone(),
        other: Default::default(),
    }
}

#[async_trait]
impl CallObserver for Observer<'_> {
    async fn before_send(&self, attempt: &AttemptIntent) -> Result<(), Halt> {
        let mut record = self.record.lock().await;
        if attempt.room > 0 {
            let room = self.services.run.house.store.make_room(attempt.room).await;
            *lock(&self.room) = Some(room.map_err(store_halt)?);
        }
        let sent = attempt.sent.clone();
        let number = self.earlier_attempts + attempt.number;
        record.attempts.push(CallAttempt {
            number,
            started_at: attempt.started_at,
            sent: Digest::of(&sent),
            raw: None,
            status: None,
            headers: Vec::new(),
            first_token_ms: None,
            duration_ms: None,
            usage: stepwell_contract::Usage::default(),
            money: None,
            budgeted: Some(attempt.reserved),
            written_off: None,
            error: None,
            other: Default::default(),
        });
        let event = Event::CallSent {
            call: self.id,
            model: record.model.clone(),
            attempt: number,
        };
        let changes = vec![
            Change::Blob(self.request_blob.clone()),
            Change::Blob(sent),
            Change::Call(Box::new(record.clone())),
            self.services.event(event),
        ];
        self.services.commit(changes).await
    }

    fn restarted(&self) {
        let (run, execution) = (self.services.key.run, self.services.name());
        self.services.run.house.tell(Live::Restarted {
            run,
            execution,
            call: self.id,
        });
    }

    fn tokens(&self, text: &str) {
        let (run, execution) = (self.services.key.run, self.services.name());
        self.services.run.house.tell(Live::Tokens {
            run,
            execution,
            call: self.id,
            text: text.to_owned(),
        });
    }

    async fn after(&self, report: AttemptReport) -> Result<(), Halt> {
        let mut record = self.record.lock().await;
        let duration_ms = milliseconds(report.duration);
        let first_token_ms = report.first_token.map(milliseconds);
        if let Some(attempt) = record.attempts.last_mut() {
            attempt.raw = report.raw.as_ref().map(Digest::of);
            attempt.status = report.status;
            attempt.headers.clone_from(&report.headers);
            attempt.first_token_ms = first_token_ms;
            attempt.duration_ms = Some(duration_ms);
            attempt.usage = report.usage;
            attempt.money = report.money;
            attempt.budgeted = Some(report.counts);
            attempt.error = report.error.as_ref().map(call_error);
        }
        let mut changes: Vec<Change> = report.raw.into_iter().map(Change::Blob).collect();
        let event = match (&report.response, &report.error) {
            (_, Some(error)) => Event::CallFailed {
                call: self.id,
                error: call_error(error),
                will_retry: report.will_retry,
            },
            (response, None) => {
                if let Some(response) = response {
                    let text = Bytes::from(serde_json::to_vec(response).unwrap_or_default());
                    record.response = Some(Digest::of(&text));
                    record.finish = Some(response.finish_reason.code().to_owned());
                    changes.push(Change::Blob(text));
                    let value =
                        serde_json::to_value(Answer::Ok(response.clone())).unwrap_or(Value::Null);
                    let memo = lock(&self.services.memory).remember(
                        self.key,
                        MemoKind::Complete,
                        value,
                        false,
                        self.services.run.house.now(),
                    );
                    changes.push(Change::Memo(Box::new(memo)));
                }
                record.state = CallState::Answered;
                record.ended_at = Some(self.services.run.house.now());
                Event::CallAnswered {
                    call: self.id,
                    usage: report.usage,
                    money: report.money,
                    first_token_ms,
                    duration_ms,
                    finish: record.finish.clone(),
                }
            }
        };
        changes.push(Change::Call(Box::new(record.clone())));
        changes.push(self.services.event(event));
        if let Some(unable) = report.unchecked {
            let message = format!(
                "whether the answer of `{}` keeps to its `answer-schema` can't be checked, so it is handed on as it came: {unable}",
                record.model
            );
            changes.push(self.services.event(Event::warning(message)));
        }
        self.keep(changes).await
    }

    fn waiting(&self, until: Duration, why: &str) {
        let (run, execution) = (self.services.key.run, self.services.name());
        let wait_ms = milliseconds(until);
        self.services.run.house.tell(Live::Backoff {
            run,
            execution,
            wait_ms,
            reason: why.to_owned(),
        });
    }
}
