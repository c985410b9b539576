//! What matters most: how much else refers to it, and how near it is to the words of the request.

use super::Mapped;
use crate::definitions::Definition;
use crate::kinds::is_test;
use crate::references::References;
use crate::words::Words;

/// A file's place.
pub(super) struct Rank {
    /// Which of the files.
    pub(super) file: usize,
    /// Its definitions, the most telling first.
    pub(super) definitions: Vec<usize>,
}

/// What counts how much. A word of the request in a path outweighs what hundreds of files refer to.
const OF_A_PATH: u32 = 6;
const OF_A_NAME: u32 = 3;
const NEAR: u32 = 4;
const REFERRED: u32 = 6;
const ON_TOP: u32 = 3;
const DEFINES: u32 = 2;
/// What one name may add to its file, in fourths: a name as common as `get` isn't what a file is for.
const MOST_OF_A_NAME: u32 = 400;

/// The files in their order; of equal ones the first by path, which is how they come.
pub(super) fn ranked(files: &[Mapped], request: &str) -> Vec<Rank> {
    let words = Words::of_request(request);
    let references = References::among(files.iter().map(|file| (names(file), &file.mentions)));
    let near = Nearness::among(files, &words);
    let mut scored: Vec<(u32, Rank)> = (files.iter().enumerate())
        .map(|(index, file)| {
            let mut names = names(file);
            names.sort_unstable();
            names.dedup();
            let referred = names
                .iter()
                .map(|name| references.to(name).min(MOST_OF_A_NAME));
            let referred = referred.fold(0, u32::saturating_add);
            let defines = if file.definitions.is_empty() {
                0
            } else {
                DEFINES
            };
            let score = NEAR * near.of_file(index) + REFERRED * logarithm(referred) + defines;
            // A test tells of what it tests, which stands in the map itself.
            let score = if is_test(&file.path) {
                score / 2
            } else {
                score
            };
            let rank = Rank {
                file: index,
                definitions: definitions(file, &references, &near, &words),
            };
            (score, rank)
        })
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.cmp(one));
    scored.into_iter().map(|(_, rank)| rank).collect()
}

/// The names by which others refer to a file: what it defines, and its own, as in `import store`.
fn names(file: &Mapped) -> Vec<&str> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let definitions = file
        .definitions
        .iter()
        .map(|definition| definition.name.as_str());
    match file.definitions.is_empty() {
        // A text that code happens to name isn't referred to.
        true => Vec::new(),
        false => definitions.chain([stem]).collect(),
    }
}

fn definitions(
    file: &Mapped,
    references: &References,
    near: &Nearness,
    words: &Words,
) -> Vec<usize> {
    let score = |definition: &Definition| {
        let mut nearness = 0;
        words.in_text(&definition.name, &mut |word| nearness += near.weight(word));
        let on_top = if definition.level == 0 { ON_TOP } else { 0 };
        let hidden = definition.name.starts_with('_');
        let score = on_top + 2 * logarithm(references.to(&definition.name)) + NEAR * nearness;
        if hidden { score / 2 } else { score }
    };
    let mut scored: Vec<(u32, usize)> = (file.definitions.iter().enumerate())
        .map(|(index, definition)| (score(definition), index))
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.cmp(one));
    scored.into_iter().map(|(_, index)| index).collect()
}

fn logarithm(number: u32) -> u32 {
    number.saturating_add(1).ilog2()
}

/// How near files are to the words of a request.
struct Nearness {
    /// What each word counts: the fewer files have it, the more.
    weights: Vec<u32>,
    /// Of each file the words that it has, and how much each counts there.
    of_files: Vec<Vec<(usize, u32)>>,
}

impl Nearness {
    fn among(files: &[Mapped], words: &Words) -> Self {
        let of_files: Vec<Vec<(usize, u32)>> =
            files.iter().map(|file| shared(file, words)).collect();
        let mut have = vec![0_u32; words.len()];
        for (word, _) in of_files.iter().flatten() {
            have[*word] += 1;
        }
        let all = u32::try_from(files.len()).unwrap_or(u32::MAX);
        let weights = have
            .into_iter()
            .map(|have| 1 + (all / have.max(1)).max(1).ilog2());
        Self {
            weights: weights.collect(),
            of_files,
        }
    }

    fn weight(&self, word: usize) -> u32 {
        self.weights[word]
    }

    fn of_file(&self, file: usize) -> u32 {
        let shared = self.of_files[file].iter();
        shared
            .map(|(word, counts)| counts * self.weights[*word])
            .sum()
    }
}

/// The words that a file shares with the request, each with the most that it counts there.
fn shared(file: &Mapped, words: &Words) -> Vec<(usize, u32)> {
    let mut counts = std::collections::BTreeMap::new();
    for definition in &file.definitions {
        words.in_text(&definition.name, &mut |word| {
            counts.entry(word).or_insert(OF_A_NAME);
        });
    }
    words.in_text(&file.path, &mut |word| {
        counts.insert(word, OF_A_PATH);
    });
    counts.into_iter().collect()
}
