//! One attempt of an execution: it counts the calls to the model, and tells the model what was wrong with an answer.
//!
//! After `invalid-response` the host forgets the last question and keeps all else. So only that question may
//! change in the next attempt, and it must stay changed in every later one: a question that reads as before is
//! answered from memory, one that reads differently is paid again. Hence the number of the answer in the
//! failure's message, and the checkpoint that keeps what was said to which question.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::bindings::stepwell::plugin::chat::{Message, Part, Request, Role};
use crate::{Documents, Failure, FailureKind, Inputs, Step, context};

const CHECKPOINT: &str = "stepwell_sdk/remarks";
/// Keeps in which attempt it was found out that the model takes no tools.
const WITHOUT_TOOLS: &str = "stepwell_sdk/without_tools";
const MARK: &str = " (answer ";

#[derive(Default)]
struct Attempt {
    calls: u32,
    remarks: BTreeMap<u32, String>,
    /// Whether the model was found to take no tools.
    without_tools: bool,
}

thread_local! {
    static ATTEMPT: RefCell<Option<Attempt>> = const { RefCell::new(None) };
}

/// Carries a step's `execute` out, with the remarks of earlier attempts.
pub(crate) fn execute(step: &dyn Step, inputs: &Inputs) -> Result<Documents, Failure> {
    let remarks = remarks_so_far();
    ATTEMPT.set(Some(Attempt {
        calls: 0,
        remarks,
        without_tools: were_tools_refused(),
    }));
    let outcome = inputs
        .check(&step.describe())
        .and_then(|()| step.execute(inputs));
    let calls = ATTEMPT.take().map_or(0, |attempt| attempt.calls);
    outcome.map_err(|mut failure| {
        if failure.kind == FailureKind::InvalidResponse && calls > 0 {
            failure.message = format!("{}{MARK}{calls})", failure.message);
        }
        failure
    })
}

/// Counts a call, and adds to its requests what was wrong with the answer that they got before.
pub(crate) fn prepare(requests: &mut [Request]) {
    let remark = ATTEMPT.with_borrow_mut(|attempt| {
        let attempt = attempt.as_mut()?;
        attempt.calls += 1;
        attempt.remarks.get(&attempt.calls).cloned()
    });
    let Some(remark) = remark else { return };
    let note = format!(
        "\n\nYour previous answer to this could not be used: {remark}\n\
         Answer again, completely and in the format asked for above; don't refer to the previous answer."
    );
    for request in requests {
        let last_text = request
            .messages
            .last_mut()
            .filter(|message| message.role == Role::User)
            .and_then(|message| match message.parts.last_mut() {
                Some(Part::Text(text)) => Some(text),
                _ => None,
            });
        match last_text {
            Some(text) => {
                text.truncate(text.trim_end().len());
                text.push_str(&note);
            }
            None => request
                .messages
                .push(Message::text(Role::User, note.trim_start())),
        }
    }
}

/// Whether a model that was asked before takes no tools.
pub(crate) fn is_without_tools() -> bool {
    ATTEMPT.with_borrow(|attempt| {
        let attempt = attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.without_tools)
    })
}

/// The last call was refused since it offered tools: none is offered any more, in this attempt and in later ones. It doesn't count,
/// since later attempts don't make it and the numbers of their answers have to be the same.
pub(crate) fn go_on_without_tools() {
    ATTEMPT.with_borrow_mut(|attempt| {
        if let Some(attempt) = attempt {
            attempt.calls = attempt.calls.saturating_sub(1);
            attempt.without_tools = true;
        }
    });
    // Without it a later attempt is refused once more, which costs nothing.
    let _ = context::save_checkpoint(WITHOUT_TOOLS, &context::attempt());
}

/// Whether an earlier attempt was refused tools. One that starts afresh asks again as it did, and is answered from memory.
fn were_tools_refused() -> bool {
    let attempt = context::attempt();
    if attempt < 2 {
        return false;
    }
    let found: Option<u32> = context::checkpoint(WITHOUT_TOOLS).ok().flatten();
    found.is_some_and(|found| found < attempt)
}

fn remarks_so_far() -> BTreeMap<u32, String> {
    if context::attempt() < 2 {
        return BTreeMap::new();
    }
    let mut remarks: BTreeMap<u32, String> = context::checkpoint(CHECKPOINT)
        .ok()
        .flatten()
        .unwrap_or_default();
    let end = context::previous_end();
    if let Some((call, remark)) = end.as_deref().and_then(remark_of)
        && remarks.get(&call).is_none_or(|known| known != remark)
    {
        remarks.insert(call, remark.to_owned());
        // Without it a later attempt pays again for a call; that is no reason to fail now.
        let _ = context::save_checkpoint(CHECKPOINT, &remarks);
    }
    remarks
}

/// The number of the answer that couldn't be used, and why.
fn remark_of(previous_end: &str) -> Option<(u32, &str)> {
    let message = previous_end.trim().strip_prefix("invalid-response:")?;
    let (remark, number) = message.rsplit_once(MARK)?;
    let number = number.split(')').next()?.parse().ok()?;
    Some((number, remark.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_read_from_the_end_of_an_attempt() {
        assert_eq!(
            remark_of("invalid-response: it lacks `1.2 User persona` (answer 3)"),
            Some((3, "it lacks `1.2 User persona`"))
        );
        assert_eq!(remark_of("limit: cpu"), None);
        assert_eq!(remark_of("invalid-response: no number"), None);
        assert_eq!(remark_of("invalid-response: odd (answer x)"), None);
    }
}
