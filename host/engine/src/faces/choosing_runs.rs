//! Which finished runs go, and what that leaves.
//!
//! Nothing here removes any.

use std::collections::BTreeSet;

use stepwell_contract::RunId;
use stepwell_store::{Freed, Leaving, RunRecord, StandsOn, Survey};

use crate::words::{KeptRun, WhatIsLeft};

/// Runs that go, while they are chosen.
pub(super) struct Choice<'s> {
    survey: &'s Survey,
    leaving: Leaving<'s>,
    /// What nobody needs without any run going.
    unneeded: Freed,
    ids: BTreeSet<RunId>,
    going: Vec<RunRecord>,
    kept: Vec<KeptRun>,
}

impl<'s> Choice<'s> {
    pub(super) fn of(survey: &'s Survey) -> Self {
        let leaving = survey.leaving();
        Self {
            survey,
            unneeded: leaving.freed(),
            leaving,
            ids: BTreeSet::new(),
            going: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// A run goes.
    pub(super) fn take(&mut self, run: RunRecord) {
        if self.ids.insert(run.id) {
            self.leaving.add(run.id);
            self.going.push(run);
        }
    }

    /// A run goes, unless something stands on it.
    pub(super) fn take_if_it_may(&mut self, run: RunRecord) {
        match self.survey.named_by(run.id) {
            None => self.take(run),
            Some(by) => self.kept.push(KeptRun {
                run: run.id,
                because_of: by.to_string(),
                comparison: match by {
                    StandsOn::Comparison(comparison) => Some(*comparison),
                    StandsOn::Run(_) | StandsOn::Unreadable(_) => None,
                },
            }),
        }
    }

    /// The oldest of these go, newest first, until all takes at most so many bytes.
    pub(super) fn take_until(&mut self, bytes: u64, mut newest_first: Vec<RunRecord>) {
        while self.bytes_left() > bytes
            && let Some(oldest) = newest_first.pop()
        {
            self.take_if_it_may(oldest);
        }
    }

    /// What all takes without those that go.
    fn bytes_left(&self) -> u64 {
        let freed = self.leaving.freed().bytes;
        self.survey.bytes().saturating_sub(freed)
    }

    /// What is left, and of what.
    pub(super) fn left(
        &self,
        wanted: u64,
        unfinished: &BTreeSet<RunId>,
        comparisons: &BTreeSet<RunId>,
    ) -> WhatIsLeft {
        let unneeded = self.unneeded.bytes;
        let of = |runs| self.survey.free_without(runs).bytes - unneeded;
        let stood_on = self.kept.iter().map(|kept| kept.run).collect();
        WhatIsLeft {
            wanted,
            bytes: self.bytes_left(),
            unfinished: of(unfinished),
            stood_on: of(&stood_on),
            comparisons: of(comparisons),
        }
    }

    /// Those that go, oldest first; those that something stands on; and what only the former use.
    pub(super) fn settled(mut self) -> (Vec<RunRecord>, Vec<KeptRun>, Freed) {
        self.going.sort_by_key(|run| run.id);
        let freed = self.leaving.freed();
        let freed = Freed {
            blobs: freed.blobs - self.unneeded.blobs,
            bytes: freed.bytes - self.unneeded.bytes,
        };
        (self.going, self.kept, freed)
    }
}
