//! What a run did to one file, outcome by outcome, and which texts of it are kept (rule E14).
//!
//! It looks at records alone, and changes nothing.

use std::collections::BTreeSet;

use stepwell_contract::Digest;
use stepwell_store::{ExecutionRecord, FileChange};

/// What a run did to one path: its outcomes in their order, each with the place of the path in its manifest.
pub(super) struct History(pub(super) Vec<(ExecutionRecord, usize)>);

/// What a file is given back where nothing else is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Before {
    /// The text; none is no file.
    pub(super) text: Option<Digest>,
    /// Whether it is what somebody else made of the file, since the run began.
    pub(super) of_others: bool,
}

impl History {
    pub(super) fn of(outcomes: &[ExecutionRecord], path: &str) -> Self {
        let with_place = |execution: &ExecutionRecord| {
            let place = place_in(&execution.files, path)?;
            Some((execution.clone(), place))
        };
        Self(outcomes.iter().filter_map(with_place).collect())
    }

    /// As [`History::of`], of what a person said no to: the places are those among what was dropped.
    pub(super) fn of_dropped(outcomes: &[ExecutionRecord], path: &str) -> Self {
        let with_place = |execution: &ExecutionRecord| {
            let place = place_in(&execution.dropped, path)?;
            let mut execution = execution.clone();
            execution.files.clone_from(&execution.dropped);
            Some((execution, place))
        };
        Self(outcomes.iter().filter_map(with_place).collect())
    }

    pub(super) fn changes(&self) -> impl DoubleEndedIterator<Item = &FileChange> {
        self.0
            .iter()
            .map(|(execution, place)| &execution.files[*place])
    }

    /// What is restored: the last of the texts that somebody else wrote, whether the run saw it or not, else what was there
    /// before the run. Outside is that the run wrote nothing there.
    pub(super) fn before(&self) -> Option<Before> {
        let changes: Vec<&FileChange> = self.changes().collect();
        let (first, later) = changes.split_first()?;
        let others = |text| Before {
            text,
            of_others: true,
        };
        for (place, change) in later.iter().enumerate().rev() {
            if let Some(other) = &change.foreign {
                return Some(others(other.digest));
            }
            let of_run = changes[..=place].iter().any(|it| it.after == change.before);
            if change.before.is_some() && !of_run {
                return Some(others(change.before));
            }
        }
        let as_found = Before {
            text: first.before,
            of_others: false,
        };
        let foreign = first.foreign.as_ref();
        Some(foreign.map_or(as_found, |other| others(other.digest)))
    }

    /// Every text that is kept: those that the run found there, its own, and those that it replaced.
    fn texts(&self) -> impl Iterator<Item = Digest> {
        self.changes().flat_map(|file| {
            let other = file.foreign.as_ref().and_then(|other| other.digest);
            [file.before, file.after, other].into_iter().flatten()
        })
    }

    /// Whether a text is kept.
    pub(super) fn knows(&self, digest: Digest) -> bool {
        self.texts().any(|kept| kept == digest)
    }

    /// The one text whose digest begins like this, with `sha256:` before it or not.
    pub(super) fn named(&self, given: &str) -> Option<Digest> {
        let hex = given.strip_prefix("sha256:").unwrap_or(given);
        let fits = |digest: &Digest| !hex.is_empty() && digest.hex().starts_with(hex);
        let fitting: BTreeSet<Digest> = self.texts().filter(fits).collect();
        let mut fitting = fitting.into_iter();
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

fn place_in(files: &[FileChange], path: &str) -> Option<usize> {
    files.iter().position(|file| file.path == path)
}
