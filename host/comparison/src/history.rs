//! How the versions of a prompt have done so far: their cases of all comparisons together, and what they cost.
//!
//! It holds no version against another: they may have met different cases. A comparison does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Spent};

use crate::figures::VariantNumbers;
use crate::numbers::{CellNumbers, compare};

/// How the versions of a prompt have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptHistory {
    /// The prompt.
    pub name: String,
    /// Its versions, newest first: those that are kept, that were compared or that calls were made with.
    pub versions: Vec<VersionHistory>,
    /// How many comparisons of it were read, from the newest on.
    pub comparisons: u32,
    /// Whether there are older ones, which were not read.
    pub older: bool,
}

/// How a version of a prompt has done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionHistory {
    /// The version.
    pub number: u32,
    /// Whether it is still kept.
    pub kept: bool,
    /// When it was saved; none where it isn't kept, or never was saved.
    #[serde(default)]
    pub saved_at: Option<Timestamp>,
    /// Whether it is the current one.
    pub current: bool,
    /// What came of it in those comparisons. The same inputs are one case, in however many of them they stand.
    pub numbers: VariantNumbers,
    /// Those comparisons, newest first.
    pub comparisons: Vec<ComparisonId>,
    /// What all calls with it took, in runs and comparisons, also of those that aren't read or kept.
    pub spent: Spent,
    /// The median of the milliseconds that such a call took.
    pub call_ms: Option<u64>,
}

/// The figures of each version, by its number, from its cells with what tells their cases apart.
#[must_use]
pub fn together<Case: Ord>(
    cells: impl IntoIterator<Item = (u32, Case, CellNumbers)>,
) -> BTreeMap<u32, VariantNumbers> {
    let mut by_version: BTreeMap<u32, (BTreeMap<Case, usize>, Vec<CellNumbers>)> = BTreeMap::new();
    for (version, case, numbers) in cells {
        let (cases, cells) = by_version.entry(version).or_default();
        let next = cases.len();
        let case = *cases.entry(case).or_insert(next);
        cells.push(CellNumbers {
            case,
            variant: 0,
            ..numbers
        });
    }
    let figures = by_version.into_iter().filter_map(|(version, (_, cells))| {
        // Nothing is held against anything.
        let numbers = compare(&cells, &[String::new()], usize::MAX);
        Some((version, numbers.variants.into_iter().next()?))
    });
    figures.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(passed: bool) -> CellNumbers {
        CellNumbers {
            finished: true,
            passed: Some(passed),
            score: Some(f64::from(u8::from(passed))),
            tokens: Some(10),
            ..CellNumbers::default()
        }
    }

    #[test]
    fn the_same_inputs_are_one_case_in_however_many_comparisons() {
        let cells = [
            (1, "a", cell(true)),
            (1, "a", cell(true)),
            (1, "b", cell(false)),
            (2, "a", cell(true)),
        ];
        let found = together(cells);
        let of = |number: u32| (found[&number].passed_cases, found[&number].checked_cases);
        assert_eq!((of(1), of(2)), ((1, 2), (1, 1)));
        assert_eq!(found[&1].cells, 3);
        assert!(found[&1].pass_interval.is_some());
        assert!(found[&1].against_baseline.is_none());
        // Of two cases, of which each could be all there is.
        assert_eq!(found[&1].score, Some(0.5));
        let interval = found[&1].score_interval.unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
        // One case says nothing of others.
        assert_eq!(found[&2].score_interval, None);
    }
}
