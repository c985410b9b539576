//! What the figures of cells say of variants, in numbers and in plain sentences (row C3).
//!
//! The case is the unit: repeats of a case tell more of that case, and are no cases of their own. A case that one side
//! lacks is left out of the comparison of the two; it never counts as worse.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::statistics::{Interval, bootstrap, mcnemar, mean, median, wilson};

/// Below this probability a difference isn't put down to chance.
const SIGNIFICANT: f64 = 0.05;

/// The figures of one cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct CellNumbers {
    /// The place of its case.
    pub(crate) case: usize,
    /// The place of its variant.
    pub(crate) variant: usize,
    /// Whether it has an outcome.
    pub(crate) finished: bool,
    /// Whether the step failed.
    pub(crate) failed: bool,
    /// Whether every check passed; none where nothing is checked.
    pub(crate) passed: Option<bool>,
    /// From 0 to 1.
    pub(crate) score: Option<f64>,
    /// In millionths of the currency.
    pub(crate) money: Option<u64>,
    /// Input and output together.
    pub(crate) tokens: Option<u64>,
    /// Milliseconds.
    pub(crate) duration_ms: Option<u64>,
}

/// What came of a variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariantNumbers {
    /// How many of its cells have an outcome.
    pub finished: u32,
    /// How many cells it has.
    pub cells: u32,
    /// In how many the step failed.
    pub failed: u32,
    /// Cases whose checks have a verdict.
    pub checked_cases: u32,
    /// Of those, how many passed: in more than half of their repeats.
    pub passed_cases: u32,
    /// The share of cases that passed; none where nothing is checked.
    pub pass_rate: Option<f64>,
    /// Wilson's interval of that share.
    pub pass_interval: Option<Interval>,
    /// The mean score over the cases.
    pub score: Option<f64>,
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
    /// Cases that only one of the two has: they are left out.
    pub left_out: u32,
    /// Cases that pass with this variant and not with the baseline.
    pub better: u32,
    /// Cases that pass with the baseline and not with this variant.
    pub worse: u32,
    /// The probability of so lopsided a split by chance (McNemar, two-sided, exact); none where nothing is checked.
    pub p_value: Option<f64>,
    /// The difference of scores.
    pub score: Option<Difference>,
    /// The difference of money, in millionths of the currency.
    pub money: Option<Difference>,
    /// The difference of tokens.
    pub tokens: Option<Difference>,
    /// The difference of milliseconds.
    pub duration_ms: Option<Difference>,
    /// What that comes to.
    pub verdict: Verdict,
    /// The same as a sentence.
    pub sentence: String,
}

/// The mean difference to the baseline over the cases, by the paired bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The mean.
    pub mean: f64,
    /// Its interval of 95 %; none with fewer than two cases.
    pub interval: Option<Interval>,
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

/// What the numbers say of all variants.
pub(crate) struct Numbers {
    pub(crate) variants: Vec<VariantNumbers>,
    pub(crate) sentences: Vec<String>,
}

/// One case with one variant, over its repeats.
#[derive(Default)]
struct CaseFigures {
    passed: Option<bool>,
    score: Option<f64>,
    money: Option<f64>,
    tokens: Option<f64>,
    duration_ms: Option<f64>,
}

/// Judges each variant by its cells, beside the baseline.
pub(crate) fn compare(cells: &[CellNumbers], labels: &[String], baseline: usize) -> Numbers {
    let by_case: Vec<BTreeMap<usize, CaseFigures>> = (0..labels.len())
        .map(|variant| cases_of(cells.iter().filter(|cell| cell.variant == variant)))
        .collect();
    let mut variants = Vec::new();
    let mut sentences = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        let own = || cells.iter().filter(|cell| cell.variant == place);
        let mut numbers = numbers_of(own(), &by_case[place]);
        if place != baseline
            && let (Some(before), Some(name)) = (by_case.get(baseline), labels.get(baseline))
        {
            let against = against(&by_case[place], before, label, name);
            sentences.push(against.sentence.clone());
            numbers.against_baseline = Some(against);
        }
        if numbers.failed > 0 {
            sentences.push(format!(
                "With {label} the step failed in {} of {}.",
                numbers.failed,
                counted(numbers.finished, "cell")
            ));
        }
        variants.push(numbers);
    }
    let missing = cells.iter().filter(|cell| !cell.finished).count();
    if missing > 0 {
        let missing = counted(u32::try_from(missing).unwrap_or(u32::MAX), "cell");
        sentences
            .push(format!("{missing} have no outcome yet.").replace("1 cell have", "1 cell has"));
    }
    Numbers {
        variants,
        sentences,
    }
}

fn cases_of<'c>(cells: impl Iterator<Item = &'c CellNumbers>) -> BTreeMap<usize, CaseFigures> {
    let mut by_case: BTreeMap<usize, Vec<&CellNumbers>> = BTreeMap::new();
    for cell in cells.filter(|cell| cell.finished) {
        by_case.entry(cell.case).or_default().push(cell);
    }
    let figures = by_case.into_iter().map(|(case, repeats)| {
        let verdicts: Vec<bool> = repeats.iter().filter_map(|cell| cell.passed).collect();
        let passed = verdicts.iter().filter(|passed| **passed).count();
        let over = |figure: &dyn Fn(&CellNumbers) -> Option<f64>| {
            let known: Vec<f64> = repeats.iter().filter_map(|cell| figure(cell)).collect();
            mean(&known)
        };
        let figures = CaseFigures {
            passed: (!verdicts.is_empty()).then_some(passed * 2 > verdicts.len()),
            score: over(&|cell| cell.score),
            money: over(&|cell| cell.money.map(|money| money as f64)),
            tokens: over(&|cell| cell.tokens.map(|tokens| tokens as f64)),
            duration_ms: over(&|cell| cell.duration_ms.map(|duration| duration as f64)),
        };
        (case, figures)
    });
    figures.collect()
}

fn numbers_of<'c>(
    cells: impl Iterator<Item = &'c CellNumbers> + Clone,
    cases: &BTreeMap<usize, CaseFigures>,
) -> VariantNumbers {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let checked = count(cases.values().filter(|case| case.passed.is_some()).count());
    let passed = count(
        cases
            .values()
            .filter(|case| case.passed == Some(true))
            .count(),
    );
    let all = |figure: &dyn Fn(&CaseFigures) -> Option<f64>| -> Vec<f64> {
        cases.values().filter_map(figure).collect()
    };
    VariantNumbers {
        finished: count(cells.clone().filter(|cell| cell.finished).count()),
        failed: count(
            cells
                .clone()
                .filter(|cell| cell.failed && cell.finished)
                .count(),
        ),
        cells: count(cells.count()),
        checked_cases: checked,
        passed_cases: passed,
        pass_rate: (checked > 0).then(|| f64::from(passed) / f64::from(checked)),
        pass_interval: (checked > 0).then(|| wilson(passed, checked)),
        score: mean(&all(&|case| case.score)),
        money: median(all(&|case| case.money)),
        tokens: median(all(&|case| case.tokens)),
        duration_ms: median(all(&|case| case.duration_ms)),
        against_baseline: None,
    }
}

fn against(
    own: &BTreeMap<usize, CaseFigures>,
    baseline: &BTreeMap<usize, CaseFigures>,
    label: &str,
    name: &str,
) -> AgainstBaseline {
    let pairs: Vec<(&CaseFigures, &CaseFigures)> = own
        .iter()
        .filter_map(|(case, figures)| Some((figures, baseline.get(case)?)))
        .collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let verdicts: Vec<(bool, bool)> = pairs
        .iter()
        .filter_map(|(own, baseline)| Some((own.passed?, baseline.passed?)))
        .collect();
    let better = count(
        verdicts
            .iter()
            .filter(|pair| **pair == (true, false))
            .count(),
    );
    let worse = count(
        verdicts
            .iter()
            .filter(|pair| **pair == (false, true))
            .count(),
    );
    let difference = |figure: &dyn Fn(&CaseFigures) -> Option<f64>| {
        let differences: Vec<f64> = pairs
            .iter()
            .filter_map(|(own, baseline)| Some(figure(own)? - figure(baseline)?))
            .collect();
        Some(Difference {
            mean: mean(&differences)?,
            interval: bootstrap(&differences),
        })
    };
    let score = difference(&|case| case.score);
    let p_value = (!verdicts.is_empty()).then(|| mcnemar(better, worse));
    let verdict = verdict_of(better, worse, p_value, score);
    let mut against = AgainstBaseline {
        cases: count(pairs.len()),
        left_out: count(own.len() + baseline.len() - 2 * pairs.len()),
        better,
        worse,
        p_value,
        score,
        money: difference(&|case| case.money),
        tokens: difference(&|case| case.tokens),
        duration_ms: difference(&|case| case.duration_ms),
        verdict,
        sentence: String::new(),
    };
    against.sentence = sentence(&against, label, name);
    against
}

fn verdict_of(better: u32, worse: u32, p_value: Option<f64>, score: Option<Difference>) -> Verdict {
    if p_value.is_some_and(|p| p < SIGNIFICANT) {
        return if better > worse {
            Verdict::Better
        } else {
            Verdict::Worse
        };
    }
    if let Some(Difference {
        mean,
        interval: Some(interval),
    }) = score
        && interval.excludes(0.0)
    {
        return if mean > 0.0 {
            Verdict::Better
        } else {
            Verdict::Worse
        };
    }
    let no_score_differs = score.is_none_or(|score| score.mean == 0.0);
    match p_value {
        None if score.is_none() => Verdict::NotJudged,
        _ if better + worse == 0 && no_score_differs => Verdict::Same,
        _ => Verdict::CantTell,
    }
}

fn sentence(against: &AgainstBaseline, label: &str, name: &str) -> String {
    let AgainstBaseline {
        cases,
        better,
        worse,
        ..
    } = against;
    let mut text = match (against.verdict, against.p_value) {
        (_, _) if *cases == 0 => format!("{label} and {name} have no case in common yet."),
        (Verdict::NotJudged, _) => format!(
            "{label} and {name} were not judged: the cases have no checks, and nobody rated their outcomes."
        ),
        (Verdict::Same, _) => format!("{label} does as {name} does on {}.", all_of(*cases)),
        (verdict, Some(p)) if better + worse > 0 => {
            let split = format!(
                "of {} {better} passed only with {label}, {worse} only with {name} (p = {})",
                counted(*cases, "case"),
                shown_p(p)
            );
            match verdict {
                Verdict::Better => format!("{label} is better than {name}: {split}."),
                Verdict::Worse => format!("{label} is worse than {name}: {split}."),
                _ => {
                    format!("Can't tell with so few whether {label} or {name} is better: {split}.")
                }
            }
        }
        (Verdict::Better, _) => format!("{label} scores higher than {name}{}.", of_score(against)),
        (Verdict::Worse, _) => format!("{label} scores lower than {name}{}.", of_score(against)),
        _ => format!(
            "Can't tell with so few whether {label} or {name} scores higher{}.",
            of_score(against)
        ),
    };
    if against.left_out > 0 && *cases > 0 {
        text.push_str(&format!(
            " {} that only one of the two has {} left out.",
            counted(against.left_out, "case"),
            if against.left_out == 1 { "is" } else { "are" }
        ));
    }
    text
}

fn of_score(against: &AgainstBaseline) -> String {
    let Some(Difference { mean, interval }) = against.score else {
        return String::new();
    };
    match interval {
        Some(Interval { low, high }) => {
            format!(": {mean:+.2} on average (from {low:+.2} to {high:+.2})")
        }
        None => format!(": {mean:+.2} on one case"),
    }
}

fn shown_p(p: f64) -> String {
    if p < 0.001 {
        "less than 0.001".into()
    } else {
        format!("{p:.3}")
    }
}

fn counted(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn all_of(cases: u32) -> String {
    match cases {
        1 => "the one case".into(),
        2 => "both cases".into(),
        _ => format!("all {cases} cases"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        vec!["v1".into(), "v2".into()]
    }

    /// Cells with one repeat: for each case, whether it passed with each variant; none is a cell without outcome.
    fn cells(cases: &[[Option<bool>; 2]]) -> Vec<CellNumbers> {
        let of_case = |(case, passed): (usize, &[Option<bool>; 2])| {
            let cell = |variant: usize| CellNumbers {
                case,
                variant,
                finished: passed[variant].is_some(),
                passed: passed[variant],
                ..CellNumbers::default()
            };
            [cell(0), cell(1)]
        };
        cases.iter().enumerate().flat_map(of_case).collect()
    }

    fn second(cells: &[CellNumbers]) -> AgainstBaseline {
        compare(cells, &labels(), 0).variants[1]
            .against_baseline
            .clone()
            .unwrap()
    }

    #[test]
    fn six_cases_to_none_are_no_chance_and_five_are() {
        let against = second(&cells(&[[Some(false), Some(true)]; 6]));
        assert_eq!(against.verdict, Verdict::Better);
        assert_eq!(
            against.sentence,
            "v2 is better than v1: of 6 cases 6 passed only with v2, 0 only with v1 (p = 0.031)."
        );
        let against = second(&cells(&[[Some(true), Some(false)]; 5]));
        assert_eq!(against.verdict, Verdict::CantTell);
        assert_eq!(
            against.sentence,
            "Can't tell with so few whether v2 or v1 is better: of 5 cases 0 passed only with v2, 5 only with v1 (p = 0.062)."
        );
    }

    #[test]
    fn a_case_that_one_side_lacks_is_left_out_and_no_regression() {
        let against = second(&cells(&[[Some(true), None], [Some(true), Some(true)]]));
        assert_eq!((against.cases, against.left_out), (1, 1));
        assert_eq!((against.better, against.worse), (0, 0));
        assert_eq!(
            against.sentence,
            "v2 does as v1 does on the one case. 1 case that only one of the two has is left out."
        );
    }

    #[test]
    fn a_case_passes_if_more_than_half_of_its_repeats_do() {
        let repeat = |passed: bool| CellNumbers {
            finished: true,
            passed: Some(passed),
            ..CellNumbers::default()
        };
        let half = [repeat(true), repeat(false)];
        assert_eq!(
            compare(&half, &labels()[..1], 0).variants[0].passed_cases,
            0
        );
        let most = [repeat(true), repeat(false), repeat(true)];
        let numbers = &compare(&most, &labels()[..1], 0).variants[0];
        assert_eq!(
            (numbers.passed_cases, numbers.checked_cases, numbers.cells),
            (1, 1, 3)
        );
    }

    #[test]
    fn without_checks_and_scores_nothing_is_judged() {
        let cell = |variant: usize| CellNumbers {
            variant,
            finished: true,
            tokens: Some(100 + variant as u64),
            ..CellNumbers::default()
        };
        let against = second(&[cell(0), cell(1)]);
        assert_eq!(against.verdict, Verdict::NotJudged);
        assert_eq!(against.tokens.unwrap().mean, 1.0);
        assert!(against.sentence.contains("not judged"));
    }

    #[test]
    fn scores_decide_where_no_check_does() {
        let cell = |case: usize, variant: usize, score: f64| CellNumbers {
            case,
            variant,
            finished: true,
            score: Some(score),
            ..CellNumbers::default()
        };
        let cells: Vec<_> = (0..8)
            .flat_map(|case| [cell(case, 0, 0.4), cell(case, 1, 0.7)])
            .collect();
        let against = second(&cells);
        assert_eq!(against.verdict, Verdict::Better);
        assert_eq!(
            against.sentence,
            "v2 scores higher than v1: +0.30 on average (from +0.30 to +0.30)."
        );
    }

    #[test]
    fn what_is_missing_or_failed_is_said() {
        let mut two = cells(&[[Some(true), Some(false)], [None, Some(true)]]);
        two[1].failed = true;
        let sentences = compare(&two, &labels(), 0).sentences;
        assert!(
            sentences.contains(&"With v2 the step failed in 1 of 2 cells.".to_owned()),
            "{sentences:?}"
        );
        assert!(
            sentences.contains(&"1 cell has no outcome yet.".to_owned()),
            "{sentences:?}"
        );
    }
}
