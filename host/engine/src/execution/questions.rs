//! Questions to the person behind the run: each answer is durable on its own (rule E24).

use serde_json::Value;
use stepwell_contract::{DialogueError, DialogueErrorKind, Digest, Form, Halt, Hosted, Whom};
use stepwell_store::{AnsweredQuestion, Change, ExecutionState, MemoKey, MemoKind, PendingForm};
use stepwell_workers::off_the_workers;

use super::at_stake::AtStake;
use super::digesting::digest_of;
use super::memory::from_memo;
use super::services::Services;
use crate::state::{FormNow, HeldAnswers, beside, form_id, lock, store_halt};
use crate::words::{Event, PersonsAnswer};

impl Services {
    pub(super) async fn ask_person(
        &self,
        form: Form,
    ) -> Hosted<Result<Vec<String>, DialogueError>> {
        self.charge_form(&form)?;
        let question = digest_of(&serde_json::json!({ "ask": &form }));
        let key = lock(&self.memory).next_key(question);
        if let Some(answer) = lock(&self.memory).recall(&key) {
            return from_memo(&self.key, answer);
        }
        self.may_ask(Whom::Person)?;
        self.charge_look(0)?;
        if form.questions.is_empty() {
            return self.end_form(key, Ok(Vec::new()), None).await;
        }
        self.open_form(key, &form).await?;
        loop {
            let now = self.form_now().await?;
            let pending = now.pending.clone();
            let Some(index) = pending.answers.iter().position(Option::is_none) else {
                let answers: Vec<String> = pending.answers.into_iter().flatten().collect();
                return self.end_form(key, Ok(answers), None).await;
            };
            if self.use_known_answers(&form, &pending).await? {
                continue;
            }
            if let Some(declined) = self.declined_elsewhere(key).await? {
                return Ok(Err(declined));
            }
            let nobody = self.run.no_questions().await;
            if (nobody || self.run.person.is_none()) && is_enough(&pending) {
                let answers = pending.answers.into_iter().map(Option::unwrap_or_default);
                return self.end_form(key, Ok(answers.collect()), None).await;
            }
            if nobody {
                let error = DialogueError::new(
                    DialogueErrorKind::NobodyThere,
                    "the run was told that nobody will answer: go on with assumptions, and write them down",
                );
                return self.end_form(key, Err(error), None).await;
            }
            // Where nobody can answer now, the execution sleeps, and holds nothing (rule E24).
            let Some(person) = self.run.person.clone() else {
                return Err(Halt::Waiting);
            };
            self.room.give_back();
            let shown = now.shown(&self.run.house).await.map_err(store_halt)?;
            lock(&self.run.asking).insert(self.key.clone());
            let said = person
                .answer(&self.name(), &shown, index, &pending.answers)
                .await;
            lock(&self.run.asking).remove(&self.key);
            match said {
                // Somebody may have worked on while the person read.
                PersonsAnswer::Text(_) if !self.form_now().await?.moved.is_empty() => {}
                PersonsAnswer::Text(text) => {
                    let given = Given {
                        text,
                        from: "person",
                        by: person.name(),
                    };
                    self.keep_answer(index, given, None).await?;
                }
                PersonsAnswer::Later => return Err(Halt::Waiting),
                PersonsAnswer::Declined => return self.end_form(key, Err(declined()), None).await,
            }
        }
    }

    /// The form that is open, as it is to be shown now. Where a yes would do something else than was shown last, that is written down,
    /// and what was answered so far counts no longer.
    async fn form_now(&self) -> Hosted<FormNow> {
        let pending = self.record.lock().await.form.clone();
        let Some(pending) = pending else {
            return Err(Halt::Stopped);
        };
        let now = FormNow::of(&pending, &self.run.workspace).await;
        if now.moved.is_empty() {
            return Ok(now);
        }
        let mut record = self.record.lock().await;
        let mut changed = record.clone();
        let void = pending.answers.iter().flatten().count();
        let left = changed.answered.len().saturating_sub(void);
        changed.answered.truncate(left);
        changed.form = Some(now.pending.clone());
        let message = format!(
            "what it asks about was changed by somebody else since it was shown (`{}`): it is to be looked at anew, and no answer so far counts",
            now.moved.join("`, `")
        );
        let changes = vec![
            Change::Execution(Box::new(changed.clone())),
            self.event(Event::warning(message)),
        ];
        self.commit(changes).await?;
        *record = changed;
        Ok(now)
    }

    /// Ends the form where a person declined it from elsewhere. It goes from the run's record in the same commit.
    async fn declined_elsewhere(&self, key: MemoKey) -> Hosted<Option<DialogueError>> {
        let mut run = self.run.mailbox.record.lock().await;
        let path = &self.key.path;
        let Some(place) = run.declined.iter().position(|step| step == path) else {
            return Ok(None);
        };
        let mut changed = run.clone();
        changed.declined.remove(place);
        let with = Change::Run(Box::new(changed.clone()));
        let ended = self.end_form(key, Err(declined()), Some(with)).await?;
        *run = changed;
        Ok(ended.err())
    }

    /// Writes down that the form is open, unless it already is.
    async fn open_form(&self, key: MemoKey, form: &Form) -> Hosted<()> {
        let same =
            |open: &PendingForm| open.question == key.question && open.occurrence == key.occurrence;
        if self.record.lock().await.form.as_ref().is_some_and(same) {
            return Ok(());
        }
        let AtStake { files, told, texts } = self.at_stake().await?;
        let mut form = form.clone();
        for told in told {
            form.about = Some(beside(form.about.as_deref(), Some(&told)));
        }
        let mut record = self.record.lock().await;
        record.form = Some(PendingForm {
            form: form.clone(),
            question: key.question,
            occurrence: key.occurrence,
            answers: vec![None; form.questions.len()],
            asked_at: self.run.house.now(),
            stakes: files,
            other: Default::default(),
        });
        let keys = form
            .questions
            .iter()
            .map(|question| question.key.clone())
            .collect();
        let event = self.event(Event::Question {
            title: form.title.clone(),
            keys,
        });
        let mut changes = texts;
        changes.push(Change::Execution(Box::new(record.clone())));
        changes.push(event);
        self.commit(changes).await
    }

    /// Looks for an answer that was given beforehand, or to the equal question of an earlier take (rule E21).
    ///
    /// Every open question of the form is looked at: an answer to the last one counts before the first is answered.
    async fn use_known_answers(&self, form: &Form, pending: &PendingForm) -> Hosted<bool> {
        for (index, answer) in pending.answers.iter().enumerate() {
            if answer.is_none() && self.use_known_answer(form, pending, index).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn use_known_answer(
        &self,
        form: &Form,
        pending: &PendingForm,
        index: usize,
    ) -> Hosted<bool> {
        let Some(asked) = form.questions.get(index) else {
            return Ok(false);
        };
        let mut run = self.run.mailbox.record.lock().await;
        let id = form_id(&self.key, pending);
        let mut changed = run.clone();
        if let Some(held) = HeldAnswers::of(&mut changed).take(&id, &self.key.path, &asked.key) {
            let given = Given {
                text: held.text,
                from: "given",
                by: held.by,
            };
            let with = Change::Run(Box::new(changed.clone()));
            self.keep_answer(index, given, Some(with)).await?;
            *run = changed;
            return Ok(true);
        }
        drop(run);
        let earlier = self.earlier_answers(pending.question).await?;
        match earlier.and_then(|answers| answers.into_iter().nth(index)) {
            Some(text) => {
                let given = Given {
                    text,
                    from: "earlier take",
                    by: String::new(),
                };
                self.keep_answer(index, given, None).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// What a gate was told before decides nothing: who carries it out again wants to be asked.
    async fn earlier_answers(&self, question: Digest) -> Hosted<Option<Vec<String>>> {
        if self.run.gates.is_gate(self.step) {
            return Ok(None);
        }
        for take in (1..self.key.take).rev() {
            let mut earlier = self.key.clone();
            earlier.take = take;
            let memos = self.run.house.store.memos(&earlier).await;
            let memos = memos.map_err(store_halt)?;
            let same = memos
                .into_iter()
                .find(|memo| memo.kind == MemoKind::Ask && memo.key.question == question);
            let Some(memo) = same else { continue };
            if let Ok::<Vec<String>, DialogueError>(answers) = from_memo(&earlier, memo.answer)? {
                return Ok(Some(answers));
            }
        }
        Ok(None)
    }

    async fn keep_answer(
        &self,
        index: usize,
        Given { text, from, by }: Given,
        with: Option<Change>,
    ) -> Hosted<()> {
        let mut record = self.record.lock().await;
        let mut changed = record.clone();
        let Some(form) = &mut changed.form else {
            return Ok(());
        };
        let Some(slot) = form.answers.get_mut(index) else {
            return Ok(());
        };
        *slot = Some(text.clone());
        let key = form
            .form
            .questions
            .get(index)
            .map(|question| question.key.clone())
            .unwrap_or_default();
        changed.answered.push(AnsweredQuestion {
            key: key.clone(),
            text: text.clone(),
            by: by.clone(),
            at: self.run.house.now(),
            other: Default::default(),
        });
        let mut changes = vec![Change::Execution(Box::new(changed.clone()))];
        changes.push(self.event(Event::Answered {
            key: key.clone(),
            from: from.to_owned(),
            by,
        }));
        changes.extend(with);
        self.commit(changes).await?;
        *record = changed;
        if let Some(recorder) = self.run.house.recorder.clone() {
            let step = Some(self.key.path.clone());
            off_the_workers(move || recorder.answer(step, key, text)).await;
        }
        Ok(())
    }

    /// Hands the form over: its answers become the memo, and the form is closed, in one commit.
    async fn end_form(
        &self,
        key: MemoKey,
        answer: Result<Vec<String>, DialogueError>,
        with: Option<Change>,
    ) -> Hosted<Result<Vec<String>, DialogueError>> {
        let mut record = self.record.lock().await;
        let value = serde_json::to_value(&answer).unwrap_or(Value::Null);
        // That nobody is there holds for this attempt: whoever resumes may be there.
        let passes = answer.is_err();
        let memo =
            lock(&self.memory).remember(key, MemoKind::Ask, value, passes, self.run.house.now());
        record.form = None;
        record.state = ExecutionState::Running;
        let mut changes = vec![
            Change::Execution(Box::new(record.clone())),
            Change::Memo(memo),
        ];
        changes.extend(with);
        self.commit(changes).await?;
        Ok(answer)
    }
}

/// An answer, where it comes from, and who gave it.
struct Given {
    text: String,
    from: &'static str,
    by: String,
}

/// Whether what the form demands was answered: then nobody is waited for who might answer the rest, which is left empty. A form that
/// demands nothing has to be answered.
fn is_enough(pending: &PendingForm) -> bool {
    let questions = pending.form.questions.iter().zip(&pending.answers);
    let mut demanded = questions
        .filter(|(question, _)| question.is_required())
        .map(|(_, answer)| answer)
        .peekable();
    demanded.peek().is_some() && demanded.all(Option::is_some)
}

/// What the step is told when the person declines.
fn declined() -> DialogueError {
    DialogueError::new(DialogueErrorKind::Declined, "the person declined to answer")
}
