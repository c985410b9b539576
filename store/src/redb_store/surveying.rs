//! Looks through all records and blobs for the digests that they name.
//!
//! A digest is always written as `sha256:` and 64 hexadecimal digits. So one counts as a reference wherever it stands: in a field
//! of a later build, in a kind of record that this one doesn't know, and in the bytes of another blob. A text that happens to
//! name one keeps it; that is the safe side. Nothing here removes anything.

use std::collections::BTreeMap;

use redb::ReadableTableMetadata as _;
use stepwell_contract::{Digest, RunId, Undertaking};

use super::blobs::{Blobs, Found, LARGE, LargeBlob, read_file};
use super::failure::Trouble;
use super::keys::{self, Kind, Named};
use super::table::{Records, Table as _};
use super::{codec, frame, hidden, kept};
use crate::StoreError;
use crate::records::{CellRecord, RunRecord};
use crate::survey::{StandsOn, Survey, Users};

const PREFIX: &[u8] = b"sha256:";
const HEX: usize = 64;
/// The most bytes of a blob in the table, with its key and its frame.
const LARGEST_IN_TABLE: u64 = LARGE as u64 + 64;
/// The characters of the id of a run.
const ID: usize = 36;

/// Who needs what.
pub(super) fn survey(records: &Records, blobs: &Blobs) -> Result<Survey, Trouble> {
    let mut survey = Survey {
        named_by: stood_on(records)?,
        ..Survey::default()
    };
    let mut waiting = BTreeMap::new();
    for record in records.range::<&[u8]>(..)? {
        let (key, value) = record?;
        match look(&mut survey, &mut waiting, key.value(), value.value()) {
            Err(Trouble::Store(error)) => survey.unreadable.push(error),
            looked => looked?,
        }
    }
    survey.unreadable.extend(hidden::errors(records)?);
    while let Some((digest, users)) = waiting.pop_first() {
        // Of a blob that a record names and that isn't there, nothing can be freed.
        if !survey.blobs.contains_key(&digest) {
            continue;
        }
        if !survey.needed.entry(digest).or_default().add(&users) {
            continue;
        }
        match bytes_of(records, blobs, &digest) {
            Err(Trouble::Store(error)) => survey.unreadable.push(error),
            Err(trouble) => return Err(trouble),
            Ok(bytes) => named_in(&bytes, &users, &mut waiting),
        }
    }
    let files = blobs.files_of_none(survey.blobs.keys()).into_iter();
    survey.left_behind = files.map(|(_, bytes)| bytes).collect();
    survey.weigh(&records.stats()?);
    Ok(survey)
}

fn bytes_of(records: &Records, blobs: &Blobs, digest: &Digest) -> Result<Vec<u8>, Trouble> {
    Ok(match blobs.find(records, digest)? {
        Some(Found::Bytes(bytes)) => bytes.into(),
        Some(Found::File(file)) => read_file(digest, &file)?.into(),
        None => Vec::new(),
    })
}

impl Survey {
    /// Adds to what is in the table what the table itself takes for it: from here on it is bytes of the disk.
    fn weigh(&mut self, table: &redb::TableStats) {
        let stored = u128::from(table.stored_bytes()).max(1);
        let all = table.stored_bytes() + table.metadata_bytes() + table.fragmented_bytes();
        let weigh = |bytes: &mut u64| {
            let weighed = u128::from(*bytes) * u128::from(all) / stored;
            *bytes = u64::try_from(weighed).unwrap_or(*bytes);
        };
        self.records.values_mut().for_each(weigh);
        let in_table = |bytes: &&mut u64| **bytes <= LARGEST_IN_TABLE;
        self.blobs.values_mut().filter(in_table).for_each(weigh);
        weigh(&mut self.all_records);
    }
}

/// The runs that other runs, and comparisons, name, each with the first that does.
pub(super) fn stood_on(records: &Records) -> Result<BTreeMap<RunId, StandsOn>, Trouble> {
    let mut stood_on = BTreeMap::new();
    for kind in STANDING {
        for record in records.below(&keys::all(kind))? {
            let (key, value) = record?;
            let own = match keys::read(key.value()) {
                Some(Named::Run(own)) => Some(own),
                _ => None,
            };
            // What can't be read may name one all the same.
            let payload = frame::unchecked(value.value()).unwrap_or_default();
            for other in ids_in(payload).filter(|other| Some(*other) != own) {
                let by = stood_on.entry(other);
                by.or_insert_with(|| who_stands(key.value(), value.value()));
            }
        }
    }
    Ok(stood_on)
}

/// The kinds of records that name runs that they stand on.
const STANDING: [Kind; 4] = [Kind::Run, Kind::ScratchRun, Kind::Comparison, Kind::Cell];

/// The error of the first record that can't be read of those that name runs.
pub(super) fn all_stand_somewhere(records: &Records) -> Result<(), Trouble> {
    for kind in STANDING {
        for record in records.below(&keys::all(kind))? {
            let (key, value) = record?;
            frame::within(key.value(), value.value())?;
        }
    }
    // Nobody knows what one stands on that can't be found.
    match hidden::errors(records)?.pop() {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// What a record is of, for whoever wants to remove what it names.
fn who_stands(key: &[u8], value: &[u8]) -> StandsOn {
    let comparison = match keys::read(key) {
        Some(Named::Comparison(id)) => Some(id),
        Some(Named::Run(run)) => match codec::decode::<RunRecord>(key, value) {
            Ok(record) => match record.scratch {
                Some(scratch) => Some(scratch.comparison),
                None => return StandsOn::Run(run),
            },
            Err(_) => None,
        },
        Some(Named::Cell(_)) => {
            let cell = codec::decode::<CellRecord>(key, value);
            cell.ok().map(|cell| cell.comparison)
        }
        _ => None,
    };
    comparison.map_or_else(
        || StandsOn::Unreadable(keys::describe(key)),
        StandsOn::Comparison,
    )
}

/// Notes what one record is, whose, and what it names.
fn look(
    survey: &mut Survey,
    waiting: &mut BTreeMap<Digest, Users>,
    key: &[u8],
    value: &[u8],
) -> Result<(), Trouble> {
    let size = (key.len() + value.len()) as u64;
    survey.all_records += size;
    let named = keys::read(key);
    match named {
        Some(Named::Blob(digest)) => {
            survey.all_records -= size;
            survey.blobs.insert(digest, size);
            return Ok(());
        }
        Some(Named::LargeBlob(digest)) => {
            let large: LargeBlob = codec::decode(key, value)?;
            survey.blobs.insert(digest, large.bytes);
            return Ok(());
        }
        _ => {}
    }
    let run = run_of(key, value, named.as_ref());
    if let Some(run) = run {
        *survey.records.entry(run).or_default() += size;
    }
    if kept::follows(key) {
        return Ok(());
    }
    let payload = frame::within(key, value)?;
    let users = Users {
        runs: run.into_iter().collect(),
        others: run.is_none(),
    };
    named_in(payload, &users, waiting);
    Ok(())
}

/// The run that a record goes with; of a comparison, the id of its log.
fn run_of(key: &[u8], value: &[u8], named: Option<&Named>) -> Option<RunId> {
    // What follows from a run goes with it.
    let is = |kind: Kind| key.first() == Some(&(kind as u8));
    let call = if is(Kind::CallInOrder) {
        keys::call_of_order(key)
    } else if is(Kind::CallById) {
        keys::call_of_id(key)
    } else if is(Kind::Answered) {
        keys::call_of_answer(key)
    } else {
        &[]
    };
    match keys::read(call).as_ref().or(named) {
        None if is(Kind::RunById) => keys::id_read_backwards(key).map(RunId),
        None if is(Kind::RunTotals) => Some(RunId(keys::id_in(key))),
        None => None,
        Some(named) => run_named(value, key, named),
    }
}

fn run_named(value: &[u8], key: &[u8], named: &Named) -> Option<RunId> {
    match named {
        Named::Run(run) | Named::Event(run, _) | Named::StepRun(_, run) => Some(*run),
        Named::Comparison(comparison) => Some(Undertaking::from(*comparison).log()),
        Named::Cell(_) => {
            let cell = codec::decode::<CellRecord>(key, value).ok()?;
            Some(cell.execution.run)
        }
        Named::Call(execution, _)
        | Named::Memo(execution, _)
        | Named::Checkpoint(execution)
        | Named::Execution(execution) => Some(execution.run),
        Named::Document(document) => Some(document.execution.run),
        _ => None,
    }
}

/// Notes the digests that some bytes name.
fn named_in(bytes: &[u8], users: &Users, waiting: &mut BTreeMap<Digest, Users>) {
    let mut rest = bytes;
    while let Some(at) = position(rest) {
        rest = &rest[at + PREFIX.len()..];
        let hex = rest
            .get(..HEX)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let digest = hex.and_then(|hex| format!("sha256:{hex}").parse().ok());
        if let Some(digest) = digest {
            waiting.entry(digest).or_default().add(users);
        }
    }
}

fn position(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let next = bytes.get(from..)?.iter().position(|byte| *byte == b's')?;
        if bytes[from + next..].starts_with(PREFIX) {
            return Some(from + next);
        }
        from += next + 1;
    }
}

/// The ids of runs that stand in a record.
fn ids_in(payload: &[u8]) -> impl Iterator<Item = RunId> {
    let quoted = payload.windows(ID + 2);
    let quoted = quoted.filter(|text| text[0] == b'"' && text[ID + 1] == b'"');
    quoted.filter_map(|text| {
        let id = std::str::from_utf8(&text[1..=ID]).ok()?;
        id.parse().ok()
    })
}

/// The error of whoever would free something while nobody knows what is needed.
pub(super) fn unsure(survey: &Survey) -> Result<(), StoreError> {
    survey
        .unreadable
        .first()
        .map_or(Ok(()), |error| Err(error.clone()))
}
