//! The forms that wait for a person: what names them, and to which of them an answer is one.

use stepwell_contract::{Digest, ExecutionKey};
use stepwell_store::{ExecutionRecord, ExecutionState, PendingForm, RunRecord};

use super::forms_now::shown_of;
use crate::words::{GivenAnswer, RunError};

/// A form that waits for a person.
#[derive(Debug)]
pub(crate) struct OpenForm {
    pub(crate) id: Digest,
    /// The files at which something else stands by now than when it was asked.
    pub(crate) changed: Vec<String>,
    pub(crate) key: ExecutionKey,
    /// The keys of its questions that aren't answered.
    asks: Vec<String>,
    /// Whether what it asked about no longer fits: whoever carries it out again asks anew.
    pub(crate) is_outdated: bool,
    /// The files at which something else stands by now than whoever was asked last was shown.
    pub(crate) moved: Vec<String>,
}

/// What names a form: no other one of the run has it, whatever it asks. One whose yes would do something else by now is another one.
pub(crate) fn form_id(key: &ExecutionKey, form: &PendingForm) -> Digest {
    let (run, take, question) = (key.run, key.take, form.question);
    let shown = shown_of(&form.stakes);
    Digest::of(format!(
        "{run}\n{key}\n{take}\n{question}\n{}{shown}",
        form.occurrence
    ))
}

/// The open forms of a run, as its executions have them.
pub(crate) fn open_forms(record: &RunRecord, executions: &[ExecutionRecord]) -> Vec<OpenForm> {
    let of = |execution: &ExecutionRecord| {
        let form = pending(execution)?;
        let questions = form.form.questions.iter().zip(&form.answers);
        let open = questions.filter(|(_, answer)| answer.is_none());
        Some(OpenForm {
            id: form_id(&execution.key, form),
            changed: changed_since(form),
            key: execution.key.clone(),
            asks: open.map(|(question, _)| question.key.clone()).collect(),
            is_outdated: record.is_stale(&execution.key),
            moved: Vec::new(),
        })
    };
    let counts = executions.iter().filter(|it| record.counts(&it.key));
    counts.filter_map(of).collect()
}

/// The files at which something else stands, as a form has it, than when it was asked.
pub(crate) fn changed_since(form: &PendingForm) -> Vec<String> {
    let stakes = form.stakes.iter();
    let changed = stakes.filter(|file| file.shown != file.first);
    changed.map(|file| file.path.clone()).collect()
}

/// The form that an execution waits with.
pub(crate) fn pending(execution: &ExecutionRecord) -> Option<&PendingForm> {
    let is_open = matches!(
        execution.state,
        ExecutionState::Waiting | ExecutionState::Running
    );
    execution.form.as_ref().filter(|_| is_open)
}

/// What is said to have changed, where an answer is to none that is asked now.
fn told_changed(form: &OpenForm) -> Vec<String> {
    match form.moved.is_empty() {
        true => form.changed.clone(),
        false => form.moved.clone(),
    }
}

/// The open form that an answer is one to; none where it is to a question that isn't asked yet.
///
/// # Errors
/// It is to a form that isn't open any more; to a gate's that no longer fits what it asked about; or to one of several.
pub(crate) fn form_of<'f>(
    answer: &GivenAnswer,
    record: &RunRecord,
    open: &'f [OpenForm],
    is_gate: impl Fn(&ExecutionKey) -> bool,
) -> Result<Option<&'f OpenForm>, RunError> {
    let gone = |form: Option<&OpenForm>| RunError::FormGone {
        run: record.id,
        step: form
            .map(|form| form.key.path.clone())
            .or_else(|| answer.step.clone()),
        changed: form.map(told_changed).unwrap_or_default(),
    };
    let asks = |form: &&OpenForm| form.asks.contains(&answer.key);
    if let Some(id) = answer.form {
        let found = open.iter().find(|form| form.id == id);
        let fits = found.filter(|form| !form.is_outdated).filter(asks);
        // A form whose yes would do something else by now has another id: that of the step says which files changed.
        let of_step = || {
            let mut of_step = open.iter().filter(asks).filter(|form| {
                let step = answer.step.as_ref();
                step == Some(&form.key.path) && !form.changed.is_empty()
            });
            of_step.next().filter(|_| of_step.next().is_none())
        };
        return fits.map(Some).ok_or_else(|| gone(found.or_else(of_step)));
    }
    // What was recorded is for the n-th time that it is asked for, whatever is open.
    if answer.by.is_empty() && answer.items.is_empty() {
        return Ok(None);
    }
    let of_step = |form: &&OpenForm| {
        let step = answer.step.as_ref();
        step.is_none_or(|step| *step == form.key.path)
    };
    let of_items = |form: &&OpenForm| answer.items.is_empty() || answer.items == form.key.items();
    let (fitting, outdated): (Vec<_>, Vec<_>) = open
        .iter()
        .filter(asks)
        .filter(of_step)
        .filter(of_items)
        .partition(|form| !form.is_outdated);
    match (&fitting[..], outdated.first()) {
        // Who names no form means the one that they were asked with.
        ([form], _) if !form.moved.is_empty() => Err(gone(Some(form))),
        ([form], _) => Ok(Some(form)),
        ([], Some(form)) if is_gate(&form.key) => Err(gone(Some(form))),
        ([], _) if answer.items.is_empty() => Ok(None),
        ([], _) => Err(RunError::NoItemAsks {
            key: answer.key.clone(),
            run: record.id,
        }),
        (several, _) => Err(RunError::SeveralAsk {
            key: answer.key.clone(),
            forms: several.iter().map(|form| form.key.to_string()).collect(),
        }),
    }
}
