//! The figures of a variant that are held against the baseline's, in the order in which every face shows them.

use stepwell_contract::{Money, amounts};

use crate::figures::{AgainstBaseline, Difference, VariantNumbers};
use crate::statistics::Interval;

/// A figure: how it is read from the numbers of a variant, and how it is written.
pub struct Measure {
    /// Its name, in small letters.
    pub name: &'static str,
    /// What it is over the cases.
    pub over_cases: &'static str,
    /// The figure; none where it isn't known.
    pub of: fn(&VariantNumbers) -> Option<f64>,
    /// Of how many cases it is.
    pub cases: fn(&VariantNumbers) -> u32,
    /// Its interval; none where nothing is known of it.
    pub interval: fn(&VariantNumbers) -> Option<Interval>,
    /// How it differs from the baseline's.
    pub difference: fn(&AgainstBaseline) -> Option<Difference>,
    /// As a person reads it.
    pub written: fn(f64) -> String,
}

impl Measure {
    /// The interval of a variant's figure, as a person reads it, such as `0.61 to 0.83`.
    #[must_use]
    pub fn range(&self, numbers: &VariantNumbers) -> Option<String> {
        let Interval { low, high } = (self.interval)(numbers)?;
        Some(format!(
            "{} to {}",
            (self.written)(low),
            (self.written)(high)
        ))
    }

    /// How the figure of a variant differs from the baseline's.
    #[must_use]
    pub fn difference_of(&self, numbers: &VariantNumbers) -> Option<Difference> {
        numbers.against_baseline.as_ref().and_then(self.difference)
    }
}

/// All of them.
pub const MEASURES: [Measure; 4] = [
    Measure {
        name: "score",
        over_cases: "mean",
        of: |numbers| numbers.score,
        cases: |numbers| numbers.cases,
        interval: |numbers| numbers.score_interval,
        difference: |against| against.score,
        written: amounts::score,
    },
    Measure {
        name: "tokens",
        over_cases: "median",
        of: |numbers| numbers.tokens,
        cases: |numbers| numbers.token_cases,
        interval: |_| None,
        difference: |against| against.tokens,
        written: |value| amounts::tokens(amounts::whole(value)),
    },
    Measure {
        name: "money",
        over_cases: "median",
        of: |numbers| numbers.money,
        cases: |numbers| numbers.money_cases,
        interval: |_| None,
        difference: |against| against.money,
        written: |value| Money(amounts::whole(value)).to_string(),
    },
    Measure {
        name: "time",
        over_cases: "median",
        of: |numbers| numbers.duration_ms,
        cases: |numbers| numbers.cases,
        interval: |_| None,
        difference: |against| against.duration_ms,
        written: |value| amounts::duration(amounts::whole(value)),
    },
];
