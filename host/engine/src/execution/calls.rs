//! Calls to models: intent before, answer after, both durable before anybody relies on them (rule E7).

use bytes::Bytes;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatRequest, ChatResponse, Digest, Halt, Hosted, ProblemCode, Whom,
};
use stepwell_definition::InDoubt;
use stepwell_llm::{BatchDesk, Call, CallFailure, Origin, ResolvedModel};
use stepwell_store::{CallAttempt, CallRecord, CallState, Change, MemoKey, MemoKind};
use tokio::sync::watch;

use super::batched::open_in_batch;
use super::digesting::digest_of;
use super::filled::Version;
use super::memory::from_memo;
use super::observer::Observer;
use super::services::Services;
use crate::state::{Lasts, Unsent, lock};

pub(super) type Answer = Result<ChatResponse, ChatError>;

/// A question to a model, before it is known whether it was answered already.
enum Asked {
    /// The answer is there: a memo, or an error that needs no call.
    Known(Answer),
    /// It has to be sent.
    Send(Box<ToSend>),
}

pub(super) struct ToSend {
    pub(super) key: MemoKey,
    pub(super) request: ChatRequest,
    pub(super) model: ResolvedModel,
    /// Those that are asked instead where it can't answer.
    fallback: Vec<ResolvedModel>,
    pub(super) record: CallRecord,
    pub(super) request_blob: Bytes,
}

impl Services {
    /// Sends the requests at the same time and answers in their order.
    pub(super) async fn call_models(&self, requests: Vec<ChatRequest>) -> Hosted<Vec<Answer>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(first) = &self.run.first_asked {
            let unsent = requests.into_iter().map(|request| self.unsent(request));
            *lock(first) = unsent.collect();
            return Err(Halt::WouldAsk { whom: Whom::Model });
        }
        let mut asked = Vec::with_capacity(requests.len());
        let mut keys = Vec::with_capacity(requests.len());
        let mut sent = Vec::with_capacity(requests.len());
        for request in requests {
            let note = lock(&self.memory).filled.note_of(&request.messages);
            let (key, one) = self.prepare_call(request, &note.prompts)?;
            sent.push(note);
            keys.push(key);
            asked.push(one);
        }
        {
            let mut memory = lock(&self.memory);
            memory.last_chat = keys;
            memory.filled.send(sent);
        }
        let answers = asked.into_iter().map(|one| async {
            match one {
                Asked::Known(answer) => Ok(answer),
                Asked::Send(call) => self.send(*call).await,
            }
        });
        // One that can't go on takes none of the others with it: they may be under way, and paid for.
        let answers = futures_util::future::join_all(answers).await;
        answers.into_iter().collect()
    }

    /// The model that a request goes to: the one that it names, or else the step's.
    fn short_name(&self, request: &mut ChatRequest) -> Option<String> {
        let pinned = || self.run.pinned_model(&self.key.path);
        let named = request.model.take();
        named.or_else(|| pinned().map(|pinned| pinned.name))
    }

    /// Says no to a model that isn't the step's own where no line of the definition grants it, and to one that the operator doesn't let
    /// plugins from where this one comes from ask.
    fn may_ask_model(&self, name: &str) -> Result<(), ChatError> {
        let denied = |message: String| Err(ChatError::new(ChatErrorKind::Denied, message));
        let planned = self.planned();
        if let Some(forbids) = planned.ceiling.forbidding_model(name).next() {
            let source = &forbids.source;
            return denied(format!(
                "the step can't ask the model `{name}`: `[sources.{source}]` of `stepwell.toml` doesn't let plugins from there ask it"
            ));
        }
        let own = match self.run.pinned_model(&self.key.path) {
            Some(pinned) => Some(pinned.name),
            None => self.run.house.models.resolve(None).ok().map(|own| own.name),
        };
        let granted = &self.grants().models;
        if own.is_some_and(|own| own == name) || granted.iter().any(|granted| granted == name) {
            return Ok(());
        }
        let names: Vec<_> = granted.iter().map(String::as_str).chain([name]).collect();
        let line = format!("grants.models = {}", serde_json::json!(names));
        denied(format!(
            "the step isn't granted to ask the model `{name}`, which isn't its own; {}",
            self.grant_line(&line)
        ))
    }

    /// What stands behind a model's short name, as the run has pinned it.
    fn resolved(&self, name: Option<&str>) -> Result<ResolvedModel, ChatError> {
        let mut model = self.run.house.models.resolve(name)?;
        let pinned = self.run.pinned_model(&self.key.path);
        let pinned = pinned.and_then(|pinned| {
            let mut all = std::iter::once(&pinned).chain(&pinned.fallback);
            all.find(|pinned| pinned.name == model.name).cloned()
        });
        if let Some(pinned) = pinned {
            if model.provider_model != pinned.model {
                model.prices = self.run.house.models.price(&model.name, &pinned.model);
            }
            model.provider_model = pinned.model;
        }
        Ok(model)
    }

    /// The models that are asked instead of one that can't answer: those that the run has pinned, as far as they are still set
    /// up. A cell of a comparison is about one model.
    fn fallback_of(&self, model: &ResolvedModel) -> Vec<ResolvedModel> {
        if self.run.comparison.is_some() {
            return Vec::new();
        }
        let pinned = self.run.pinned_model(&self.key.path);
        let names: Vec<String> = match pinned.filter(|pinned| pinned.name == model.name) {
            Some(pinned) => pinned.fallback.into_iter().map(|it| it.name).collect(),
            None => model.fallback.clone(),
        };
        let ceiling = &self.planned().ceiling;
        let may_be_asked = |name: &&String| ceiling.forbidding_model(name).next().is_none();
        let others = names.iter().filter(may_be_asked);
        let others = others.map(|name| self.resolved(Some(name)));
        others.filter_map(Result::ok).collect()
    }

    /// Of a model and those that are asked instead: the one that a call was sent to before its process ended, and those that come
    /// after it.
    fn left_off(
        &self,
        record: &mut CallRecord,
        model: ResolvedModel,
    ) -> (ResolvedModel, Vec<ResolvedModel>) {
        let mut fallback = self.fallback_of(&model);
        if let Some(at) = fallback.iter().position(|it| it.name == record.model) {
            let after = fallback.split_off(at + 1);
            return (fallback.swap_remove(at), after);
        }
        // What it was sent to is set up no longer, or is another one by now.
        record.model.clone_from(&model.name);
        record.provider.clone_from(&model.provider);
        record.provider_model.clone_from(&model.provider_model);
        record.instead_of = None;
        (model, fallback)
    }

    /// Where a call of this execution stands.
    pub(super) fn origin(&self, sequence: u32, occurrence: u32) -> Origin {
        Origin {
            step: self.key.path.clone(),
            items: self.key.items(),
            rounds: self.key.rounds(),
            sequence,
            occurrence,
        }
    }

    /// A request as it would be sent.
    fn unsent(&self, mut request: ChatRequest) -> Unsent {
        request.model = self.short_name(&mut request);
        Unsent {
            model: self.resolved(request.model.as_deref()).ok(),
            prompts: lock(&self.memory).filled.prompts_of(&request.messages),
            request,
        }
    }

    /// A request, in which these prompts stand, up to where it has to be sent.
    fn prepare_call(
        &self,
        mut request: ChatRequest,
        prompts: &[Version],
    ) -> Hosted<(MemoKey, Asked)> {
        request.model = self.short_name(&mut request);
        let question = digest_of(&serde_json::json!({ "complete": &request }));
        let mut memory = lock(&self.memory);
        let key = memory.next_key(question);
        if let Some(answer) = memory.recall(&key) {
            return Ok((key, Asked::Known(from_memo(&self.key, answer)?)));
        }
        self.may_ask(Whom::Model)?;
        let model = match self.resolved(request.model.as_deref()) {
            Ok(model) => model,
            Err(error) => return Ok((key, Asked::Known(Err(error)))),
        };
        let kept = memory.take_in_doubt(&key);
        // One that is in a batch was sent: what came of it is read, whatever is known of the model by now.
        let is_sent = kept.as_ref().and_then(open_in_batch).is_some();
        if let (false, Err(error)) = (is_sent, self.may_ask_model(&model.name)) {
            return Ok((key, Asked::Known(Err(error))));
        }
        let taken = match is_sent {
            true => Ok(()),
            false => self.run.house.models.check_tools(&model, &request),
        };
        if let Err(error) = taken {
            let told: Answer = Err(error);
            let value = serde_json::to_value(&told).unwrap_or_default();
            // What the step then asks without tools has to be found again, whatever stepwell.toml says by then.
            let memo = memory.remember(key, MemoKind::Complete, value, false, self.run.house.now());
            memory.later(Change::Memo(memo));
            return Ok((key, Asked::Known(told)));
        }
        let request_blob = Bytes::from(serde_json::to_vec(&request).unwrap_or_default());
        let mut record = match kept {
            // Where it is is known: nobody has to decide on it.
            Some(record) if is_sent => record,
            Some(record) => match self.doubted(&record)? {
                None => record,
                Some(error) => return Ok((key, Asked::Known(Err(error)))),
            },
            None => CallRecord {
                prompts: prompts.to_vec(),
                ..self.intended(&key, memory.next_sequence(), &model, &request_blob)
            },
        };
        let (model, fallback) = self.left_off(&mut record, model);
        Ok((
            key,
            Asked::Send(Box::new(ToSend {
                key,
                request,
                model,
                fallback,
                record,
                request_blob,
            })),
        ))
    }

    /// What is answered instead of a call that an earlier process left, where its end isn't known and it is not to be sent again.
    fn doubted(&self, record: &CallRecord) -> Hosted<Option<ChatError>> {
        if !record.attempts.iter().any(CallAttempt::is_open) {
            return Ok(None);
        }
        match self.run.in_doubt_policy() {
            InDoubt::Resend => Ok(None),
            InDoubt::Ask => Err(Halt::InDoubt {
                reason: format!(
                    "a call of {} to `{}` was sent before the run was interrupted, and may have been paid",
                    self.name(),
                    record.model
                ),
            }),
            InDoubt::Fail => Ok(Some(ChatError::new(
                ChatErrorKind::Other(ProblemCode::InDoubt.as_str().into()),
                "the call was sent before the run was interrupted, and may have been paid; \
                 `in_doubt = \"fail\"` in stepwell.toml forbids to send it again",
            ))),
        }
    }

    /// A call that is to be sent.
    fn intended(
        &self,
        key: &MemoKey,
        sequence: u32,
        model: &ResolvedModel,
        request: &Bytes,
    ) -> CallRecord {
        CallRecord {
            id: self.run.house.store.next_id(),
            execution: self.key.clone(),
            attempt: self.attempt,
            sequence,
            question: key.question,
            occurrence: key.occurrence,
            model: model.name.clone(),
            provider: model.provider.clone(),
            provider_model: model.provider_model.clone(),
            instead_of: None,
            answer_of: None,
            reusable_as: None,
            request: Digest::of(request),
            prompts: Vec::new(),
            state: CallState::Intended,
            attempts: Vec::new(),
            response: None,
            finish: None,
            error: None,
            created_at: self.run.house.now(),
            ended_at: None,
            other: serde_json::Map::new(),
        }
    }

    async fn send(&self, mut call: ToSend) -> Hosted<Answer> {
        if call.record.attempts.is_empty() {
            call.record.reusable_as = self.reusable_as(&call);
        }
        if let Some(response) = self.reused(&call).await? {
            return Ok(Ok(response));
        }
        let _calling = Calling::one(&self.run.calling);
        let ledgers = self.run.ledgers(&self.key.path);
        let came = self.out_of_batch(&mut call.record, &ledgers).await?;
        let desk = self.desk(&call.model);
        // A process that waited for its time may have ended meanwhile.
        let not_before = call.record.attempts.last().and_then(|it| it.retry_at);
        let observer = Observer::of(self, call.key, call.record, call.request_blob);
        let sequence = observer.sequence().await;
        let origin = self.origin(sequence, call.key.occurrence);
        // To find out, what the execution was given is read.
        let repeats = match self.run.house.models.takes_marks(&call.model) {
            true => self.repeats(&call.request).await?,
            false => None,
        };
        let call = Call {
            model: &call.model,
            fallback: &call.fallback,
            asker: self.run.asker(),
            request: &call.request,
            inference: self.planned().inference,
            repeats,
            not_before,
            origin,
            batch: desk.as_ref().map(|desk| desk as &dyn BatchDesk),
            came,
            budgets: &ledgers,
            clock: &self.run.house.clock,
        };
        let house = &self.run.house;
        let ended = tokio::select! {
            biased;
            ended = house.models.complete(call, &*house.texts, &observer) => ended,
            () = observer.until_left() => return Err(Halt::Stopped),
        };
        match ended {
            Ok(response) => Ok(Ok(response)),
            Err(CallFailure::Error(error)) => {
                observer.give_up(&error, Lasts::ThisAttempt).await?;
                Ok(Err(error))
            }
            Err(CallFailure::Unreadable(error)) => {
                observer.give_up(&error, Lasts::Always).await?;
                Ok(Err(error))
            }
            Err(CallFailure::Halted(halt)) => Err(halt),
        }
    }
}

/// Counts a call among those under way, until it is dropped.
pub(super) struct Calling<'a>(&'a watch::Sender<usize>);

impl<'a> Calling<'a> {
    pub(super) fn one(calls: &'a watch::Sender<usize>) -> Self {
        calls.send_modify(|calls| *calls += 1);
        Self(calls)
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls -= 1);
    }
}
