//! What happens to one call, written down: intent before, answer after, both durable before anybody relies on them (rule E7).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::amounts::{count, milliseconds};
use stepwell_contract::{ChatError, ChatResponse, Digest, Halt, Hosted};
use stepwell_llm::{AttemptIntent, AttemptReport, CallObserver, Queued, ResolvedModel, TokenBound};
use stepwell_store::{
    AnswerRoom, CallAttempt, CallError, CallRecord, CallState, Change, InBatch, MemoKey, MemoKind,
    StoreError,
};
use tokio::sync::watch;
use uuid::Uuid;

use super::batched::open_in_batch;
use super::services::Services;
use crate::state::{Lasts, OfComparison, lock, store_halt};
use crate::words::{Event, Live};

/// Writes down what happens to one call.
pub(super) struct Observer<'a> {
    services: &'a Services,
    key: MemoKey,
    call: Mutex<Current>,
    request_blob: Bytes,
    record: tokio::sync::Mutex<CallRecord>,
    /// Where the answer of the attempt under way is kept, should the store not take it.
    room: Mutex<Option<AnswerRoom>>,
    /// Whether an attempt is under way, from its intent on until what became of it is kept.
    at_provider: watch::Sender<bool>,
    /// Whether it was said last that the call is sent once more.
    is_to_be_retried: AtomicBool,
}

/// The call that is under way: where another model is asked instead, that is one of its own.
#[derive(Clone, Copy)]
struct Current {
    id: Uuid,
    /// Attempts before the process that is now at work.
    earlier_attempts: u32,
}

impl<'a> Observer<'a> {
    pub(super) fn of(
        services: &'a Services,
        key: MemoKey,
        record: CallRecord,
        request_blob: Bytes,
    ) -> Self {
        Self {
            services,
            key,
            call: Mutex::new(Current {
                id: record.id,
                // What came out of a batch is about the attempt that is there.
                earlier_attempts: count(record.attempts.len())
                    - u32::from(open_in_batch(&record).is_some()),
            }),
            request_blob,
            record: tokio::sync::Mutex::new(record),
            room: Mutex::default(),
            at_provider: watch::Sender::new(false),
            is_to_be_retried: AtomicBool::new(false),
        }
    }

    fn id(&self) -> Uuid {
        lock(&self.call).id
    }

    pub(super) async fn sequence(&self) -> u32 {
        self.record.lock().await.sequence
    }

    /// Waits until the comparison is stopped that sends this call, and no attempt is under way: it may be paid for, and another
    /// comparison waits for it.
    pub(super) async fn until_left(&self) {
        let Some(comparison) = &self.services.run.comparison else {
            return std::future::pending().await;
        };
        comparison.until_stopped().await;
        let mut at_provider = self.at_provider.subscribe();
        // The sender lives as long as this one.
        let _ = at_provider.wait_for(|at_provider| !at_provider).await;
    }

    /// Commits what became of an attempt. Where the store doesn't take it, it waits in its room until it does: an answer that
    /// was paid for isn't lost.
    async fn keep(&self, changes: Vec<Change>) -> Hosted<()> {
        let room = lock(&self.room).take();
        self.services.keep_what_came(room, changes).await
    }

    /// The call failed for good. An error from outside holds within this attempt of the execution (rule E10); that an answer came
    /// and can't be read holds for as long as the execution: it was paid for (rule E7).
    pub(super) async fn give_up(&self, error: &ChatError, lasts: Lasts) -> Hosted<()> {
        let mut record = self.record.lock().await;
        let value = serde_json::to_value(Err::<&ChatResponse, _>(error)).unwrap_or(Value::Null);
        let memo = lock(&self.services.memory).remember(
            self.key,
            MemoKind::Complete,
            value,
            lasts == Lasts::ThisAttempt,
            self.services.run.house.now(),
        );
        let mut changes = vec![Change::Memo(memo)];
        changes.extend(self.failed(&mut record, error));
        self.services.commit(changes).await
    }

    /// A call ended without an answer. One that was never sent leaves no record. Whoever was told that it is sent once more is told
    /// that it isn't.
    fn failed(&self, record: &mut CallRecord, error: &ChatError) -> Vec<Change> {
        if record.attempts.is_empty() {
            return Vec::new();
        }
        // One that was lost before stays in doubt: whether it is sent again is still to be decided.
        let lost = record.attempts.iter().any(CallAttempt::is_open);
        record.state = match lost {
            true => CallState::Intended,
            false => CallState::Failed,
        };
        record.error = Some(call_error(error));
        record.ended_at = Some(self.services.run.house.now());
        let mut changes = vec![Change::Call(Box::new(record.clone()))];
        if self.is_to_be_retried.swap(false, SeqCst) {
            changes.push(self.services.event(Event::CallFailed {
                call: record.id,
                error: call_error(error),
                will_retry: false,
                wait_ms: None,
            }));
        }
        changes
    }
}

/// Why a call isn't sent whose answer has no room: how much it takes, how much there is, and what lowers it.
fn no_room(error: StoreError, bound: TokenBound, model: &str) -> Halt {
    if !matches!(error, StoreError::Full { .. }) {
        return store_halt(error);
    }
    let setting = format!("`max_output_tokens` of the model `{model}` in stepwell.toml");
    let mend = match bound {
        TokenBound::Step(tokens) => {
            format!("the step asks for up to {tokens} tokens; fewer need less")
        }
        TokenBound::Model(tokens) => format!("{setting}, now {tokens}, lowers that"),
        TokenBound::Nobody(tokens) => {
            format!("{setting} lowers that: without it {tokens} are reckoned with")
        }
    };
    Halt::Store {
        reason: format!("{error}; {mend}"),
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
        let comparison = self.services.run.comparison.as_ref();
        // What came is kept, whoever was stopped.
        if !attempt.is_there && comparison.is_some_and(OfComparison::is_stopped) {
            return Err(Halt::Stopped);
        }
        self.at_provider.send_replace(true);
        let mut record = self.record.lock().await;
        if attempt.room > 0 {
            let room = self.services.run.house.store.make_room(attempt.room).await;
            let room = room.map_err(|error| no_room(error, attempt.bound, &record.model))?;
            *lock(&self.room) = Some(room);
        }
        if attempt.is_there {
            return Ok(());
        }
        let sent = attempt.sent.clone();
        let number = lock(&self.call).earlier_attempts + attempt.number;
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
            saved: None,
            price: None,
            budgeted: Some(attempt.reserved),
            written_off: None,
            comparison: comparison.map(|comparison| comparison.id),
            batch: attempt.batch.map(|place| InBatch {
                batch: Uuid::from_u128(place.batch),
                request: place.request,
                saved: None,
            }),
            error: None,
            retry_at: None,
            other: Default::default(),
        });
        let event = Event::CallSent {
            call: self.id(),
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
            call: self.id(),
        });
    }

    fn tokens(&self, text: &str) {
        let (run, execution) = (self.services.key.run, self.services.name());
        self.services.run.house.tell(Live::Tokens {
            run,
            execution,
            call: self.id(),
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
            attempt.saved = report.saved;
            if let Some(batch) = &mut attempt.batch {
                batch.saved = report.saved_by_batch;
            }
            attempt.price = report.price;
            attempt.budgeted = Some(report.counts);
            attempt.error = report.error.as_ref().map(call_error);
            let now = self.services.run.house.now();
            let later = |wait| now.checked_add(wait).unwrap_or(now);
            let asked = report.retries_in.and(report.asked_wait);
            attempt.retry_at = asked.map(later);
        }
        let mut changes: Vec<Change> = report.raw.into_iter().map(Change::Blob).collect();
        let event = match (&report.response, &report.error) {
            (_, Some(error)) => Event::CallFailed {
                call: self.id(),
                error: call_error(error),
                will_retry: report.retries_in.is_some(),
                wait_ms: report.retries_in.map(milliseconds),
            },
            (response, None) => {
                if let Some(response) = response {
                    let text = Bytes::from(serde_json::to_vec(response).unwrap_or_default());
                    record.response = Some(Digest::of(&text));
                    record.finish = Some(response.finish_reason.code().to_owned());
                    changes.push(Change::Blob(text));
                    changes.push(self.services.answer_memo(self.key, response));
                }
                record.state = CallState::Answered;
                record.ended_at = Some(self.services.run.house.now());
                Event::CallAnswered {
                    call: self.id(),
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
        self.keep(changes).await?;
        self.is_to_be_retried
            .store(report.retries_in.is_some(), SeqCst);
        self.at_provider.send_replace(false);
        Ok(())
    }

    async fn falls_back(&self, error: &ChatError, to: &ResolvedModel) -> Result<(), Halt> {
        let house = &self.services.run.house;
        let mut record = self.record.lock().await;
        let failed = self.failed(&mut record, error);
        let from = std::mem::replace(&mut record.model, to.name.clone());
        record.id = house.store.next_id();
        record.provider.clone_from(&to.provider);
        record.provider_model.clone_from(&to.provider_model);
        // What this one answers isn't that one's answer.
        record.reusable_as = None;
        record.instead_of.get_or_insert_with(|| from.clone());
        record.state = CallState::Intended;
        record.attempts.clear();
        record.error = None;
        record.created_at = house.now();
        record.ended_at = None;
        *lock(&self.call) = Current {
            id: record.id,
            earlier_attempts: 0,
        };
        let event = Event::FellBack {
            call: record.id,
            from,
            to: to.name.clone(),
            error: call_error(error),
        };
        let mut changes = failed;
        changes.push(self.services.event(event));
        self.services.commit(changes).await
    }

    async fn passes_over(&self, model: &ResolvedModel, why: &ChatError) -> Result<(), Halt> {
        let event = Event::PassedOver {
            call: self.id(),
            model: model.name.clone(),
            error: call_error(why),
        };
        self.services.commit(vec![self.services.event(event)]).await
    }

    async fn stands_in(&self, model: &ResolvedModel) {
        let mut record = self.record.lock().await;
        let meant = std::mem::replace(&mut record.model, model.name.clone());
        record.instead_of.get_or_insert(meant);
        record.provider.clone_from(&model.provider);
        record.provider_model.clone_from(&model.provider_model);
    }

    fn queued(&self, queued: Queued<'_>) {
        let (run, execution) = (self.services.key.run, self.services.name());
        let house = &self.services.run.house;
        let now = house.now();
        house.tell(Live::Queued {
            run,
            execution,
            provider: queued.provider.to_owned(),
            limit: queued.limit.to_owned(),
            until: now.checked_add(queued.wait).unwrap_or(now),
        });
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
