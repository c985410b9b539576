//! How much a definition may hold. It is counted before anything is worked on: whoever hands one in over the API is a stranger.

use stepwell_contract::most;
use toml::de::DeTable;

use crate::diagnostics::{Problems, Source};

/// Whether there are no more references in a text than anybody writes.
pub(crate) fn few_references(source: &Source, problems: &mut Problems) -> bool {
    let mut found = source.text.match_indices("{{");
    let Some((first, _)) = found.nth(most::REFERENCES) else {
        return true;
    };
    problems.error(
        "too-many-references",
        first..first + 2,
        format!(
            "this is one of more than {} references in one definition",
            most::REFERENCES
        ),
        "give a step a document, by one reference, instead of its parts",
    );
    false
}

/// The same of steps, sub-steps among them.
pub(crate) fn few_steps(table: &DeTable<'_>, problems: &mut Problems) -> bool {
    let mut left = most::STEPS;
    let Some(place) = beyond(table, &mut left) else {
        return true;
    };
    problems.error(
        "too-many-steps",
        place,
        format!(
            "this is one of more than {} steps in one definition",
            most::STEPS
        ),
        "carry out one step for each item of a list, by `for_each`",
    );
    false
}

/// The place of the first step for which nothing is left.
fn beyond(table: &DeTable<'_>, left: &mut usize) -> Option<std::ops::Range<usize>> {
    let steps = table.get("steps")?.get_ref().as_array()?;
    for step in steps {
        if *left == 0 {
            return Some(step.span());
        }
        *left -= 1;
        let below = step.get_ref().as_table();
        if let Some(place) = below.and_then(|below| beyond(below, left)) {
            return Some(place);
        }
    }
    None
}
