//! What the numbers of a comparison say, in plain sentences.

use stepwell_contract::amounts::counted;
use stepwell_contract::{Money, amounts};

use super::figures::{AgainstBaseline, Difference, VariantNumbers, Verdict};
use super::statistics::Interval;

/// From so many cases on it is not for their number that nothing can be told.
const MANY: u32 = 100;

/// Which of the two is better, or why that can't be told.
pub(super) fn verdict(against: &AgainstBaseline, label: &str, name: &str) -> String {
    let mut text = match against.verdict {
        _ if against.cases == 0 => format!("{label} and {name} have no case in common yet."),
        Verdict::NotJudged => format!(
            "{label} and {name} were not judged: no case has a verdict or a score of both. Checks, a judge or ratings give one."
        ),
        Verdict::Same => {
            let scored = against.score.map_or(0, |score| score.cases);
            let cases = all_of(against.checked_cases.max(scored));
            format!("{label} does as {name} does on {cases}.")
        }
        verdict => judged(verdict, against, label, name),
    };
    if against.left_out > 0 && against.cases > 0 {
        text.push_str(&format!(
            " {} that only one of the two has {} left out.",
            counted(against.left_out.into(), "case"),
            if against.left_out == 1 { "is" } else { "are" }
        ));
    }
    text
}

fn judged(verdict: Verdict, against: &AgainstBaseline, label: &str, name: &str) -> String {
    let split = split(against, label, name);
    let by_checks = against.corrected_p_value.is_some_and(|p| p < 0.05);
    let score = against.score.map(of_score);
    let reasons = match (by_checks, split, score) {
        (true, Some(split), _) => split,
        // What decided stands first.
        (false, Some(split), Some(score)) if verdict != Verdict::CantTell => {
            return format!("{}{score}; {split}.", by_score(verdict, label, name));
        }
        (false, None, Some(score)) if verdict != Verdict::CantTell => {
            return format!("{}{score}.", by_score(verdict, label, name));
        }
        (_, Some(split), Some(score)) => format!("{split}; its score is{score}"),
        (_, Some(split), None) => split,
        (_, None, score) => {
            return format!(
                "{} whether {label} or {name} scores higher{}.",
                cant_tell(against),
                score.map(|score| format!(":{score}")).unwrap_or_default()
            );
        }
    };
    match verdict {
        Verdict::Better => format!("{label} is better than {name}: {reasons}."),
        Verdict::Worse => format!("{label} is worse than {name}: {reasons}."),
        _ => format!(
            "{} whether {label} or {name} is better: {reasons}.",
            cant_tell(against)
        ),
    }
}

fn cant_tell(against: &AgainstBaseline) -> &'static str {
    match against.cases {
        MANY.. => "Can't tell from these cases",
        _ => "Can't tell with so few",
    }
}

fn by_score(verdict: Verdict, label: &str, name: &str) -> String {
    let scores = match verdict {
        Verdict::Better => "higher",
        _ => "lower",
    };
    format!("{label} scores {scores} than {name}:")
}

/// How the checks came out; none where they came out the same in every case.
fn split(against: &AgainstBaseline, label: &str, name: &str) -> Option<String> {
    let AgainstBaseline { better, worse, .. } = against;
    let p = against.p_value.filter(|_| better + worse > 0)?;
    let corrected = match against.corrected_p_value {
        Some(corrected) if corrected > p => {
            format!(", corrected {}", amounts::probability(corrected))
        }
        _ => String::new(),
    };
    Some(format!(
        "of {} {better} passed only with {label}, {worse} only with {name} ({}{corrected})",
        counted(against.checked_cases.into(), "case"),
        amounts::probability(p)
    ))
}

fn of_score(score: Difference) -> String {
    let vanishes = |value: f64| value.abs() < 0.005;
    let shown = |value: f64| amounts::difference(value, amounts::score);
    let mean = shown(score.mean);
    match score.interval {
        Some(Interval { low, high }) if [score.mean, low, high].into_iter().all(vanishes) => {
            " less than 0.01 apart on average".to_owned()
        }
        Some(Interval { low, high }) => {
            format!(
                " {mean} on average (from {} to {})",
                shown(low),
                shown(high)
            )
        }
        None => format!(" {mean} on one case"),
    }
}

/// What a variant takes more or less of than the baseline, where that is beyond chance.
pub(super) fn costs(against: &AgainstBaseline, label: &str, name: &str) -> Option<String> {
    let tokens = |amount: f64| amounts::tokens(amounts::whole(amount));
    let money = |amount: f64| Money(amounts::whole(amount)).to_string();
    // Of less than a tenth of a second nobody is told: a machine that does something else takes as much.
    let time = |amount: f64| amounts::duration(amounts::whole(amount / 100.0) * 100);
    let parts: Vec<String> = [
        more_or_less(
            against.tokens,
            tokens,
            ["token", "tokens"],
            ["more", "fewer"],
        ),
        more_or_less(against.money, money, [""; 2], ["more", "less"]),
        more_or_less(against.duration_ms, time, [""; 2], ["longer", "less"]),
    ]
    .into_iter()
    .flatten()
    .collect();
    let (last, others) = parts.split_last()?;
    let listed = match others {
        [] => last.clone(),
        others => format!("{} and {last}", others.join(", ")),
    };
    Some(format!("On average {label} takes {listed} than {name}."))
}

/// That times of different days are not held against each other.
pub(super) fn timed_apart(against: &AgainstBaseline, label: &str, name: &str) -> Option<String> {
    (against.timed_apart > 0).then(|| {
        format!(
            "In {} the times of {label} and {name} were measured by different comparisons: the difference of time leaves {} \
             out.",
            counted(against.timed_apart.into(), "case"),
            if against.timed_apart == 1 { "it" } else { "them" }
        )
    })
}

/// Of how many cases nobody can tell whether they pass, since a judge spoke of too few repeats in a way that can be read.
pub(super) fn undecided(variants: &[VariantNumbers], labels: &[String]) -> Vec<String> {
    let gaps = variants.iter().zip(labels);
    gaps.filter(|(numbers, _)| numbers.undecided_cases > 0)
        .map(|(numbers, label)| {
            format!(
                "With {label} {} neither passed nor failed: too many of the verdicts on {} repeats are missing.",
                counted(numbers.undecided_cases.into(), "case"),
                if numbers.undecided_cases == 1 { "its" } else { "their" }
            )
        })
        .collect()
}

/// Of how many cases nothing that was said of them can be read.
pub(super) fn unread(variants: &[VariantNumbers], labels: &[String]) -> Vec<String> {
    let gaps = variants.iter().zip(labels);
    gaps.filter(|(numbers, _)| numbers.unread_cases > 0)
        .map(|(numbers, label)| {
            let (cases, they) = match numbers.unread_cases {
                1 => ("1 case".to_owned(), "it"),
                cases => (format!("{cases} cases"), "they"),
            };
            format!(
                "With {label} no verdict on {cases} can be read: {they} neither passed nor failed."
            )
        })
        .collect()
}

/// Of how many cases tokens and money are known, where they are known of some only. Where nobody tells them, as without
/// prices, nothing is missing.
pub(super) fn unknown(variants: &[VariantNumbers], labels: &[String]) -> Vec<String> {
    type Known = fn(&VariantNumbers) -> u32;
    let figures: [(&str, Known); 2] = [
        ("tokens", |numbers| numbers.token_cases),
        ("money", |numbers| numbers.money_cases),
    ];
    let mut told = Vec::new();
    for (what, known) in figures {
        if variants.iter().all(|numbers| known(numbers) == 0) {
            continue;
        }
        let gaps = variants.iter().zip(labels);
        told.extend(
            gaps.filter(|(numbers, _)| known(numbers) < numbers.cases)
                .map(|(numbers, label)| {
                    format!(
                        "The {what} of {label} {} known in {} of {}: what is said of {what} leaves the others out.",
                        if what == "tokens" { "are" } else { "is" },
                        known(numbers),
                        counted(numbers.cases.into(), "case")
                    )
                }),
        );
    }
    told
}

/// A difference that is beyond chance, without its sign.
fn more_or_less(
    difference: Option<Difference>,
    written: impl Fn(f64) -> String,
    [one, many]: [&str; 2],
    [more, less]: [&str; 2],
) -> Option<String> {
    let difference = difference.filter(Difference::is_clear)?;
    let Interval { low, high } = difference.interval?;
    let (word, nearer, further) = match difference.mean > 0.0 {
        true => (more, low, high),
        false => (less, high, low),
    };
    let (shown, nothing) = (written(difference.mean.abs()), written(0.0));
    let (nearer, further) = (written(nearer.abs()), written(further.abs()));
    if shown == nothing {
        // Less than is shown is no difference to a person.
        return None;
    }
    let unit = if shown == "1" { one } else { many };
    let range = match () {
        () if nearer == shown && further == shown => String::new(),
        () if nearer == nothing => format!(" (up to {further})"),
        () => format!(" (from {nearer} to {further})"),
    };
    let space = if unit.is_empty() { "" } else { " " };
    Some(format!("{shown}{space}{unit} {word}{range}"))
}

/// How often the step failed, and whether that counts against the variant.
pub(super) fn failed(numbers: &VariantNumbers, label: &str, counts: bool) -> String {
    format!(
        "With {label} the step failed in {} of {}{}.",
        numbers.failed,
        counted(numbers.finished.into(), "cell"),
        if counts {
            ": that counts as not passed"
        } else {
            ""
        }
    )
}

/// That a difference may be the luck of one among many.
pub(super) fn one_of_many(others: u32, alone: Verdict, label: &str, name: &str) -> String {
    let word = match alone {
        Verdict::Worse => "worse",
        _ => "better",
    };
    format!(
        "Alone, {label} would be called {word} than {name}; but {others} are held against {name}, and of so many one may \
         stand out by chance (Holm's correction)."
    )
}

/// How many cells are still to come.
pub(super) fn missing(cells: u32) -> Option<String> {
    match cells {
        0 => None,
        1 => Some("1 cell has no outcome yet.".into()),
        cells => Some(format!("{cells} cells have no outcome yet.")),
    }
}

/// That some cases are the same.
#[must_use]
pub fn same_cases(ids: &[String]) -> String {
    const MOST: usize = 8;
    let (shown, others) = ids.split_at(ids.len().min(MOST));
    let listed = match (shown, others) {
        ([first @ .., last], []) => format!("{} and {last}", first.join(", ")),
        (shown, others) => format!("{} and {} others", shown.join(", "), others.len()),
    };
    format!(
        "Cases {listed} are the same: they count as {} cases, and tell no more than one.",
        ids.len()
    )
}

fn all_of(cases: u32) -> String {
    match cases {
        1 => "the one case".into(),
        2 => "both cases".into(),
        _ => format!("all {cases} cases"),
    }
}
