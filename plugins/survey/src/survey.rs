//! A survey as it goes: what is listed is sorted, what is read is taken, and the documents are what it comes to.
//!
//! It reads nothing itself: whoever has the files hands in what [`Survey::wants`] names, in any order.

use std::collections::BTreeMap;

use crate::baseline::Baseline;
use crate::conventions::{self, Conventions, Says};
use crate::definitions::{Outline, Unread};
use crate::kinds::{Apart, Kind, Language};
use crate::map::{Mapped, map};
use crate::references::Mentions;

/// Bytes of a source file that is read.
const LARGEST_SOURCE: u32 = 1 << 20;

/// Files that are read, and their bytes: what a survey of the largest workspace costs at most.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 256 << 20;

/// How large the documents may be, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// The map.
    pub map: u32,
    /// The conventions.
    pub conventions: u32,
}

/// What a survey comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The map of the files.
    pub map: String,
    /// What the project says of how it is worked on.
    pub conventions: String,
    /// The tests that are there.
    pub baseline: String,
    /// What couldn't be read, with the reason.
    pub unread: Vec<(String, Unread)>,
}

/// A survey that is under way.
#[derive(Debug, Default)]
pub struct Survey {
    files: BTreeMap<String, Mapped>,
    /// What is to be read, with its size.
    wants: BTreeMap<String, u32>,
    apart: BTreeMap<Apart, u32>,
    conventions: Conventions,
    baseline: Baseline,
}

impl Survey {
    /// Begins with the paths of a workspace and their sizes.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = (String, u32)>) -> Self {
        let mut survey = Self::default();
        let mut sorted: Vec<(String, u32)> = entries.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup_by(|one, other| one.0 == other.0);
        let mut read = 0_u64;
        for (path, bytes) in sorted {
            let kind = Kind::of(&path);
            if let Kind::Apart(apart) = kind {
                *survey.apart.entry(apart).or_default() += 1;
                continue;
            }
            let is_source = matches!(kind, Kind::Source(_));
            let wanted = is_source && bytes <= LARGEST_SOURCE
                || Says::of(&path).is_some() && bytes <= conventions::LARGEST;
            let within = survey.wants.len() < MOST_FILES && read + u64::from(bytes) <= MOST_BYTES;
            let unread = match (is_source, wanted, within) {
                (true, false, _) => Some(Unread::TooLarge),
                (true, true, false) => Some(Unread::TooMany),
                _ => None,
            };
            if wanted && within {
                read += u64::from(bytes);
                survey.wants.insert(path.clone(), bytes);
            }
            let file = Mapped {
                path: path.clone(),
                bytes,
                unread,
                ..Mapped::default()
            };
            survey.files.insert(path, file);
        }
        survey
    }

    /// What is to be read, with its size when it was listed.
    pub fn wants(&self) -> impl Iterator<Item = (&str, u32)> {
        self.wants
            .iter()
            .map(|(path, bytes)| (path.as_str(), *bytes))
    }

    /// Takes what a file holds, or why it can't be read. A file that isn't there any more is none.
    pub fn take(&mut self, path: &str, content: Result<&[u8], Unread>) {
        if self.wants.remove(path).is_none() {
            return;
        }
        let Some(file) = self.files.get_mut(path) else {
            return;
        };
        let text =
            content.and_then(|content| std::str::from_utf8(content).map_err(|_| Unread::NotText));
        let text = match text {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(why) => {
                file.unread = Some(why);
                return;
            }
        };
        file.bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if let Some(says) = Says::of(path) {
            self.conventions.take(says, path, text);
            self.baseline.take_build(path, text);
        }
        if let Kind::Source(language) = Kind::of(path) {
            self.take_source(language, path, text);
        }
    }

    /// A file that went away since it was listed.
    pub fn is_gone(&mut self, path: &str) {
        self.wants.remove(path);
        self.files.remove(path);
    }

    fn take_source(&mut self, language: Language, path: &str, text: &str) {
        if let Some(apart) = Apart::of_text(text) {
            *self.apart.entry(apart).or_default() += 1;
            self.files.remove(path);
            return;
        }
        let Some(file) = self.files.get_mut(path) else {
            return;
        };
        file.mentions = Mentions::of(text);
        match Outline::of(language, text) {
            Ok(outline) => {
                file.definitions = outline.definitions;
                self.baseline.take(language, path, text, outline.tests);
            }
            Err(why) => file.unread = Some(why),
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn done(self, request: &str, budgets: Budgets) -> Surveyed {
        let files: Vec<Mapped> = self.files.into_values().collect();
        let unread = files
            .iter()
            .filter_map(|file| Some((file.path.clone(), file.unread.clone()?)));
        Surveyed {
            unread: unread.collect(),
            conventions: self.conventions.text(budgets.conventions),
            baseline: self.baseline.text(),
            map: map(files, &self.apart, request, budgets.map),
        }
    }
}
