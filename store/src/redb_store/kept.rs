//! What is asked often, kept beside the records instead of counted anew: totals, and where a record is found by its id or
//! its place in the order of all.
//!
//! It all follows from runs and calls, and changes in the transaction that changes them. A build that doesn't know of it
//! leaves it behind, which shows: it says of which transaction it is true. Then it is made anew, by the next transaction,
//! and counted for each reader before that. Nothing here is the only place of anything.

use std::collections::BTreeMap;

use redb::StorageError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stepwell_contract::{REPLAY, day_of};

use super::codec;
use super::draft::{Draft, number, true_of};
use super::failure::Trouble;
use super::frame;
use super::keys::{self, Kind};
use super::removing;
use super::table::Table;
use crate::records::{CallGroup, CallRecord, CallTotals, RunRecord, RunState};

/// Every kind of what is kept.
const KINDS: [Kind; 10] = [
    Kind::Answered,
    Kind::CallInOrder,
    Kind::GroupTotals,
    Kind::RunTotals,
    Kind::RunReplayed,
    Kind::RunGroupTotals,
    Kind::CallById,
    Kind::RunById,
    Kind::DayTotals,
    Kind::RunStates,
];

/// After how many calls somebody who waits for them is told so.
const TOLD_EVERY: usize = 50_000;

/// A key of what is kept with its value; none is to be removed.
pub(super) type Entry = (Vec<u8>, Option<Vec<u8>>);

/// How changed records change what is kept.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Keys that say all by being there, and whether they are.
    marks: BTreeMap<Vec<u8>, bool>,
    /// Differences of totals.
    totals: BTreeMap<Vec<u8>, CallTotals>,
    /// Differences of how many runs are in a state; they wrap around.
    states: BTreeMap<RunState, u64>,
}

impl Tally {
    /// A run's record was replaced. Cells of comparisons are runs that nobody counts.
    pub(super) fn run(&mut self, old: Option<&RunRecord>, new: &RunRecord) {
        let by_id = keys::by_end_of_id(Kind::RunById, &new.id.0.to_string());
        match old {
            Some(old) => {
                let count = self.states.entry(old.state).or_default();
                *count = count.wrapping_sub(1);
            }
            None => drop(self.marks.insert(by_id, true)),
        }
        let count = self.states.entry(new.state).or_default();
        *count = count.wrapping_add(1);
    }

    /// A call's record was replaced.
    pub(super) fn call(
        &mut self,
        old: Option<&CallRecord>,
        new: &CallRecord,
    ) -> Result<(), Trouble> {
        if let Some(key) = keys::answered(new) {
            self.marks.insert(key, true);
        }
        if let Some(old) = old {
            self.change(old, CallTotals::take_away)?;
            // Its id is in the key of the record, and so the same.
        } else {
            self.marks.insert(keys::call_by_id(new), true);
            self.marks.insert(keys::call_in_order(new), true);
        }
        self.change(new, CallTotals::add)
    }

    /// A run is removed with its calls; gives what remains of them in the totals of steps and days.
    pub(super) fn leaves(
        &mut self,
        run: Option<&RunRecord>,
        calls: &[CallRecord],
    ) -> Result<BTreeMap<Vec<u8>, CallTotals>, Trouble> {
        if let Some(run) = run {
            let by_id = keys::by_end_of_id(Kind::RunById, &run.id.0.to_string());
            self.marks.insert(by_id, false);
            let count = self.states.entry(run.state).or_default();
            *count = count.wrapping_sub(1);
        }
        let mut leaving = Self::default();
        for call in calls {
            self.marks.insert(keys::call_in_order(call), false);
            self.marks.insert(keys::call_by_id(call), false);
            self.marks
                .extend(keys::answered(call).map(|key| (key, false)));
            leaving.change(call, CallTotals::add)?;
        }
        let mut remaining = leaving.totals;
        let kinds = [Kind::RunTotals, Kind::RunReplayed, Kind::RunGroupTotals];
        let of_run = |key: &[u8]| kinds.iter().any(|kind| key.first() == Some(&(*kind as u8)));
        for (key, gone) in remaining.extract_if(.., |key, _| of_run(key)) {
            self.totals.entry(key).or_default().take_away(&gone);
        }
        Ok(remaining)
    }

    fn change(
        &mut self,
        call: &CallRecord,
        change: fn(&mut CallTotals, &CallTotals),
    ) -> Result<(), Trouble> {
        let group = CallGroup::of(call);
        let run = call.execution.run;
        let keys = keys::group(&group)
            .and_then(|key| Ok([key, keys::group_of_run(run, &group)?]))
            .map_err(|error| {
                codec::unreadable(&keys::groups_of_step(&group.step), error.to_string())
            })?;
        let all: CallTotals = [call].into_iter().collect();
        let of_run = keys::of_run(Kind::RunTotals, run);
        let replayed = (call.provider == REPLAY).then(|| keys::of_run(Kind::RunReplayed, run));
        for key in keys.into_iter().chain([of_run]).chain(replayed) {
            change(self.totals.entry(key).or_default(), &all);
        }
        for attempt in &call.attempts {
            let mut alone = CallTotals::default();
            alone.add_attempt(attempt);
            // A budget counts what was sent on a day, and a call may be sent again on the next.
            let day = keys::day(day_of(attempt.started_at));
            change(self.totals.entry(day).or_default(), &alone);
        }
        Ok(())
    }

    /// What has to be written; `stored` gives what is there.
    pub(super) fn entries(
        self,
        stored: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Trouble>,
    ) -> Result<Vec<Entry>, Trouble> {
        let mut entries = Vec::new();
        for (key, there) in self.marks {
            if stored(&key)?.is_some() != there {
                let value = there.then(|| frame::around(&key, &[]));
                entries.push((key, value));
            }
        }
        // What came to nothing needs no writing, such as a run that is where it was.
        let totals = self.totals.into_iter();
        for (key, difference) in totals.filter(|(_, difference)| !difference.is_empty()) {
            let mut totals: CallTotals = decoded(&key, stored(&key)?)?;
            totals.add(&difference);
            let value = encoded(&key, &totals, totals.is_empty())?;
            entries.push((key, value));
        }
        let states = self.states.into_iter();
        for (state, difference) in states.filter(|(_, difference)| *difference != 0) {
            let key = keys::run_state(state)
                .map_err(|error| codec::unreadable(b"q", error.to_string()))?;
            let count: u64 = decoded(&key, stored(&key)?)?;
            let count = count.wrapping_add(difference);
            let value = encoded(&key, &count, count == 0)?;
            entries.push((key, value));
        }
        Ok(entries)
    }
}

fn decoded<T: DeserializeOwned + Default>(
    key: &[u8],
    value: Option<Vec<u8>>,
) -> Result<T, Trouble> {
    let value = value.map(|value| codec::decode(key, &value));
    Ok(value.transpose()?.unwrap_or_default())
}

/// What is empty isn't kept, so that what grew is the same as what was made anew.
fn encoded(key: &[u8], value: &impl Serialize, empty: bool) -> Result<Option<Vec<u8>>, Trouble> {
    let value = (!empty).then(|| codec::encode(key, value));
    Ok(value.transpose()?)
}

/// Whether what stands under a key follows from the records.
pub(super) fn follows(key: &[u8]) -> bool {
    let kept = KINDS.iter().chain([&Kind::Kept]);
    kept.into_iter()
        .any(|kind| key.first() == Some(&(*kind as u8)))
}

/// Whether what is kept is true of the last transaction.
pub(super) fn is_current(records: &impl Table) -> Result<bool, StorageError> {
    let get = |kind| -> Result<_, StorageError> {
        let value = records.get(keys::all(kind).as_slice())?;
        Ok(value.map(|value| value.value().to_vec()))
    };
    let sequence = get(Kind::Sequence)?;
    let last = sequence.and_then(|value| number(&keys::all(Kind::Sequence), &value));
    let kept = get(Kind::Kept)?;
    // A number that is damaged is true of nothing.
    Ok(match last {
        Some(last) => kept == Some(true_of(&last.to_be_bytes()).1),
        None => kept.is_none() && get(Kind::Sequence)?.is_none(),
    })
}

/// Makes what is kept anew, unless it is true.
pub(super) fn catch_up(draft: &mut Draft<'_>) -> Result<(), Trouble> {
    if is_current(&draft.table)? {
        return Ok(());
    }
    let entries = counted(&draft.table)?;
    draft.make_anew(&KINDS, entries)
}

/// All that is to be kept, counted from the records.
fn counted(records: &impl Table) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Trouble> {
    let mut tally = Tally::default();
    // A record that can't be read is in no listing, and counts nowhere.
    for record in records.below(&keys::all(Kind::Run))? {
        let (key, value) = record?;
        if let Ok(run) = codec::decode(key.value(), value.value()) {
            tally.run(None, &run);
        }
    }
    for (number, record) in (1..).zip(records.below(&keys::all(Kind::Call))?) {
        let (key, value) = record?;
        if let Ok(call) = codec::decode(key.value(), value.value()) {
            tally.call(None, &call)?;
        }
        if number % TOLD_EVERY == 0 {
            tracing::warn!("the totals of calls are made anew: {number} calls so far");
        }
    }
    for record in records.below(&keys::all(Kind::Removed))? {
        let (key, value) = record?;
        if let Ok((key, totals)) = removing::read_remaining(key.value(), value.value()) {
            tally.totals.entry(key).or_default().add(&totals);
        }
    }
    let entries = tally.entries(|_| Ok(None))?.into_iter();
    let entries = entries.filter_map(|(key, value)| Some((key, value?)));
    Ok(entries.collect())
}

/// Calls `each` with what is kept whose key begins so, the last first, until it says `false`.
pub(super) fn each(
    records: &impl Table,
    prefix: &[u8],
    mut each: impl FnMut(&[u8], &[u8]) -> bool,
) -> Result<(), Trouble> {
    if is_current(records)? {
        for record in records.below(prefix)?.rev() {
            let (key, value) = record?;
            if !each(key.value(), value.value()) {
                break;
            }
        }
    } else {
        let counted = counted(records)?;
        for (key, value) in counted.range(keys::range_of(prefix)).rev() {
            if !each(key, value) {
                break;
            }
        }
    }
    Ok(())
}

/// Values of what is kept with their keys, the last first. Where one of them makes no sense, all are counted.
pub(super) fn all<T: DeserializeOwned>(
    records: &impl Table,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, T)>, Trouble> {
    let mut found = Vec::new();
    let mut sound = true;
    each(records, prefix, |key, value| {
        match codec::decode(key, value) {
            Ok(value) => found.push((key.to_vec(), value)),
            Err(_) => sound = false,
        }
        sound
    })?;
    if sound {
        return Ok(found);
    }
    let counted = counted(records)?;
    let range = counted.range(keys::range_of(prefix)).rev();
    let value = |(key, value): (&Vec<u8>, &Vec<u8>)| Ok((key.clone(), codec::decode(key, value)?));
    range.map(value).collect()
}

/// Whether what is kept is what the records say.
pub(super) fn holds(records: &impl Table) -> Result<bool, Trouble> {
    if !is_current(records)? {
        // It is made anew before anybody is told it.
        return Ok(true);
    }
    let mut kept = BTreeMap::new();
    for kind in KINDS {
        each(records, &keys::all(kind), |key, value| {
            kept.insert(key.to_vec(), value.to_vec());
            true
        })?;
    }
    Ok(kept == counted(records)?)
}
