//! Parts of what a step does: some of its items, in some of its rounds.

use serde::{Deserialize, Serialize};
use stepwell_contract::Position;

use super::OtherFields;

/// A part of what a step does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOfStep {
    /// The items of the outermost `for_each` levels.
    pub items: Vec<u32>,
    /// The rounds of the outermost levels from which on it is meant; none are all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<u32>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl PartOfStep {
    fn has(&self, at: &[Position]) -> bool {
        let mut items = at.iter().filter_map(|position| position.item);
        self.items.iter().all(|item| items.next() == Some(*item)) && !is_before(at, &self.from)
    }
}

/// Whether something that is said of a step is said of this place: of rounds from one on, or of parts; else of all of it.
pub(super) fn holds<'a>(
    at: &[Position],
    from: impl IntoIterator<Item = &'a Vec<u32>>,
    parts: impl IntoIterator<Item = &'a PartOfStep>,
) -> bool {
    let from = from.into_iter().map(|from| !is_before(at, from));
    let parts = parts.into_iter().map(|part| part.has(at));
    let mut said = from.chain(parts).peekable();
    said.peek().is_none() || said.any(|is_meant| is_meant)
}

/// Whether a place lies in an earlier round than `from`, which counts for the outermost levels.
fn is_before(at: &[Position], from: &[u32]) -> bool {
    at.iter()
        .map(|position| position.round)
        .take(from.len())
        .lt(from.iter().copied())
}
