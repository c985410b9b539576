//! Where calls are among the entries of a cassette, so that none is looked for among all.

use std::collections::BTreeMap;

use super::CallPlace;

/// The calls by their places.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// The numbers of the entries that have a place.
    at: BTreeMap<CallPlace, Vec<usize>>,
    /// What the last call of each execution has as its number in it; the key has 0.
    last: BTreeMap<CallPlace, u32>,
}

impl Index {
    /// The numbers of the entries with this place, in the order of the file.
    pub(super) fn at(&self, place: &CallPlace) -> &[usize] {
        self.at.get(place).map_or(&[], Vec::as_slice)
    }

    /// What a call has as its number that follows those of the same execution, whatever number it has itself.
    pub(super) fn next_beside(&self, place: &CallPlace) -> u32 {
        let last = self.last.get(&execution_of(place));
        last.map_or(0, |last| last.saturating_add(1))
    }

    pub(super) fn add(&mut self, place: &CallPlace, number: usize) {
        self.last.insert(execution_of(place), place.sequence);
        self.at.entry(place.clone()).or_default().push(number);
    }
}

fn execution_of(place: &CallPlace) -> CallPlace {
    CallPlace {
        sequence: 0,
        ..place.clone()
    }
}
