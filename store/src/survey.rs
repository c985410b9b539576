//! Who needs what in a store: what would be free without some runs, and what nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Digest, RunId};

use crate::StoreError;

/// How much is free, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freed {
    /// How many blobs.
    pub blobs: u64,
    /// How many bytes of blobs and records; a database keeps some of them for what is written next, until it is compacted.
    pub bytes: u64,
}

/// A copy that was made.
#[derive(Debug, Clone, Default)]
pub struct BackedUp {
    /// The bytes that it takes.
    pub bytes: u64,
    /// What of the store can't be read, and so can't be read in the copy either.
    pub unreadable: Vec<StoreError>,
}

/// Who needs what, as it was at one moment.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The bytes of the records of each run.
    pub(crate) records: BTreeMap<RunId, u64>,
    /// Every blob with its bytes.
    pub(crate) blobs: BTreeMap<Digest, u64>,
    /// The blobs that somebody needs, with who does.
    pub(crate) needed: BTreeMap<Digest, Users>,
    /// What other runs, and comparisons, name a run: it isn't removed before them.
    pub(crate) named_by: BTreeMap<RunId, String>,
    /// Bytes of all records.
    pub(crate) all_records: u64,
    /// What can't be read. Nobody knows what it needs.
    pub(crate) unreadable: Vec<StoreError>,
}

/// Who needs a blob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Users {
    /// Runs.
    pub(crate) runs: BTreeSet<RunId>,
    /// Whether something else does, such as a prompt.
    pub(crate) others: bool,
}

impl Users {
    /// Adds others; says whether that changed anything.
    pub(crate) fn add(&mut self, more: &Self) -> bool {
        let before = (self.runs.len(), self.others);
        self.runs.extend(&more.runs);
        self.others |= more.others;
        before != (self.runs.len(), self.others)
    }
}

impl Survey {
    /// The bytes of all that is stored.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.all_records + self.blobs.values().sum::<u64>()
    }

    /// What stands on a run, such as a comparison of its documents: for a person.
    #[must_use]
    pub fn named_by(&self, run: RunId) -> Option<&str> {
        self.named_by.get(&run).map(String::as_str)
    }

    /// The first thing that can't be read: as long as there is one, no blob is known to be unneeded.
    #[must_use]
    pub fn unreadable(&self) -> Option<&StoreError> {
        self.unreadable.first()
    }

    /// The blobs that nobody needs, or nobody but these runs.
    pub(crate) fn unneeded_without<'s>(
        &'s self,
        runs: &'s BTreeSet<RunId>,
    ) -> impl Iterator<Item = (&'s Digest, u64)> {
        let needed = move |digest: &Digest| {
            let users = self.needed.get(digest);
            users.is_some_and(|users| users.others || !users.runs.is_subset(runs))
        };
        let known = self.unreadable.is_empty();
        let blobs = self.blobs.iter().filter(move |_| known);
        blobs
            .filter(move |(digest, _)| !needed(digest))
            .map(|(digest, bytes)| (digest, *bytes))
    }

    /// What is free without these runs, what nobody needs today included.
    #[must_use]
    pub fn free_without(&self, runs: &BTreeSet<RunId>) -> Freed {
        let records = runs.iter().filter_map(|run| self.records.get(run));
        let mut freed = Freed {
            blobs: 0,
            bytes: records.sum(),
        };
        for (_, bytes) in self.unneeded_without(runs) {
            freed.blobs += 1;
            freed.bytes += bytes;
        }
        freed
    }
}
