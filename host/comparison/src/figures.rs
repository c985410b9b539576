//! The figures of a variant, and how it does beside the baseline: plain data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::statistics::Interval;

/// Of fewer cases an interval is no evidence: five differences of one sign are as likely as 1 in 16 by chance alone, and
/// yet every sample that a bootstrap draws of them has that sign.
const FEWEST: u32 = 6;

/// What came of a variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariantNumbers {
    /// How many of its cells have an outcome.
    pub finished: u32,
    /// How many cells it has.
    pub cells: u32,
    /// In how many the step failed.
    pub failed: u32,
    /// Cases of which their verdicts tell whether they pass.
    pub checked_cases: u32,
    /// Of those, how many passed: in more than half of their repeats.
    pub passed_cases: u32,
    /// Cases with verdicts, of which so many are missing that nobody can tell. They are not among the checked ones.
    #[serde(default)]
    pub undecided_cases: u32,
    /// Cases that were checked, and no verdict at all can be read. They are not among the checked ones either.
    #[serde(default)]
    pub unread_cases: u32,
    /// The share of cases that passed; none where nothing is checked.
    pub pass_rate: Option<f64>,
    /// Wilson's interval of that share.
    pub pass_interval: Option<Interval>,
    /// The mean score over the cases.
    pub score: Option<f64>,
    /// The interval of that mean, by the bootstrap; none with fewer than two cases.
    #[serde(default)]
    pub score_interval: Option<Interval>,
    /// Cases of which the money is known of at least one repeat.
    #[serde(default)]
    pub money_cases: u32,
    /// Cases of which the tokens are known of at least one repeat.
    #[serde(default)]
    pub token_cases: u32,
    /// Cases that have an outcome in at least one repeat.
    #[serde(default)]
    pub cases: u32,
    /// The median over the cases of what one costs, in millionths of the currency.
    pub money: Option<f64>,
    /// The median over the cases of the tokens of one.
    pub tokens: Option<f64>,
    /// The median over the cases of the milliseconds that one takes.
    pub duration_ms: Option<f64>,
    /// How it does against the baseline; none for the baseline itself.
    pub against_baseline: Option<AgainstBaseline>,
}

/// How a variant does against the baseline, on the cases that both have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstBaseline {
    /// Cases that both have.
    pub cases: u32,
    /// Of those, cases in which the checks of both have a verdict.
    pub checked_cases: u32,
    /// Cases that only one of the two has: they are left out.
    pub left_out: u32,
    /// Cases that pass with this variant and not with the baseline.
    pub better: u32,
    /// Cases that pass with the baseline and not with this variant.
    pub worse: u32,
    /// The probability of so lopsided a split by chance (McNemar, two-sided, exact); none where nothing is checked.
    pub p_value: Option<f64>,
    /// The same, corrected for how many others are held against this baseline (Holm); it decides.
    pub corrected_p_value: Option<f64>,
    /// The difference of scores.
    pub score: Option<Difference>,
    /// The probability of that difference by chance, corrected likewise; it decides where the checks do not.
    pub corrected_score_p_value: Option<f64>,
    /// The difference of money, in millionths of the currency.
    pub money: Option<Difference>,
    /// The difference of tokens.
    pub tokens: Option<Difference>,
    /// The difference of milliseconds, of the cases whose repeats the same comparison measured with both.
    pub duration_ms: Option<Difference>,
    /// Cases that both have and that were measured by different comparisons: the difference of milliseconds leaves them out.
    #[serde(default)]
    pub timed_apart: u32,
    /// What that comes to.
    pub verdict: Verdict,
    /// The same as a sentence.
    pub sentence: String,
}

/// The mean difference to the baseline over the cases, by the paired bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// How many cases it is of: those in which the figure is known of both.
    pub cases: u32,
    /// The mean.
    pub mean: f64,
    /// Its interval of 95 %; none with fewer than two cases.
    pub interval: Option<Interval>,
    /// The two-sided probability that there is no such difference, by the same samples.
    pub p_value: Option<f64>,
}

impl Difference {
    /// Whether it is there beyond chance.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let apart = self.interval.is_some_and(|interval| interval.excludes(0.0));
        apart && self.cases >= FEWEST
    }

    /// Whether no case differs at all.
    pub(crate) fn is_none(&self) -> bool {
        let spread = |interval: Interval| interval.low != 0.0 || interval.high != 0.0;
        self.mean == 0.0 && !self.interval.is_some_and(spread)
    }
}

/// What a comparison with the baseline comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is better, and that is hardly chance.
    Better,
    /// It is worse, and that is hardly chance.
    Worse,
    /// Every case came out the same.
    Same,
    /// There is a difference, or there could be one, and so few cases can't tell.
    CantTell,
    /// Nothing was checked or scored.
    NotJudged,
}
