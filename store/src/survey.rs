//! Who needs what in a store: what would be free without some runs, and what nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use stepwell_contract::{ComparisonId, Digest, RunId};

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
    /// The bytes of the records of each run, and of each comparison under the id of its log.
    pub(crate) records: BTreeMap<RunId, u64>,
    /// Every blob with its bytes.
    pub(crate) blobs: BTreeMap<Digest, u64>,
    /// The blobs that somebody needs, with who does.
    pub(crate) needed: BTreeMap<Digest, Users>,
    /// What other runs, and comparisons, name a run: it isn't removed before them.
    pub(crate) named_by: BTreeMap<RunId, StandsOn>,
    /// Bytes of all records.
    pub(crate) all_records: u64,
    /// The bytes of each file of a blob that no record names: of a commit that was never made, or one under way.
    pub(crate) left_behind: Vec<u64>,
    /// What can't be read. Nobody knows what it needs.
    pub(crate) unreadable: Vec<StoreError>,
}

/// What needs a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandsOn {
    /// Another run.
    Run(RunId),
    /// A comparison, or one of its cells.
    Comparison(ComparisonId),
    /// A record that can't be read, for a person.
    Unreadable(String),
}

impl fmt::Display for StandsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => write!(f, "run {run}"),
            Self::Comparison(comparison) => write!(f, "comparison {comparison}"),
            Self::Unreadable(what) => f.write_str(what),
        }
    }
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
    /// The bytes that all takes which is stored, once the store is compacted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.all_records + self.blobs.values().sum::<u64>()
    }

    /// What stands on a run, such as a comparison of its documents.
    #[must_use]
    pub fn named_by(&self, run: RunId) -> Option<&StandsOn> {
        self.named_by.get(&run)
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
        if self.unreadable.is_empty() {
            freed.blobs += self.left_behind.len() as u64;
            freed.bytes += self.left_behind.iter().sum::<u64>();
        }
        for (_, bytes) in self.unneeded_without(runs) {
            freed.blobs += 1;
            freed.bytes += bytes;
        }
        freed
    }
}

/// What becomes free while runs go, one after the other.
#[derive(Debug)]
pub struct Leaving<'s> {
    survey: &'s Survey,
    /// The blobs of each run that nothing but runs needs.
    blobs_of: BTreeMap<RunId, Vec<&'s Digest>>,
    /// How many of the runs that stay need them.
    needed_by: BTreeMap<&'s Digest, usize>,
    freed: Freed,
}

impl Survey {
    /// Before any run goes: what nobody needs today is free already.
    #[must_use]
    pub fn leaving(&self) -> Leaving<'_> {
        let mut leaving = Leaving {
            survey: self,
            blobs_of: BTreeMap::new(),
            needed_by: BTreeMap::new(),
            freed: self.free_without(&BTreeSet::new()),
        };
        // Where something can't be read, no blob is known to be unneeded.
        let needed = self.needed.iter().filter(|_| self.unreadable.is_empty());
        for (digest, users) in needed.filter(|(_, users)| !users.others) {
            leaving.needed_by.insert(digest, users.runs.len());
            for run in &users.runs {
                leaving.blobs_of.entry(*run).or_default().push(digest);
            }
        }
        leaving
    }
}

impl Leaving<'_> {
    /// One more run goes.
    pub fn add(&mut self, run: RunId) {
        self.freed.bytes += self.survey.records.get(&run).copied().unwrap_or_default();
        // Who is added twice leaves nothing more.
        for digest in self.blobs_of.remove(&run).unwrap_or_default() {
            let Some(needed_by) = self.needed_by.get_mut(digest) else {
                continue;
            };
            *needed_by -= 1;
            if *needed_by == 0 {
                self.freed.blobs += 1;
                self.freed.bytes += self.survey.blobs.get(digest).copied().unwrap_or_default();
            }
        }
    }

    /// What is free by now.
    #[must_use]
    pub fn freed(&self) -> Freed {
        self.freed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn what_leaves_one_by_one_frees_what_all_of_it_frees_at_once(
            needs in prop::collection::vec((0..6_u8, 0..5_u128), 0..40),
            others in prop::collection::btree_set(0..6_u8, 0..3),
            going in prop::collection::btree_set(0..5_u128, 0..5),
        ) {
            let (blob, run) = (|n: u8| Digest::of([n]), |n| RunId(Uuid::from_u128(n)));
            let mut survey = Survey::default();
            survey.blobs.extend((0..6).map(|n| (blob(n), 100 + u64::from(n))));
            survey.records.extend((0..5).map(|n| (run(n), 7)));
            for (digest, by) in needs {
                survey.needed.entry(blob(digest)).or_default().runs.insert(run(by));
            }
            for digest in others {
                survey.needed.entry(blob(digest)).or_default().others = true;
            }
            let going: BTreeSet<_> = going.into_iter().map(run).collect();
            let mut leaving = survey.leaving();
            going.iter().for_each(|run| leaving.add(*run));
            prop_assert_eq!(leaving.freed(), survey.free_without(&going));
        }
    }
}
