//! The byte keys of records.
//!
//! One ordered table holds every record. A key begins with a letter for the kind of record and goes on with what
//! names it, so that the bytes sort as the names do, and the records of a run, of a step in a run or of an
//! execution stand together. Nothing here knows what the values are.
//!
//! An execution's part is run · path · `00` · take · (`01` · position)… · `00`. Every number is big-endian, and no
//! such part is the beginning of another one, so what follows it can't disturb the order.

mod named;

use std::ops::Range;

use jiff::civil::Date;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, ImprovementId, Name, RunId, StepPath};
use uuid::Uuid;

pub(super) use self::named::{Named, describe, read};
use crate::records::{CallGroup, CallRecord, CallState, DocumentKey, MemoKey, RunState};

/// The kinds of records, by the letter that their keys begin with. A letter is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// The length of a blob that is kept as a file.
    LargeBlob = b'B',
    /// A blob.
    Blob = b'b',
    /// The run of a comparison's cell.
    ScratchRun = b'R',
    /// Kept: a call by its id alone, which is the order in which calls were made.
    CallInOrder = b'a',
    /// Kept: a call whose answer may be given again, by what its question is found by.
    Answered = b'A',
    /// A batch of a comparison's calls.
    Batch = b'C',
    /// A call to a model.
    Call = b'c',
    /// A document.
    Document = b'd',
    /// An event.
    Event = b'e',
    /// An improvement of a prompt.
    Improvement = b'f',
    /// Kept: the totals of the calls that a person is shown together.
    GroupTotals = b'g',
    /// Kept: the totals of a run's calls.
    RunTotals = b'h',
    /// Kept: a call by the end of its id.
    CallById = b'i',
    /// Kept: a run by the end of its id.
    RunById = b'j',
    /// The checkpoints of an execution.
    Checkpoint = b'k',
    /// A cell of comparisons, by its identity.
    Cell = b'l',
    /// A memo.
    Memo = b'm',
    /// Kept: the totals of the attempts that began on a day.
    DayTotals = b'n',
    /// A comparison.
    Comparison = b'o',
    /// A prompt.
    Prompt = b'p',
    /// Kept: how many runs are in a state.
    RunStates = b'q',
    /// A run.
    Run = b'r',
    /// A run in which a step left calls or documents: how records of a step are found in all runs.
    StepRun = b's',
    /// The number of the last transaction.
    Sequence = b't',
    /// The transaction that what is kept is true of; beside [`Kind::Sequence`], since every transaction writes both.
    Kept = b'u',
    /// Kept: the same as [`Kind::GroupTotals`], of one run.
    RunGroupTotals = b'v',
    /// Kept: of the totals of a run's calls, those of recorded answers.
    RunReplayed = b'w',
    /// An execution.
    Execution = b'x',
    /// What the calls of removed runs took, by the key of the totals that it belongs to.
    Removed = b'y',
}

const END: u8 = 0;
const MORE: u8 = 1;

/// Every key of a kind that goes on with these bytes.
pub(super) fn range_of(prefix: &[u8]) -> Range<Vec<u8>> {
    let mut end = prefix.to_vec();
    // A kind's letter is below 0xff, so something is always left to count up.
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    prefix.to_vec()..end
}

/// All records of a kind.
pub(super) fn all(kind: Kind) -> Vec<u8> {
    let mut key = Vec::with_capacity(96);
    key.push(kind as u8);
    key
}

fn put_step(key: &mut Vec<u8>, run: RunId, path: &StepPath) {
    key.extend_from_slice(run.0.as_bytes());
    key.extend_from_slice(path.as_str().as_bytes());
    key.push(END);
}

fn put_execution(key: &mut Vec<u8>, execution: &ExecutionKey) {
    put_step(key, execution.run, &execution.path);
    key.extend_from_slice(&execution.take.to_be_bytes());
    for position in &execution.at {
        key.push(MORE);
        match position.item {
            None => key.push(END),
            Some(item) => {
                key.push(MORE);
                key.extend_from_slice(&item.to_be_bytes());
            }
        }
        key.extend_from_slice(&position.round.to_be_bytes());
    }
    key.push(END);
}

/// The records of a kind that belong to a run; for [`Kind::Run`], the run's own key.
pub(super) fn of_run(kind: Kind, run: RunId) -> Vec<u8> {
    of_id(kind, run.0)
}

pub(super) fn of_id(kind: Kind, id: Uuid) -> Vec<u8> {
    let mut key = all(kind);
    key.extend_from_slice(id.as_bytes());
    key
}

/// The records of a kind that belong to a step of a run.
pub(super) fn of_step(kind: Kind, run: RunId, path: &StepPath) -> Vec<u8> {
    let mut key = all(kind);
    put_step(&mut key, run, path);
    key
}

/// The records of a kind that belong to an execution; for [`Kind::Execution`] and [`Kind::Checkpoint`], its own key.
pub(super) fn of_execution(kind: Kind, execution: &ExecutionKey) -> Vec<u8> {
    let mut key = all(kind);
    put_execution(&mut key, execution);
    key
}

pub(super) fn blob(kind: Kind, digest: &Digest) -> Vec<u8> {
    let mut key = all(kind);
    key.extend_from_slice(digest.as_bytes());
    key
}

pub(super) fn comparison(id: ComparisonId) -> Vec<u8> {
    of_id(Kind::Comparison, id.0)
}

pub(super) fn batch(comparison: ComparisonId, id: Uuid) -> Vec<u8> {
    let mut key = of_id(Kind::Batch, comparison.0);
    key.extend_from_slice(id.as_bytes());
    key
}

pub(super) fn improvement(id: ImprovementId) -> Vec<u8> {
    of_id(Kind::Improvement, id.0)
}

/// A cell, by what went into it.
pub(super) fn cell(identity: &Digest) -> Vec<u8> {
    blob(Kind::Cell, identity)
}

pub(super) fn call(execution: &ExecutionKey, id: Uuid) -> Vec<u8> {
    let mut key = of_execution(Kind::Call, execution);
    key.extend_from_slice(id.as_bytes());
    key
}

pub(super) fn document(document: &DocumentKey) -> Vec<u8> {
    let mut key = of_execution(Kind::Document, &document.execution);
    key.extend_from_slice(document.name.as_bytes());
    key
}

pub(super) fn event(run: RunId, cursor: u64) -> Vec<u8> {
    let mut key = of_run(Kind::Event, run);
    key.extend_from_slice(&cursor.to_be_bytes());
    key
}

/// The cursor in the key of an event.
pub(super) fn cursor(key: &[u8]) -> u64 {
    match read(key) {
        Some(Named::Event(_, cursor)) => cursor,
        _ => 0,
    }
}

pub(super) fn memo(execution: &ExecutionKey, memo: MemoKey) -> Vec<u8> {
    let mut key = of_execution(Kind::Memo, execution);
    key.extend_from_slice(memo.question.as_bytes());
    key.extend_from_slice(&memo.occurrence.to_be_bytes());
    key
}

pub(super) fn prompt(name: &Name) -> Vec<u8> {
    let mut key = all(Kind::Prompt);
    key.extend_from_slice(name.as_str().as_bytes());
    key
}

/// The runs in which a step left calls or documents.
pub(super) fn runs_of_step(path: &StepPath) -> Vec<u8> {
    let mut key = all(Kind::StepRun);
    key.extend_from_slice(path.as_str().as_bytes());
    key.push(END);
    key
}

pub(super) fn step_run(path: &StepPath, run: RunId) -> Vec<u8> {
    let mut key = runs_of_step(path);
    key.extend_from_slice(run.0.as_bytes());
    key
}

/// A call in the order of all.
pub(super) fn call_in_order(call: &CallRecord) -> Vec<u8> {
    let mut key = of_id(Kind::CallInOrder, call.id);
    key.extend(self::call(&call.execution, call.id));
    key
}

/// The call that a key of [`call_in_order`] leads to.
pub(super) fn call_of_order(key: &[u8]) -> &[u8] {
    key.get(1 + 16..).unwrap_or_default()
}

/// The id that stands behind the kind; the lowest where none does.
pub(super) fn id_in(key: &[u8]) -> Uuid {
    let id = key.get(1..).and_then(|rest| rest.first_chunk());
    id.map_or(Uuid::nil(), |bytes| Uuid::from_bytes(*bytes))
}

pub(super) fn call_by_id(call: &CallRecord) -> Vec<u8> {
    let mut key = by_end_of_id(Kind::CallById, &call.id.to_string());
    key.extend(self::call(&call.execution, call.id));
    key
}

/// The call that a key of [`call_by_id`] leads to.
pub(super) fn call_of_id(key: &[u8]) -> &[u8] {
    key.get(1 + ID_TEXT..).unwrap_or_default()
}

/// A call whose answer may be given to an equal question; none where it may not.
pub(super) fn answered(call: &CallRecord) -> Option<Vec<u8>> {
    let question = call
        .reusable_as
        .filter(|_| call.state == CallState::Answered)?;
    let mut key = answers_to(&question);
    key.extend(self::call(&call.execution, call.id));
    Some(key)
}

/// With what the keys of [`answered`] begin that answer a question.
pub(super) fn answers_to(question: &Digest) -> Vec<u8> {
    let mut key = all(Kind::Answered);
    key.extend_from_slice(question.as_bytes());
    key
}

/// The call that a key of [`answered`] leads to.
pub(super) fn call_of_answer(key: &[u8]) -> &[u8] {
    key.get(1 + 32..).unwrap_or_default()
}

/// The characters of an id.
pub(super) const ID_TEXT: usize = 36;

/// What is found by the last characters of its id begins with them, read backwards.
pub(super) fn by_end_of_id(kind: Kind, text: &str) -> Vec<u8> {
    let mut key = all(kind);
    key.extend(text.bytes().rev());
    key
}

/// The id whose text was read backwards behind the kind.
pub(super) fn id_read_backwards(key: &[u8]) -> Option<Uuid> {
    let text: Vec<u8> = key.iter().skip(1).rev().copied().collect();
    Uuid::try_parse_ascii(&text).ok()
}

/// The totals of all groups of a step.
pub(super) fn groups_of_step(path: &StepPath) -> Vec<u8> {
    let mut key = all(Kind::GroupTotals);
    key.extend_from_slice(path.as_str().as_bytes());
    key.push(END);
    key
}

/// The key of a group holds the group itself, so that it can be read back.
pub(super) fn group(group: &CallGroup) -> Result<Vec<u8>, serde_json::Error> {
    let mut key = groups_of_step(&group.step);
    key.extend(serde_json::to_vec(group)?);
    Ok(key)
}

/// The totals of a group in one run.
pub(super) fn group_of_run(run: RunId, group: &CallGroup) -> Result<Vec<u8>, serde_json::Error> {
    let mut key = of_run(Kind::RunGroupTotals, run);
    key.extend(serde_json::to_vec(group)?);
    Ok(key)
}

pub(super) fn read_group_of_run(key: &[u8]) -> Option<(RunId, CallGroup)> {
    let group = serde_json::from_slice(key.get(1 + 16..)?).ok()?;
    Some((RunId(id_in(key)), group))
}

pub(super) fn read_group(key: &[u8]) -> Option<CallGroup> {
    let end = key.iter().position(|byte| *byte == END)?;
    serde_json::from_slice(&key[end + 1..]).ok()
}

/// What remains of removed runs in the totals under a key.
pub(super) fn of_removed(totals: &[u8]) -> Vec<u8> {
    let mut key = all(Kind::Removed);
    key.extend_from_slice(totals);
    key
}

pub(super) fn day(day: Date) -> Vec<u8> {
    let mut key = all(Kind::DayTotals);
    key.extend(day.to_string().bytes());
    key
}

pub(super) fn run_state(state: RunState) -> Result<Vec<u8>, serde_json::Error> {
    let mut key = all(Kind::RunStates);
    key.extend(serde_json::to_vec(&state)?);
    Ok(key)
}

pub(super) fn read_run_state(key: &[u8]) -> Option<RunState> {
    serde_json::from_slice(key.get(1..)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use stepwell_contract::Position;

    use super::*;

    fn path() -> impl Strategy<Value = StepPath> {
        prop::collection::vec("[a-c][a-c0_]{0,2}", 1..4)
            .prop_map(|ids| ids.join("/").parse().unwrap())
    }

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![0..3_u32, 254..258_u32, Just(u32::MAX)]
    }

    fn execution() -> impl Strategy<Value = ExecutionKey> {
        let position = (prop::option::of(number()), number())
            .prop_map(|(item, round)| Position { item, round });
        let at = prop::collection::vec(position, 0..4);
        (0..3_u128, path(), number(), at).prop_map(|(run, path, take, at)| ExecutionKey {
            run: RunId(Uuid::from_u128(run)),
            path,
            take,
            at,
        })
    }

    fn document_key() -> impl Strategy<Value = DocumentKey> {
        (execution(), "[a-b]{0,2}").prop_map(|(execution, name)| DocumentKey { execution, name })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn keys_sort_as_what_they_name(one in document_key(), other in document_key()) {
            let (first, second) = (document(&one), document(&other));
            prop_assert_eq!(first.cmp(&second), one.cmp(&other));
            let (one, other) = (&one.execution, &other.execution);
            let key = |execution| of_execution(Kind::Execution, execution);
            prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(other));
        }

        #[test]
        fn keys_can_be_read_back(key in document_key(), id: u128, n in number()) {
            let execution = &key.execution;
            let id = Uuid::from_u128(id);
            let memo_key = MemoKey { question: Digest::of(id), occurrence: n };
            let cases = [
                (of_execution(Kind::Execution, execution), Named::Execution(execution.clone())),
                (of_execution(Kind::Checkpoint, execution), Named::Checkpoint(execution.clone())),
                (call(execution, id), Named::Call(execution.clone(), id)),
                (memo(execution, memo_key), Named::Memo(execution.clone(), memo_key)),
                (event(RunId(id), n.into()), Named::Event(RunId(id), n.into())),
                (of_run(Kind::Run, RunId(id)), Named::Run(RunId(id))),
                (of_run(Kind::ScratchRun, RunId(id)), Named::Run(RunId(id))),
                (comparison(ComparisonId(id)), Named::Comparison(ComparisonId(id))),
                (improvement(ImprovementId(id)), Named::Improvement(ImprovementId(id))),
                (batch(ComparisonId(id), id), Named::Batch(ComparisonId(id), id)),
                (cell(&Digest::of(id)), Named::Cell(Digest::of(id))),
                (
                    step_run(&execution.path, RunId(id)),
                    Named::StepRun(execution.path.clone(), RunId(id)),
                ),
                (blob(Kind::Blob, &Digest::of(id)), Named::Blob(Digest::of(id))),
                (document(&key), Named::Document(key)),
            ];
            for (bytes, named) in cases {
                prop_assert_eq!(read(&bytes), Some(named));
            }
        }

        #[test]
        fn a_prefix_holds_its_records_and_no_others(one in document_key(), other in document_key()) {
            let bytes = document(&other);
            let (key, found) = (&one.execution, &other.execution);
            let holds = |prefix: Vec<u8>| range_of(&prefix).contains(&bytes);
            prop_assert_eq!(holds(of_run(Kind::Document, key.run)), key.run == found.run);
            prop_assert_eq!(
                holds(of_step(Kind::Document, key.run, &key.path)),
                (key.run, &key.path) == (found.run, &found.path)
            );
            prop_assert_eq!(holds(of_execution(Kind::Document, key)), key == found);
        }

        #[test]
        fn bytes_that_are_no_key_are_told(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            // It must give an answer, whatever a later build wrote.
            prop_assert!(!describe(&bytes).is_empty());
        }
    }
}
