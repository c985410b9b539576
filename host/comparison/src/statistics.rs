//! The statistics that a comparison is judged by, as functions on plain numbers.
//!
//! Intervals are of 95 %. Nothing here knows what a case is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quantile of the standard normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// How many samples a bootstrap draws.
const RESAMPLES: usize = 5_000;

/// Where draws begin: the same data give the same interval every time.
const SEED: u64 = 20_260_101;

/// An interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies outside of it.
    #[must_use]
    pub fn excludes(self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// The score interval of a proportion: E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", Journal of the American Statistical Association 22 (1927), without correction for continuity.
///
/// Of nothing, nothing is known: from 0 to 1.
pub(crate) fn wilson(successes: u32, of: u32) -> Interval {
    if of == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let (n, p) = (f64::from(of), f64::from(successes) / f64::from(of));
    let square = Z * Z;
    let centre = (p + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    Interval {
        low: if successes == 0 {
            0.0
        } else {
            (centre - half).max(0.0)
        },
        high: if successes == of {
            1.0
        } else {
            (centre + half).min(1.0)
        },
    }
}

/// The two-sided exact probability of McNemar's test: that of pairs that differ, at least so many lean to one side if each
/// side is as likely as the other. Q. McNemar, Psychometrika 12 (1947); exact by the binomial distribution.
pub(crate) fn mcnemar(better: u32, worse: u32) -> f64 {
    let (fewer, all) = (better.min(worse), better + worse);
    if all == 0 {
        return 1.0;
    }
    // The logarithm of each term, as the terms themselves vanish for many pairs.
    let mut term = -f64::from(all) * std::f64::consts::LN_2;
    let mut sum = term.exp();
    for k in 0..fewer {
        term += (f64::from(all - k) / f64::from(k + 1)).ln();
        sum += term.exp();
    }
    (2.0 * sum).min(1.0)
}

/// Probabilities of several tests, each as large as it must be so that all of them together mislead no more often than one
/// alone: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
pub(crate) fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|one, other| probabilities[*one].total_cmp(&probabilities[*other]));
    let mut corrected = vec![1.0; probabilities.len()];
    let mut least = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        let tests_left = (probabilities.len() - rank) as f64;
        least = least.max((probabilities[place] * tests_left).min(1.0));
        corrected[place] = least;
    }
    corrected
}

/// What samples drawn from the differences of pairs say of their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bootstrap {
    /// Where it lies.
    pub(crate) interval: Interval,
    /// The two-sided probability that it lies beyond 0: twice the share of samples on the rarer side. It is below 0.05
    /// where the interval excludes 0, and never below what so many samples can tell.
    pub(crate) p_value: f64,
}

/// The interval of a mean difference by the percentile bootstrap: B. Efron, "Bootstrap methods: another look at the
/// jackknife", The Annals of Statistics 7 (1979). None for fewer than two pairs.
pub(crate) fn bootstrap(differences: &[f64]) -> Option<Bootstrap> {
    if differences.len() < 2 {
        return None;
    }
    let mut draw = fastrand::Rng::with_seed(SEED);
    let count = differences.len();
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sum: f64 = (0..count).map(|_| differences[draw.usize(..count)]).sum();
            sum / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let not_above = means.iter().filter(|mean| **mean <= 0.0).count();
    let not_below = means.iter().filter(|mean| **mean >= 0.0).count();
    let rarer = not_above.min(not_below).max(1);
    Some(Bootstrap {
        interval: Interval {
            low: quantile(&means, 0.025),
            high: quantile(&means, 0.975),
        },
        p_value: (2.0 * rarer as f64 / RESAMPLES as f64).min(1.0),
    })
}

/// The mean; none of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| quantile(&values, 0.5))
}

/// Of sorted values, with a straight line between two of them.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    /// The values are those of `statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")`, 0.15.
    #[test]
    fn wilsons_interval_is_that_of_statsmodels() {
        let cases = [
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (7, 10, 0.396_778_147_461_145_37, 0.892_208_732_593_698_9),
            (10, 10, 0.722_467_200_137_110_6, 1.0),
            (45, 100, 0.356_145_379_795_119_73, 0.547_553_970_025_578_7),
        ];
        for (k, n, low, high) in cases {
            let found = wilson(k, n);
            near(found.low, low);
            near(found.high, high);
        }
        assert_eq!(
            wilson(0, 0),
            Interval {
                low: 0.0,
                high: 1.0
            }
        );
    }

    /// The values are those of `scipy.stats.binomtest(min(b, c), b + c).pvalue`, 1.17.
    #[test]
    fn mcnemars_probability_is_that_of_scipy() {
        for (better, worse, expected) in [
            (0, 0, 1.0),
            (5, 0, 0.0625),
            (0, 6, 0.031_25),
            (8, 2, 0.109_375),
            (3, 3, 1.0),
        ] {
            near(mcnemar(better, worse), expected);
        }
        // So many pairs that each term alone is too small for a number.
        near(mcnemar(1_500, 1_700), 0.000_433_340_359_399_744_55);
    }

    /// The values are those of `statsmodels.stats.multitest.multipletests(p, method="holm")`, 0.15.
    #[test]
    fn holms_correction_is_that_of_statsmodels() {
        for (given, expected) in [
            (vec![0.031_25, 0.2, 0.01], vec![0.062_5, 0.2, 0.03]),
            (vec![0.04, 0.04, 0.04], vec![0.12, 0.12, 0.12]),
            (vec![0.5, 0.9], vec![1.0, 1.0]),
            (vec![0.01], vec![0.01]),
        ] {
            let found = holm(&given);
            found
                .iter()
                .zip(&expected)
                .for_each(|(found, expected)| near(*found, *expected));
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn a_bootstrap_of_equal_differences_has_no_width() {
        let Bootstrap { interval, p_value } = bootstrap(&[2.0; 12]).unwrap();
        assert_eq!((interval.low, interval.high), (2.0, 2.0));
        assert!(p_value > 0.0 && p_value < 0.001, "{p_value}");
        assert_eq!(bootstrap(&[0.0; 12]).unwrap().p_value, 1.0);
        assert_eq!(bootstrap(&[1.0]), None);
        assert_eq!(bootstrap(&[0.5, 1.0, 2.0]), bootstrap(&[0.5, 1.0, 2.0]));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
        assert_eq!(mean(&[1.0, 2.0]), Some(1.5));
    }

    proptest! {
        #[test]
        fn an_interval_holds_what_it_is_of(n in 1_u32..500, share in 0.0..=1.0_f64) {
            let k = (f64::from(n) * share) as u32;
            let (interval, p) = (wilson(k, n), f64::from(k) / f64::from(n));
            prop_assert!(!interval.excludes(p), "{interval:?} {p}");
            prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
        }

        #[test]
        fn mcnemar_knows_no_side(b in 0_u32..60, c in 0_u32..60) {
            prop_assert_eq!(mcnemar(b, c), mcnemar(c, b));
            prop_assert!((0.0..=1.0).contains(&mcnemar(b, c)));
            prop_assert!(mcnemar(b + 1, 0) < mcnemar(b, 0) || b == 0);
        }

        #[test]
        fn a_bootstrap_holds_the_mean(values in prop::collection::vec(-100.0..100.0_f64, 2..40)) {
            let Bootstrap { interval, p_value } = bootstrap(&values).unwrap();
            let mean = mean(&values).unwrap();
            prop_assert!(p_value > 0.0 && p_value <= 1.0);
            prop_assert!(interval.low <= mean + 1e-9 && mean - 1e-9 <= interval.high);
        }
    }
}
