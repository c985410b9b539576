//! What the figures of cells say of variants, in numbers and in plain sentences.
//!
//! The case is the unit: repeats of a case tell more of that case, and are no cases of their own. A case that one side
//! lacks is left out of the comparison of the two; it never counts as worse.

use std::collections::BTreeMap;

use stepwell_contract::ComparisonId;
use stepwell_contract::amounts::count;

use super::figures::{AgainstBaseline, Difference, VariantNumbers, Verdict};
use super::sentences;
use super::statistics::{bootstrap, holm, mcnemar, mean, median, wilson};

/// Below this probability a difference isn't put down to chance.
const SIGNIFICANT: f64 = 0.05;

/// The figures of one cell.
#[derive(Debug, Clone, Default)]
pub struct CellNumbers {
    /// The place of its case.
    pub case: usize,
    /// The place of its variant.
    pub variant: usize,
    /// Whether it has an outcome.
    pub finished: bool,
    /// Whether the step failed.
    pub failed: bool,
    /// Whether every check passed; none where nothing is checked.
    pub passed: Option<bool>,
    /// Whether it was checked in a way that tells neither that it passed nor that it didn't, such as a judge's verdict that
    /// can't be read.
    pub unread: bool,
    /// From 0 to 1.
    pub score: Option<f64>,
    /// In millionths of the currency.
    pub money: Option<u64>,
    /// Input and output together.
    pub tokens: Option<u64>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// The comparison that carried it out: a provider is faster on one day than on another.
    pub measured_in: Option<ComparisonId>,
}

/// What the numbers say of all variants.
pub struct Numbers {
    /// What came of each variant.
    pub variants: Vec<VariantNumbers>,
    /// What the numbers say.
    pub sentences: Vec<String>,
}

/// One case with one variant, over its repeats.
#[derive(Default)]
struct CaseFigures {
    /// None also where so many verdicts are missing that they could make it either.
    passed: Option<bool>,
    /// Whether a repeat has a verdict.
    checked: bool,
    /// Whether a repeat has one that can't be read.
    unread: bool,
    score: Option<f64>,
    money: Option<f64>,
    tokens: Option<f64>,
    duration_ms: Option<f64>,
    /// Of each repeat, in their order.
    measured_in: Vec<Option<ComparisonId>>,
}

impl CaseFigures {
    /// Whether the times of both, repeat by repeat, were measured by the same comparison.
    fn is_timed_with(&self, other: &Self) -> bool {
        self.measured_in == other.measured_in
    }
}

/// Judges each variant by its cells, beside the baseline.
#[must_use]
pub fn compare(cells: &[CellNumbers], labels: &[String], baseline: usize) -> Numbers {
    let by_case: Vec<BTreeMap<usize, CaseFigures>> = (0..labels.len())
        .map(|variant| cases_of(cells.iter().filter(|cell| cell.variant == variant)))
        .collect();
    let own = |place: usize| cells.iter().filter(move |cell| cell.variant == place);
    let mut variants: Vec<VariantNumbers> = by_case
        .iter()
        .enumerate()
        .map(|(place, cases)| VariantNumbers {
            against_baseline: by_case
                .get(baseline)
                .filter(|_| place != baseline)
                .map(|before| against(cases, before)),
            ..numbers_of(own(place), cases)
        })
        .collect();
    let mut sentences = Vec::new();
    if let Some(name) = labels.get(baseline) {
        sentences = decide(&mut variants, labels, name);
    }
    sentences.extend(sentences::undecided(&variants, labels));
    sentences.extend(sentences::unread(&variants, labels));
    sentences.extend(sentences::unknown(&variants, labels));
    for (place, (numbers, label)) in variants.iter().zip(labels).enumerate() {
        if numbers.failed > 0 {
            let counts = own(place).any(|cell| cell.failed && cell.passed == Some(false));
            sentences.push(sentences::failed(numbers, label, counts));
        }
    }
    let missing = cells.iter().filter(|cell| !cell.finished).count();
    sentences.extend(sentences::missing(count(missing)));
    Numbers {
        variants,
        sentences,
    }
}

/// Gives each variant its verdict. Of many that are tried one stands out by luck, so each probability is first made as
/// large as it must be among so many: of the checks, and of the scores.
fn decide(variants: &mut [VariantNumbers], labels: &[String], name: &str) -> Vec<String> {
    let mut held: Vec<(&mut AgainstBaseline, &String)> = variants
        .iter_mut()
        .zip(labels)
        .filter_map(|(numbers, label)| Some((numbers.against_baseline.as_mut()?, label)))
        .collect();
    let checks = corrected(held.iter().map(|(against, _)| against.p_value));
    let scores = corrected(held.iter().map(|(against, _)| against.score?.p_value));
    let others = count(held.len());
    let mut told = Vec::new();
    for (((against, label), of_checks), of_scores) in held.iter_mut().zip(checks).zip(scores) {
        let alone = verdict_of(
            against,
            against.p_value,
            against.score.and_then(|score| score.p_value),
        );
        against.corrected_p_value = of_checks;
        against.corrected_score_p_value = of_scores;
        against.verdict = verdict_of(against, of_checks, of_scores);
        against.sentence = sentences::verdict(against, label, name);
        told.push(against.sentence.clone());
        if alone != against.verdict {
            told.push(sentences::one_of_many(others, alone, label, name));
        }
        told.extend(sentences::costs(against, label, name));
        told.extend(sentences::timed_apart(against, label, name));
    }
    told
}

/// Holm's correction, where there are probabilities.
fn corrected(probabilities: impl Iterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let all: Vec<Option<f64>> = probabilities.collect();
    let known: Vec<f64> = all.iter().copied().flatten().collect();
    let mut together = holm(&known).into_iter();
    all.into_iter()
        .map(|one| one.and_then(|_| together.next()))
        .collect()
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
            passed: most_passed(passed, verdicts.len(), repeats.len()),
            checked: !verdicts.is_empty(),
            unread: repeats.iter().any(|cell| cell.unread),
            score: over(&|cell| cell.score),
            money: over(&|cell| cell.money.map(|money| money as f64)),
            tokens: over(&|cell| cell.tokens.map(|tokens| tokens as f64)),
            duration_ms: over(&|cell| cell.duration_ms.map(|duration| duration as f64)),
            measured_in: repeats.iter().map(|cell| cell.measured_in).collect(),
        };
        (case, figures)
    });
    figures.collect()
}

/// Whether more than half of the repeats pass, whatever the verdicts that are missing would have been.
fn most_passed(passed: usize, verdicts: usize, repeats: usize) -> Option<bool> {
    let not_passed = verdicts - passed;
    if passed * 2 > repeats {
        return Some(true);
    }
    (verdicts > 0 && not_passed * 2 >= repeats).then_some(false)
}

fn numbers_of<'c>(
    cells: impl Iterator<Item = &'c CellNumbers> + Clone,
    cases: &BTreeMap<usize, CaseFigures>,
) -> VariantNumbers {
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
    let scores = all(&|case| case.score);
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
        undecided_cases: count(
            cases
                .values()
                .filter(|case| case.checked && case.passed.is_none())
                .count(),
        ),
        unread_cases: count(
            cases
                .values()
                .filter(|case| case.unread && !case.checked)
                .count(),
        ),
        pass_rate: (checked > 0).then(|| f64::from(passed) / f64::from(checked)),
        pass_interval: (checked > 0).then(|| wilson(passed, checked)),
        score: mean(&scores),
        score_interval: bootstrap(&scores).map(|drawn| drawn.interval),
        money_cases: count(all(&|case| case.money).len()),
        token_cases: count(all(&|case| case.tokens).len()),
        cases: count(cases.len()),
        money: median(all(&|case| case.money)),
        tokens: median(all(&|case| case.tokens)),
        duration_ms: median(all(&|case| case.duration_ms)),
        against_baseline: None,
    }
}

fn against(
    own: &BTreeMap<usize, CaseFigures>,
    baseline: &BTreeMap<usize, CaseFigures>,
) -> AgainstBaseline {
    let pairs: Vec<(&CaseFigures, &CaseFigures)> = own
        .iter()
        .filter_map(|(case, figures)| Some((figures, baseline.get(case)?)))
        .collect();
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
    let difference = |figure: &dyn Fn(&CaseFigures) -> Option<f64>| difference(&pairs, figure);
    let timed: Vec<_> = pairs
        .iter()
        .copied()
        .filter(|(own, baseline)| own.is_timed_with(baseline))
        .collect();
    AgainstBaseline {
        cases: count(pairs.len()),
        checked_cases: count(verdicts.len()),
        left_out: count(own.len() + baseline.len() - 2 * pairs.len()),
        better,
        worse,
        p_value: (!verdicts.is_empty()).then(|| mcnemar(better, worse)),
        corrected_p_value: None,
        score: difference(&|case| case.score),
        corrected_score_p_value: None,
        money: difference(&|case| case.money),
        tokens: difference(&|case| case.tokens),
        duration_ms: self::difference(&timed, &|case| case.duration_ms),
        timed_apart: count(pairs.len() - timed.len()),
        verdict: Verdict::NotJudged,
        sentence: String::new(),
    }
}

/// The mean difference of a figure, on the cases in which both have it.
fn difference(
    pairs: &[(&CaseFigures, &CaseFigures)],
    figure: &dyn Fn(&CaseFigures) -> Option<f64>,
) -> Option<Difference> {
    let differences: Vec<f64> = pairs
        .iter()
        .filter_map(|(own, baseline)| Some(figure(own)? - figure(baseline)?))
        .collect();
    let drawn = bootstrap(&differences);
    Some(Difference {
        cases: count(differences.len()),
        mean: mean(&differences)?,
        interval: drawn.map(|drawn| drawn.interval),
        p_value: drawn.map(|drawn| drawn.p_value),
    })
}

/// By the checks first, then by the scores, at these probabilities.
fn verdict_of(against: &AgainstBaseline, checks: Option<f64>, scores: Option<f64>) -> Verdict {
    let AgainstBaseline {
        better,
        worse,
        score,
        ..
    } = *against;
    if checks.is_some_and(|p| p < SIGNIFICANT) {
        return match better > worse {
            true => Verdict::Better,
            false => Verdict::Worse,
        };
    }
    let clear = score.filter(|score| score.is_clear() && scores.is_some_and(|p| p < SIGNIFICANT));
    if let Some(score) = clear {
        // Scores that say one thing while checks lean to the other settle nothing.
        let (verdict, leans_against) = match score.mean > 0.0 {
            true => (Verdict::Better, worse > better),
            false => (Verdict::Worse, better > worse),
        };
        return match leans_against {
            true => Verdict::CantTell,
            false => verdict,
        };
    }
    let no_score_differs = score.is_none_or(|score| score.is_none());
    match checks {
        None if score.is_none() => Verdict::NotJudged,
        _ if better + worse == 0 && no_score_differs => Verdict::Same,
        _ => Verdict::CantTell,
    }
}

#[cfg(test)]
mod tests;
